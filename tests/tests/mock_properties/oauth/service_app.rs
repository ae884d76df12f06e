//! A service app of an org with a frozen clock, and its requests.

use std::cell::Cell;

use serde_json::{Value, json};
use workspace_tests::Answer;
use workspace_tests::oauth::{SigningKey, form, token_hash};
use workspace_tests::routed::{ORIGIN, Routed};

/// The time of the org when it starts.
pub(super) const START: i64 = 1_767_225_600;

/// The URL of the token endpoint.
pub(super) fn endpoint() -> String {
    format!("{ORIGIN}/oauth2/v1/token")
}

pub(super) struct ServiceApp {
    pub(super) org: Routed,
    pub(super) client_id: String,
    now: Cell<i64>,
    counter: Cell<u64>,
}

impl ServiceApp {
    /// Registers a client with these keys, and grants it scopes and roles.
    pub(super) fn new(keys: &[Value], scopes: &[&str], roles: &[&str]) -> Self {
        let org = Routed::empty();
        let client = json!({
            "client_name": "Service", "response_types": ["token"], "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt", "application_type": "service",
            "jwks": {"keys": keys},
        });
        let answer = org.send("POST", "/oauth2/v1/clients", Some(&client.to_string()));
        assert_eq!(answer.status, 201, "{answer:?}");
        let client_id = answer.json()["client_id"].as_str().unwrap().to_owned();
        let app = Self { org, client_id, now: Cell::new(START), counter: Cell::new(0) };
        scopes.iter().for_each(|scope| app.grant(scope));
        roles.iter().for_each(|role| app.assign(role));
        app
    }

    /// One with an RSA key `main`.
    pub(super) fn with_rsa(scopes: &[&str], roles: &[&str]) -> Self {
        Self::new(&[SigningKey::rsa(0).named("main")], scopes, roles)
    }

    pub(super) fn grant(&self, scope: &str) {
        let body = json!({"scopeId": scope, "issuer": ORIGIN}).to_string();
        let answer = self.org.send("POST", &format!("/api/v1/apps/{}/grants", self.client_id), Some(&body));
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(super) fn assign(&self, role: &str) {
        let body = json!({"type": role}).to_string();
        let answer =
            self.org.send("POST", &format!("/oauth2/v1/clients/{}/roles", self.client_id), Some(&body));
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Demands DPoP of the client, as the guide does it: GET, then PUT.
    pub(super) fn bind_to_dpop(&self) {
        let target = format!("/api/v1/apps/{}", self.client_id);
        let mut app = self.org.send("GET", &target, None).json();
        app["settings"]["oauthClient"]["dpop_bound_access_tokens"] = true.into();
        let answer = self.org.send("PUT", &target, Some(&app.to_string()));
        assert_eq!(answer.json()["settings"]["oauthClient"]["dpop_bound_access_tokens"], true);
    }

    pub(super) fn advance(&self, seconds: u32) {
        self.org.advance(seconds);
        self.now.set(self.now.get() + i64::from(seconds));
    }

    pub(super) fn now(&self) -> i64 {
        self.now.get()
    }

    /// A text that was not used before.
    pub(super) fn fresh(&self) -> String {
        self.counter.set(self.counter.get() + 1);
        format!("id-{}", self.counter.get())
    }

    /// Valid claims of an assertion.
    pub(super) fn claims(&self) -> Value {
        json!({
            "iss": self.client_id, "sub": self.client_id, "aud": endpoint(),
            "iat": self.now(), "exp": self.now() + 300, "jti": self.fresh(),
        })
    }

    /// A valid assertion of the RSA key `main`.
    pub(super) fn assertion(&self) -> String {
        SigningKey::rsa(0).token(&json!({"alg": "RS256", "kid": "main"}), &self.claims())
    }

    /// Valid claims of a proof for the token endpoint.
    pub(super) fn proof_claims(&self) -> Value {
        json!({"htm": "POST", "htu": endpoint(), "iat": self.now(), "jti": self.fresh(), "nonce": self.nonce()})
    }

    /// Valid claims of a proof for a GET with this token.
    pub(super) fn call_claims(&self, path: &str, token: &str) -> Value {
        let htu = format!("{ORIGIN}{path}");
        json!({"htm": "GET", "htu": htu, "iat": self.now(), "jti": self.fresh(), "ath": token_hash(token)})
    }

    /// The nonce that the org demands today.
    pub(super) fn nonce(&self) -> String {
        let claims = json!({"htm": "POST", "htu": endpoint(), "iat": self.now(), "jti": self.fresh()});
        let proof = SigningKey::rsa(1).proof("RS256", &claims);
        let answer = self.request(&self.assertion(), "okta.apps.read", &[("dpop", &proof)]);
        assert_eq!(answer.json()["error"], "use_dpop_nonce");
        answer.header("dpop-nonce").unwrap().to_owned()
    }

    /// Requests a token.
    #[track_caller]
    pub(super) fn request(&self, assertion: &str, scope: &str, headers: &[(&str, &str)]) -> Answer {
        self.post_form(&form(assertion, scope), headers)
    }

    #[track_caller]
    pub(super) fn post_form(&self, form: &str, headers: &[(&str, &str)]) -> Answer {
        let own = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
        self.org.send_with("POST", "/oauth2/v1/token", &[&own, headers].concat(), form)
    }

    /// A token that the org issued.
    #[track_caller]
    pub(super) fn token(&self, scope: &str) -> String {
        let answer = self.request(&self.assertion(), scope, &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A token that is bound to the second RSA key.
    #[track_caller]
    pub(super) fn bound_token(&self, scope: &str) -> String {
        let proof = SigningKey::rsa(1).proof("RS256", &self.proof_claims());
        let answer = self.request(&self.assertion(), scope, &[("dpop", &proof)]);
        assert_eq!(answer.json()["token_type"], "DPoP", "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Calls the API with these headers alone.
    #[track_caller]
    pub(super) fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let json: &[_] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
        self.org.send_with(method, target, &[json, headers].concat(), body)
    }

    #[track_caller]
    pub(super) fn get(&self, target: &str, token: &str) -> Answer {
        self.call("GET", target, &[("authorization", &format!("Bearer {token}"))], "")
    }
}

/// The claims with one of them changed; null removes it.
pub(super) fn changed(mut claims: Value, name: &str, value: &Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => members.remove(name),
        value => members.insert(name.to_owned(), value.clone()),
    };
    claims
}
