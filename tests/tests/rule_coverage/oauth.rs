//! Requests that apply the rules of OAuth 2.0. What they are answered is the subject of the properties of the mock.

use serde_json::{Value, json};
use workspace_tests::oauth::{SigningKey, form};
use workspace_tests::routed::ORIGIN;

use super::service_app::{ServiceApp, changed, endpoint};

const SCOPE: &str = "okta.apps.read";
const APPS: &str = "/api/v1/apps";

/// Applies the rules of tokens, proofs, clients and what belongs to them.
pub(super) fn apply_all() {
    let app = ServiceApp::with_rsa(&[SCOPE], &["READ_ONLY_ADMIN"]);
    token_requests(&app);
    access_tokens(&app);
    clients(&app);
    providers_and_policies(&app);
    proofs();
}

fn token_requests(app: &ServiceApp) {
    let (key, header) = (SigningKey::rsa(0), json!({"alg": "RS256", "kid": "main"}));
    let now = app.now();
    for (claim, value) in [
        ("iss", Value::Null),
        ("sub", Value::Null),
        ("aud", Value::Null),
        ("exp", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now + 4000)),
        ("iat", json!(now + 1)),
    ] {
        app.request(&key.token(&header, &changed(app.claims(), claim, &value)), SCOPE, &[]);
    }
    let of = |id: &str| changed(changed(app.claims(), "iss", &json!(id)), "sub", &json!(id));
    for id in ["", "0oaunknown"] {
        app.request(&key.token(&header, &of(id)), SCOPE, &[]);
    }
    app.request(&key.token(&json!({"alg": "RS256", "kid": "x"}), &app.claims()), SCOPE, &[]);
    app.request(&SigningKey::rsa(1).token(&header, &app.claims()), SCOPE, &[]);
    let assertion = app.assertion();
    let (_, rest) = assertion.split_once('.').unwrap();
    // {"alg":"HS256"}
    app.request(&format!("eyJhbGciOiJIUzI1NiJ9.{rest}"), SCOPE, &[]);
    for scope in ["", "openid", "okta.users.read", "okta.users.read okta.apps.read"] {
        app.request(&app.assertion(), scope, &[]);
    }
    app.request(&assertion, SCOPE, &[]);
    app.request(&assertion, SCOPE, &[]);
    let credentials = "grant_type=client_credentials";
    for body in [
        form("x", SCOPE),
        credentials.to_owned(),
        format!("{credentials}&client_id={}", app.client_id),
        format!("{}&client_secret=x", form("x", SCOPE)),
        format!("{credentials}&client_assertion=x"),
        format!("{credentials}&{credentials}"),
        "grant_type=password".to_owned(),
        String::new(),
    ] {
        app.post_form(&body, &[]);
    }
    app.post_form(credentials, &[("authorization", "SSWS x")]);
    for parameter in ["client_id", "client_secret"] {
        app.org.send_with("POST", &format!("/oauth2/v1/token?{parameter}=x"), &[], credentials);
    }
    for client in [
        json!({"application_type": "web"}),
        json!({"application_type": "service", "grant_types": ["client_credentials"], "response_types": ["token"],
            "token_endpoint_auth_method": "private_key_jwt"}),
        json!({"application_type": "service", "grant_types": ["client_credentials"], "response_types": ["token"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://keys.example.com"}),
    ] {
        let client = changed(client, "client_name", &json!("Other"));
        let id =
            app.org.send("POST", "/oauth2/v1/clients", Some(&client.to_string())).json()["client_id"].clone();
        app.request(&key.token(&header, &of(id.as_str().unwrap())), SCOPE, &[]);
    }
    for target in ["/oauth2/v1/keys", "/.well-known/openid-configuration"] {
        assert_eq!(app.org.send_with("GET", target, &[], "").status, 200);
    }
}

fn access_tokens(app: &ServiceApp) {
    let token = app.token(SCOPE);
    app.get(APPS, &token);
    app.get(APPS, &format!("{token}x"));
    app.get("/api/v1/idps", &token);
    app.call("GET", APPS, &[("authorization", &format!("DPoP {token}"))], "");
    let powerless = ServiceApp::with_rsa(&[SCOPE], &[]);
    powerless.get(APPS, &powerless.token(SCOPE));
    app.advance(3600);
    app.get(APPS, &token);
}

fn proofs() {
    let app = ServiceApp::with_rsa(&[SCOPE], &["READ_ONLY_ADMIN"]);
    let key = SigningKey::rsa(1);
    let claims = json!({"htm": "POST", "htu": endpoint(), "iat": app.now(), "jti": "1"});
    app.request(&app.assertion(), SCOPE, &[("dpop", &key.proof("RS256", &claims))]);
    app.bind_to_dpop();
    app.advance(1000);
    let now = app.now();
    let send = |proofs: &[&str]| {
        let headers: Vec<_> = proofs.iter().map(|proof| ("dpop", *proof)).collect();
        app.request(&app.assertion(), SCOPE, &headers)
    };
    send(&[]);
    send(&["x"]);
    send(&["x", "x"]);
    for (claim, value) in [
        ("htm", Value::Null),
        ("htu", Value::Null),
        ("iat", Value::Null),
        ("iat", json!(now + 1)),
        ("iat", json!(now - 400)),
        ("exp", json!(now)),
        ("jti", Value::Null),
    ] {
        send(&[&key.proof("RS256", &changed(app.proof_claims(), claim, &value))]);
    }
    let with = |name: &str, value: &Value| {
        let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": key.jwk});
        key.token(&changed(header, name, value), &app.proof_claims())
    };
    send(&[&with("typ", &Value::Null)]);
    send(&[&with("jwk", &Value::Null)]);
    send(&[&with("jwk", &SigningKey::rsa(0).jwk)]);
    let proof = key.proof("RS256", &app.proof_claims());
    let (_, rest) = proof.split_once('.').unwrap();
    // {"typ":"dpop+jwt","alg":"HS256"}
    send(&[&format!("eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkhTMjU2In0.{rest}")]);
    send(&[&proof]);
    send(&[&proof]);
    let token = app.bound_token(SCOPE);
    let call = |scheme: &str, proof: Option<&str>| {
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", &*authorization)];
        headers.extend(proof.map(|proof| ("dpop", proof)));
        app.call("GET", APPS, &headers, "")
    };
    call("Bearer", None);
    call("Bearer", Some("x"));
    call("DPoP", Some(&key.proof("RS256", &changed(app.call_claims(APPS, &token), "ath", &Value::Null))));
    call("DPoP", Some(&SigningKey::rsa(0).proof("RS256", &app.call_claims(APPS, &token))));
}

fn clients(app: &ServiceApp) {
    let send = |method: &str, target: &str, body: Value| {
        let text = body.to_string();
        app.org.send(method, target, (!body.is_null()).then_some(text.as_str()))
    };
    let id = &app.client_id;
    let of = |rest: &str| format!("{APPS}/{id}/{rest}");
    send("GET", "/oauth2/v1/clients/none", Value::Null);
    send("POST", "/oauth2/v1/clients", json!({"client_name": "x", "application_type": "service"}));
    send("POST", "/oauth2/v1/clients", json!({"client_name": "x", "jwks_uri": "x"}));
    send("POST", "/oauth2/v1/clients", json!({"client_name": " "}));
    let named = |kid: &str| SigningKey::rsa(0).named(kid);
    for key in [json!({"kty": "x"}), named("main"), named("second")] {
        send("POST", &of("credentials/jwks"), key);
    }
    let keys = send("GET", &of("credentials/jwks"), Value::Null).json();
    let key = |index: usize| of(&format!("credentials/jwks/{}", keys[index]["id"].as_str().unwrap()));
    send("DELETE", &key(1), Value::Null);
    send("GET", &of("credentials/jwks/none"), Value::Null);
    send("POST", &format!("{}/lifecycle/deactivate", key(1)), Value::Null);
    send("POST", &format!("{}/lifecycle/deactivate", key(0)), Value::Null);
    send("POST", &of("credentials/secrets"), Value::Null);
    let web = json!({"name": "oidc_client", "label": "Web",
        "settings": {"oauthClient": {"grant_types": ["authorization_code"], "application_type": "web"}}});
    let web = send("POST", APPS, web).json()["id"].as_str().unwrap().to_owned();
    let secrets = format!("{APPS}/{web}/credentials/secrets");
    let only = send("GET", &secrets, Value::Null).json()[0]["id"].as_str().unwrap().to_owned();
    send("POST", &format!("{secrets}/{only}/lifecycle/deactivate"), Value::Null);
    send("DELETE", &format!("{secrets}/{only}"), Value::Null);
    send("GET", &format!("{secrets}/none"), Value::Null);
    send("POST", &secrets, Value::Null);
    send("POST", &secrets, Value::Null);
    for body in [
        json!({"scopeId": "profile", "issuer": ORIGIN}),
        json!({"scopeId": "openid", "issuer": "x"}),
        json!({"scopeId": "openid", "issuer": ORIGIN}),
    ] {
        send("POST", &of("grants"), body);
    }
    send("GET", &of("grants/none"), Value::Null);
    let roles = format!("/oauth2/v1/clients/{id}/roles");
    for kind in ["x", "USER_ADMIN", "USER_ADMIN"] {
        send("POST", &roles, json!({"type": kind}));
    }
    send("GET", &format!("{roles}/none"), Value::Null);
    app_keys(app, &send);
}

fn app_keys(app: &ServiceApp, send: &impl Fn(&str, &str, Value) -> workspace_tests::Answer) {
    let create = |label: &str| {
        let body = json!({"name": "okta_org2org", "label": label, "settings": {"app": {"baseUrl": "https://h.example.com"}}});
        send("POST", APPS, body).json()["id"].as_str().unwrap().to_owned()
    };
    let (one, two) = (create("One"), create("Two"));
    let keys = format!("{APPS}/{one}/credentials/keys");
    send("GET", &format!("{APPS}/{one}/grants"), Value::Null);
    send("GET", &format!("{keys}/none"), Value::Null);
    send("POST", &format!("{keys}/generate?validityYears=1"), Value::Null);
    let kid = send("POST", &format!("{keys}/generate?validityYears=2"), Value::Null).json()["kid"].clone();
    let clone = format!("{keys}/{}/clone?targetAid={two}", kid.as_str().unwrap());
    send("POST", &clone, Value::Null);
    send("POST", &clone, Value::Null);
    // The mock's own limit of 50 keys.
    for _ in 0..50 {
        app.org.send_unchecked("POST", &format!("{keys}/generate?validityYears=2"));
    }
    let set =
        json!({"profile": {"authScheme": "OAUTH2", "clientId": "c", "signing": {"rotationMode": "AUTO"}}});
    send("POST", &format!("{APPS}/{two}/connections/default"), set);
    app.advance(90 * 24 * 60 * 60);
    send("GET", &format!("{APPS}/{two}/connections/default/jwks"), Value::Null);
    send("GET", &format!("{APPS}/{two}/users"), Value::Null);
    send("GET", &format!("{APPS}/{}/sso/saml/metadata", app.client_id), Value::Null);
}

fn providers_and_policies(app: &ServiceApp) {
    let send = |method: &str, target: &str, body: Value| {
        let text = body.to_string();
        app.org.send(method, target, (!body.is_null()).then_some(text.as_str()))
    };
    let endpoints = json!({"authorization": {"url": "https://a"}, "token": {"url": "https://t"}, "jwks": {"url": "https://j"}});
    let oidc = json!({"type": "OIDC", "name": "P", "protocol": {"type": "OIDC", "endpoints": endpoints}});
    let id = send("POST", "/api/v1/idps", oidc.clone()).json()["id"].as_str().unwrap().to_owned();
    send("PUT", &format!("/api/v1/idps/{id}"), oidc);
    send("GET", "/api/v1/idps/none", Value::Null);
    send("POST", "/api/v1/idps", json!({"type": "SAML2"}));
    let url = "https://spoke.example.com";
    let spoke =
        json!({"type": "OKTA_INTEGRATION", "name": "S", "protocol": {"type": "OIDC", "oktaIdpOrgUrl": url}});
    send("POST", "/api/v1/idps", spoke);
    send("POST", "/api/v1/idps", json!({"type": "OIDC", "name": "Q"}));
    send("GET", "/api/v1/policies", Value::Null);
    send("GET", "/api/v1/policies?type=ACCESS_POLICY", Value::Null);
    send("GET", "/api/v1/policies/none", Value::Null);
    send("GET", "/api/v1/users/me", Value::Null);
    send("GET", "/api/v1/users/none", Value::Null);
}

/// Applies the rules of two orgs that verify each other, over sockets.
pub(super) fn apply_between_orgs() {
    use okta_mock_server::{Load, MockServer, NewOrg};
    use workspace_tests::wire::{Served, request};
    let builder = MockServer::builder().load(Load::Empty).org(NewOrg::load("hub", Load::Empty));
    let server = Served::start(builder);
    let port = server.address().port();
    let mut wire = server.connect();
    let mut send = |org: &str, method: &str, target: &str, body: Value| {
        let host = format!("{org}localhost:{port}");
        let headers = [("Host", &*host), ("Connection", "keep-alive")];
        wire.write(&request(method, target, &headers, Some(body.to_string().as_bytes())));
        wire.read_answer(method).expect("an answer")
    };
    let app = json!({"name": "okta_org2org", "label": "H", "settings": {"app": {"baseUrl": format!("http://hub.localhost:{port}")}}});
    let app = send("", "POST", APPS, app).json()["id"].as_str().unwrap().to_owned();
    let connection = format!("{APPS}/{app}/connections/default");
    let token = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
    assert_eq!(send("", "POST", &format!("{connection}?activate=true"), token).status, 200);
    for keys in [
        format!("http://localhost:{port}{APPS}/none/connections/default/jwks"),
        format!("http://localhost:{port}/oauth2/v1/keys"),
    ] {
        let client = json!({"client_name": "S", "application_type": "service", "grant_types": ["client_credentials"],
            "response_types": ["token"], "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys});
        let client = send("hub.", "POST", "/oauth2/v1/clients", client).json()["client_id"].clone();
        let profile = json!({"profile": {"authScheme": "OAUTH2", "clientId": client}});
        assert_eq!(send("", "POST", &format!("{connection}?activate=true"), profile).status, 400);
    }
}
