//! Two orgs of one process: the spoke's connection is verified by the hub.

use okta_mock_server::{Load, MockServer, NewOrg};
use serde_json::{Value, json};
use workspace_tests::Answer;
use workspace_tests::wire::{Served, Wire, request};

/// Seconds between two rotations of a key with rotation AUTO, and of the overlap.
const PERIOD: u64 = 90 * 24 * 60 * 60;
const OVERLAP: u64 = 7 * 24 * 60 * 60;

struct Pair {
    wire: Wire,
    port: u16,
    /// The org2org app of the spoke.
    app: String,
    /// The service app of the hub.
    client: String,
    _server: Served,
}

impl Pair {
    /// The guide's steps 2 to 7: the app in the spoke; client, roles and grants in the hub.
    fn new(scopes: &[&str]) -> Self {
        let builder = MockServer::builder().load(Load::Empty);
        let builder = builder.org(NewOrg::load("hub", Load::Empty)).org(NewOrg::load("spoke", Load::Empty));
        let server = Served::start(builder);
        let wire = server.connect();
        let port = server.address().port();
        let mut pair = Self { wire, port, app: String::new(), client: String::new(), _server: server };
        let hub = pair.url("hub");
        let app = json!({"name": "okta_org2org", "label": "Hub", "signOnMode": "OPENID_CONNECT",
            "settings": {"app": {"baseUrl": hub, "idPId": "0oaidp00000000000001"}}});
        pair.app = id(&pair.send("spoke", "POST", "/api/v1/apps", Some(&app), 200), "id");
        let keys = format!("{}/api/v1/apps/{}/connections/default/jwks", pair.url("spoke"), pair.app);
        let client = pair.client_body(json!({"jwks_uri": keys}));
        pair.client = id(&pair.send("hub", "POST", "/oauth2/v1/clients", Some(&client), 201), "client_id");
        for role in ["USER_ADMIN", "GROUP_MEMBERSHIP_ADMIN"] {
            let roles = format!("/oauth2/v1/clients/{}/roles", pair.client);
            pair.send("hub", "POST", &roles, Some(&json!({"type": role})), 201);
        }
        scopes.iter().for_each(|scope| pair.grant(scope));
        pair
    }

    fn url(&self, org: &str) -> String {
        format!("http://{org}.localhost:{}", self.port)
    }

    fn client_body(&self, keys: Value) -> Value {
        let mut client = json!({"client_name": "Spoke", "response_types": ["token"],
            "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
            "application_type": "service"});
        client.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        client
    }

    #[track_caller]
    fn send(&mut self, org: &str, method: &str, target: &str, body: Option<&Value>, status: u16) -> Answer {
        let host = format!("{org}.localhost:{}", self.port);
        let headers = [("Host", &*host), ("Connection", "keep-alive")];
        let text = body.map(Value::to_string);
        self.wire.write(&request(method, target, &headers, text.as_ref().map(|body| body.as_bytes())));
        let answer = self.wire.read_answer(method).expect("an answer");
        assert_eq!(answer.status, status, "{method} {target} at {org}: {answer:?}");
        answer
    }

    fn grant(&mut self, scope: &str) {
        let body = json!({"scopeId": scope, "issuer": self.url("hub")});
        let target = format!("/api/v1/apps/{}/grants", self.client);
        self.send("hub", "POST", &target, Some(&body), 200);
    }

    /// Sets and activates the connection. Returns the reason of the refusal, if there is one.
    #[track_caller]
    fn connect(&mut self, profile: &Value) -> Result<(), String> {
        let target = format!("/api/v1/apps/{}/connections/default", self.app);
        let before = self.send("spoke", "GET", &target, None, 200).json();
        let host = format!("spoke.localhost:{}", self.port);
        let headers = [("Host", &*host), ("Connection", "keep-alive")];
        let body = json!({"profile": profile}).to_string();
        self.wire.write(&request(
            "POST",
            &format!("{target}?activate=TRUE"),
            &headers,
            Some(body.as_bytes()),
        ));
        let answer = self.wire.read_answer("POST").expect("an answer");
        let body = answer.json();
        if answer.status == 200 {
            assert_eq!(body["status"], "ENABLED");
            return Ok(());
        }
        assert_eq!(
            (answer.status, &body["errorSummary"]),
            (400, &json!("Api validation failed: credential"))
        );
        assert_eq!(
            self.send("spoke", "GET", &target, None, 200).json(),
            before,
            "a refused call changes nothing"
        );
        let cause = body["errorCauses"][0]["errorSummary"].as_str().unwrap();
        Err(cause.strip_prefix("Verification failed: ").expect("a verification").to_owned())
    }

    #[track_caller]
    fn activate(&mut self, rotation: &str) -> Result<(), String> {
        let client = self.client.clone();
        self.connect(
            &json!({"authScheme": "OAUTH2", "clientId": client, "signing": {"rotationMode": rotation}}),
        )
    }

    /// The keys of the app as the hub registers them.
    fn app_keys(&mut self) -> Vec<Value> {
        let target = format!("/api/v1/apps/{}/credentials/keys", self.app);
        let keys = self.send("spoke", "GET", &target, None, 200).json();
        let public = |key: &Value| json!({"kty": "RSA", "kid": key["kid"], "use": "sig", "e": key["e"], "n": key["n"]});
        keys.as_array().unwrap().iter().map(public).collect()
    }

    fn register(&mut self, keys: &[Value]) {
        let client = self.client_body(json!({"jwks": {"keys": keys}}));
        let target = format!("/oauth2/v1/clients/{}", self.client);
        self.send("hub", "PUT", &target, Some(&client), 200);
    }

    /// Chooses the key that signs for the app.
    fn sign_with(&mut self, key: &Value) {
        let app =
            json!({"name": "okta_org2org", "label": "Hub", "credentials": {"signing": {"kid": key["kid"]}}});
        let target = format!("/api/v1/apps/{}", self.app);
        self.send("spoke", "PUT", &target, Some(&app), 200);
    }

    fn bind_to_dpop(&mut self) {
        let target = format!("/api/v1/apps/{}", self.client);
        let mut app = self.send("hub", "GET", &target, None, 200).json();
        app["settings"]["oauthClient"]["dpop_bound_access_tokens"] = true.into();
        self.send("hub", "PUT", &target, Some(&app), 200);
    }

    fn advance(&mut self, org: &str, seconds: u64) {
        self.send(org, "POST", "/_mock/clock/advance", Some(&json!({"seconds": seconds})), 200);
    }

    fn published(&mut self) -> Vec<String> {
        let target = format!("/api/v1/apps/{}/connections/default/jwks", self.app);
        let keys = self.send("spoke", "GET", &target, None, 200).json();
        keys["jwks"]["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn id(answer: &Answer, member: &str) -> String {
    answer.json()[member].as_str().unwrap().to_owned()
}

const BOTH: [&str; 2] = ["okta.users.manage", "okta.groups.manage"];

#[test]
fn the_hub_verifies_the_connection_with_a_token_request() {
    let mut pair = Pair::new(&[]);
    assert_eq!(pair.activate("AUTO"), Err("You are not allowed any of the requested scopes.".into()));
    pair.grant("okta.users.manage");
    assert_eq!(pair.activate("AUTO"), Err("The scope okta.groups.manage is not granted.".into()));
    pair.grant("okta.groups.manage");
    assert_eq!(pair.activate("AUTO"), Ok(()));
    let log = pair.send("hub", "GET", "/_mock/requests?operation=token", None, 200).json();
    let statuses: Vec<_> =
        log["requests"].as_array().unwrap().iter().map(|entry| entry["status"].clone()).collect();
    assert_eq!(statuses, [400, 200, 200]);
    assert_eq!(log["requests"][0]["rule"], "token.consent-required");
    let log = pair.send("spoke", "GET", "/_mock/requests?path=/oauth2/v1/token", None, 200).json();
    let sent: Vec<_> =
        log["requests"].as_array().unwrap().iter().map(|entry| entry["sent"].clone()).collect();
    assert_eq!(sent, [true, true, true], "the spoke shows what it sent: {log}");
    let text = log.to_string();
    assert!(!text.contains("eyJ"), "{text}");
    let target = format!("/oauth2/v1/clients/{}", pair.client);
    pair.send("hub", "DELETE", &target, None, 204);
    assert_eq!(pair.activate("AUTO"), Err("Invalid value for 'client_id' parameter.".into()));
}

#[test]
fn the_spoke_proves_its_key_where_the_hub_asks_for_it() {
    let mut pair = Pair::new(&BOTH);
    pair.bind_to_dpop();
    assert_eq!(pair.activate("AUTO"), Ok(()));
    let log = pair.send("hub", "GET", "/_mock/requests?operation=token", None, 200).json();
    let rules: Vec<_> =
        log["requests"].as_array().unwrap().iter().map(|entry| entry["rule"].clone()).collect();
    assert_eq!(rules, [json!("proof.missing"), json!("proof.nonce"), Value::Null]);
    assert_eq!(log["requests"][2]["response"]["token_type"], "DPoP");
}

#[test]
fn manual_rotation_in_the_safe_order_never_fails() {
    let mut pair = Pair::new(&BOTH);
    let first = pair.app_keys();
    pair.register(&first);
    assert_eq!(pair.activate("MANUAL"), Ok(()));
    let generate = format!("/api/v1/apps/{}/credentials/keys/generate?validityYears=2", pair.app);
    pair.send("spoke", "POST", &generate, None, 201);
    assert_eq!(pair.activate("MANUAL"), Ok(()), "a new key does not sign by itself");
    let both = pair.app_keys();
    pair.register(&both);
    assert_eq!(pair.activate("MANUAL"), Ok(()));
    pair.sign_with(&both[1]);
    assert_eq!(pair.activate("MANUAL"), Ok(()));
    pair.register(&both[1..]);
    assert_eq!(pair.activate("MANUAL"), Ok(()));
}

#[test]
fn manual_rotation_in_the_unsafe_order_fails_between_the_two_steps() {
    let mut pair = Pair::new(&BOTH);
    let first = pair.app_keys();
    pair.register(&first);
    assert_eq!(pair.activate("MANUAL"), Ok(()));
    let generate = format!("/api/v1/apps/{}/credentials/keys/generate?validityYears=2", pair.app);
    pair.send("spoke", "POST", &generate, None, 201);
    let both = pair.app_keys();
    pair.sign_with(&both[1]);
    assert_eq!(pair.activate("MANUAL"), Err("The client_assertion JWT kid is invalid.".into()));
    pair.register(&both);
    assert_eq!(pair.activate("MANUAL"), Ok(()));
    // The other order: the hub forgets the key that still signs.
    pair.sign_with(&both[0]);
    pair.register(&both[1..]);
    assert_eq!(pair.activate("MANUAL"), Err("The client_assertion JWT kid is invalid.".into()));
}

#[test]
fn automatic_rotation_never_fails_and_overlaps_for_a_week() {
    let mut pair = Pair::new(&BOTH);
    assert_eq!(pair.activate("AUTO"), Ok(()));
    let first = pair.published();
    assert_eq!(first.len(), 1);
    pair.advance("spoke", PERIOD);
    pair.advance("hub", PERIOD);
    let rotated = pair.published();
    assert_eq!((rotated.len(), &rotated[1]), (2, &first[0]), "the key before is published too");
    assert_eq!(pair.activate("AUTO"), Ok(()));
    pair.advance("spoke", OVERLAP);
    pair.advance("hub", OVERLAP);
    assert_eq!(pair.published(), rotated[..1]);
    assert_eq!(pair.activate("AUTO"), Ok(()));
}

#[test]
fn modes_and_schemes_can_be_changed_back_and_forth() {
    let mut pair = Pair::new(&BOTH);
    let token = json!({"authScheme": "TOKEN", "token": "a-token-of-the-hub"});
    assert_eq!(pair.connect(&token), Ok(()));
    for mode in ["AUTO", "MANUAL", "AUTO"] {
        assert_eq!(pair.activate(mode), Ok(()), "{mode}");
    }
    assert_eq!(pair.connect(&token), Ok(()));
    let placeholder = json!({"authScheme": "TOKEN", "token": "undefined"});
    assert_eq!(pair.connect(&placeholder), Err("Invalid token provided".into()));
    // A stored token is verified when the connection is activated later.
    let target = format!("/api/v1/apps/{}/connections/default", pair.app);
    pair.send("spoke", "POST", &format!("{target}/lifecycle/deactivate"), None, 204);
    pair.send("spoke", "POST", &target, Some(&json!({"profile": placeholder})), 200);
    pair.send("spoke", "POST", &format!("{target}/lifecycle/activate"), None, 400);
    pair.send("spoke", "POST", &target, Some(&json!({"profile": token})), 200);
    pair.send("spoke", "POST", &format!("{target}/lifecycle/activate"), None, 204);
    let state = pair.send("spoke", "GET", "/_mock/state", None, 200);
    assert!(!state.text().contains("a-token-of-the-hub"));
}

#[test]
fn a_target_outside_the_process_is_trusted_and_never_called() {
    let mut pair = Pair::new(&[]);
    let app = json!({"name": "okta_org2org", "label": "Elsewhere", "signOnMode": "OPENID_CONNECT",
        "settings": {"app": {"baseUrl": "https://hub.example.com"}}});
    pair.app = id(&pair.send("spoke", "POST", "/api/v1/apps", Some(&app), 200), "id");
    assert_eq!(pair.activate("AUTO"), Ok(()));
    let log = pair.send("spoke", "GET", "/_mock/requests", None, 200).json();
    assert!(log["requests"].as_array().unwrap().iter().all(|entry| entry.get("sent").is_none()));
}

#[test]
fn the_hub_refuses_keys_that_it_cannot_read() {
    let mut pair = Pair::new(&BOTH);
    let other =
        json!({"name": "bookmark", "label": "B", "settings": {"app": {"url": "https://b.example.com"}}});
    let bookmark = id(&pair.send("spoke", "POST", "/api/v1/apps", Some(&other), 200), "id");
    let keys = format!("{}/api/v1/apps/{bookmark}/connections/default/jwks", pair.url("spoke"));
    let client = pair.client_body(json!({"jwks_uri": keys}));
    let target = format!("/oauth2/v1/clients/{}", pair.client);
    pair.send("hub", "PUT", &target, Some(&client), 200);
    assert_eq!(pair.activate("AUTO"), Err("Error retrieving the client JWKSet from jwks_uri.".into()));
    let client = pair.client_body(json!({"jwks_uri": "https://keys.example.com/jwks"}));
    pair.send("hub", "PUT", &target, Some(&client), 200);
    assert_eq!(pair.activate("AUTO"), Ok(()), "an address outside the process is taken at its word");
}
