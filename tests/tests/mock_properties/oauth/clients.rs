//! Clients, their keys, secrets, grants and roles, against a plain model.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use workspace_tests::oauth::SigningKey;
use workspace_tests::property;
use workspace_tests::routed::{ORIGIN, Routed};

use super::service_app::ServiceApp;

#[test]
fn a_service_app_has_the_recorded_members_in_the_recorded_order() {
    let org = Routed::empty();
    let body = json!({
        "name": "oidc_client", "label": "Service", "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"token_endpoint_auth_method": "private_key_jwt"}},
        "settings": {"oauthClient": {"response_types": ["token"], "grant_types": ["client_credentials"],
            "application_type": "service", "jwks": {"keys": [
                SigningKey::rsa(0).named("rsa"),
                {"kty": "EC", "kid": "ec", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}}},
    });
    let created = org.send("POST", "/api/v1/apps", Some(&body.to_string()));
    assert_eq!(created.status, 200, "{created:?}");
    let app = created.json();
    let names = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        names(&app["settings"]["oauthClient"]),
        [
            "client_uri",
            "logo_uri",
            "redirect_uris",
            "response_types",
            "grant_types",
            "jwks",
            "application_type",
            "consent_method",
            "issuer_mode",
            "idp_initiated_login",
            "wildcard_redirect",
            "dpop_bound_access_tokens"
        ]
    );
    assert_eq!(
        names(&app["credentials"]["oauthClient"]),
        ["autoKeyRotation", "client_id", "token_endpoint_auth_method", "pkce_required"]
    );
    let keys = &app["settings"]["oauthClient"]["jwks"]["keys"];
    assert_eq!(names(&keys[0]), ["kty", "id", "status", "kid", "use", "e", "n"]);
    assert_eq!(names(&keys[1]), ["kty", "id", "status", "kid", "use", "x", "y", "crv"]);
    assert_eq!((&keys[1]["crv"], &keys[1]["use"]), (&Value::Null, &Value::Null), "an EC key without crv");
    assert_eq!(app["settings"]["app"], json!({}));
    assert_eq!(app["_links"]["clientCredentials"][0]["name"], "jwks");
    assert_eq!(app["_links"].get("metadata"), None);
    assert_eq!(org.send("GET", &format!("/api/v1/apps/{}", app["id"].as_str().unwrap()), None).json(), app);
}

#[test]
fn the_secret_of_a_client_is_in_the_answer_to_post_only() {
    let org = Routed::empty();
    let body = json!({"name": "oidc_client", "label": "Web", "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
        "settings": {"oauthClient": {"grant_types": ["authorization_code"], "response_types": ["code"],
            "application_type": "web", "redirect_uris": ["https://app.example.com/callback"]}}});
    let created = org.send("POST", "/api/v1/apps", Some(&body.to_string())).json();
    let secret = created["credentials"]["oauthClient"]["client_secret"].as_str().unwrap().to_owned();
    assert!(secret.len() >= 40);
    let id = created["id"].as_str().unwrap();
    let read = org.send("GET", &format!("/api/v1/apps/{id}"), None);
    assert!(!read.text().contains(&secret));
    assert!(!org.send("GET", &format!("/oauth2/v1/clients/{id}"), None).text().contains(&secret));
    let secrets = format!("/api/v1/apps/{id}/credentials/secrets");
    assert_eq!(org.send("GET", &secrets, None).json()[0]["client_secret"], *secret);
    let second = org.send("POST", &secrets, None);
    assert_eq!(second.status, 201);
    assert_eq!(org.send("POST", &secrets, None).status, 400, "two at most");
    let second = format!("{secrets}/{}", second.json()["id"].as_str().unwrap());
    assert_eq!(org.send("DELETE", &second, None).status, 400, "an active secret");
    let inactive = org.send("POST", &format!("{second}/lifecycle/deactivate"), None).json();
    let links: Vec<_> = inactive["_links"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(links, ["activate", "delete"], "recorded");
    assert_eq!(org.send("DELETE", &second, None).status, 204);
}

#[test]
fn keys_that_okta_refuses_are_refused() {
    let app = ServiceApp::with_rsa(&[], &[]);
    let keys = format!("/api/v1/apps/{}/credentials/jwks", app.client_id);
    let short = "RSA key length in the 'jwks' is less than '2,048' bits for the given key.";
    for (key, cause) in [
        (json!({"kty": "RSA", "e": "AQAB", "kid": "x"}), short),
        (json!({"kty": "RSA", "e": "AQAB", "n": "AQAB", "kid": "x"}), short),
        (json!({"kty": "oct", "k": "AAAA"}), "kty: The field has an invalid value"),
        (SigningKey::rsa(1).named("main"), "All keys in the 'jwks' must have a unique `kid`."),
    ] {
        let answer = app.org.send("POST", &keys, Some(&key.to_string()));
        assert_eq!((answer.status, &*answer.error_code()), (400, "E0000001"), "{key}");
        let body = answer.json();
        assert_eq!(body["errorSummary"], "Api validation failed: JsonWebKey");
        assert_eq!(body["errorCauses"][0]["errorSummary"], cause);
    }
    let without_kid = app.org.send("POST", &keys, Some(&SigningKey::rsa(1).jwk.to_string())).json();
    assert!(
        without_kid["errorCauses"][0]["errorSummary"]
            .as_str()
            .unwrap()
            .starts_with("Each key should have a unique kid")
    );
    let only = app.org.send("GET", &keys, None).json()[0]["id"].as_str().unwrap().to_owned();
    let answer = app.org.send("POST", &format!("{keys}/{only}/lifecycle/deactivate"), None).json();
    assert!(
        answer["errorCauses"][0]["errorSummary"]
            .as_str()
            .unwrap()
            .starts_with("Can't deactivate the only active")
    );
    assert_eq!(app.org.send("DELETE", &format!("{keys}/{only}"), None).status, 400);
}

#[test]
fn invalid_clients_get_the_error_of_dynamic_registration() {
    let org = Routed::empty();
    let blank = org.send("POST", "/oauth2/v1/clients", Some("{\"client_name\": \" \"}"));
    assert_eq!(blank.status, 400);
    // The example of the OpenAPI document.
    assert_eq!(
        blank.json(),
        json!({"error": "invalid_client_metadata", "error_description": "`client_name`: The field can't be left blank."})
    );
    for (member, value) in [
        ("application_type", json!("robot")),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("jwks_uri", json!("no url")),
    ] {
        let mut client = json!({"client_name": "x", "application_type": "service",
            "grant_types": ["client_credentials"], "response_types": ["token"]});
        client[member] = value;
        let answer = org.send("POST", "/oauth2/v1/clients", Some(&client.to_string()));
        assert_eq!(answer.json()["error"], "invalid_client_metadata", "{client}");
    }
    assert_eq!(org.send("GET", "/oauth2/v1/clients", None).json(), json!([]), "nothing was stored");
}

#[test]
fn replacing_a_client_keeps_what_registration_does_not_have() {
    let app = ServiceApp::with_rsa(&["okta.apps.read"], &["SUPER_ADMIN"]);
    app.bind_to_dpop();
    let target = format!("/oauth2/v1/clients/{}", app.client_id);
    let body = json!({"client_name": "Renamed", "application_type": "service", "grant_types": ["client_credentials"],
        "response_types": ["token"], "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [SigningKey::rsa(1).named("next")]}});
    let replaced = app.org.send("PUT", &target, Some(&body.to_string())).json();
    assert_eq!(
        (&replaced["client_name"], &replaced["jwks"]["keys"][0]["kid"]),
        (&json!("Renamed"), &json!("next"))
    );
    let object = app.org.send("GET", &format!("/api/v1/apps/{}", app.client_id), None).json();
    assert_eq!(object["settings"]["oauthClient"]["dpop_bound_access_tokens"], true);
    assert_eq!(
        app.org.send("GET", &format!("/api/v1/apps/{}/grants", app.client_id), None).json()[0]["scopeId"],
        "okta.apps.read"
    );
    assert_eq!(app.request(&app.assertion(), "okta.apps.read", &[]).status, 401, "the old key is gone");
}

#[test]
fn app_keys_are_generated_cloned_and_chosen() {
    let org = Routed::empty();
    let create = |label: &str| {
        let body = json!({"name": "okta_org2org", "label": label, "settings": {"app": {"baseUrl": "https://h.example.com"}}});
        org.send("POST", "/api/v1/apps", Some(&body.to_string())).json()["id"].as_str().unwrap().to_owned()
    };
    let (one, two) = (create("One"), create("Two"));
    let keys = |id: &str| org.send("GET", &format!("/api/v1/apps/{id}/credentials/keys"), None).json();
    let first = keys(&one)[0].clone();
    assert_eq!(
        (&first["created"], &first["expiresAt"]),
        (&json!("2026-01-01T00:00:00.000Z"), &json!("2036-01-01T00:00:00.000Z"))
    );
    let generate =
        |years: &str| org.send("POST", &format!("/api/v1/apps/{one}/credentials/keys/generate{years}"), None);
    for years in ["", "?validityYears=1", "?validityYears=11", "?validityYears=x"] {
        let causes = generate(years).json()["errorCauses"].clone();
        assert_eq!(
            causes[0]["errorSummary"], "Validity years out of range. It should be 2 - 10 years.",
            "{years}"
        );
    }
    let generated = generate("?validityYears=2");
    let key = generated.json();
    let kid = key["kid"].as_str().unwrap();
    assert_eq!((generated.status, &key["expiresAt"]), (201, &json!("2028-01-01T00:00:00.000Z")));
    assert_eq!(
        generated.header("location"),
        Some(&*format!("{ORIGIN}/api/v1/apps/{one}/credentials/keys/{kid}"))
    );
    assert_eq!(keys(&one).as_array().unwrap().len(), 2);
    let clone = || {
        org.send("POST", &format!("/api/v1/apps/{one}/credentials/keys/{kid}/clone?targetAid={two}"), None)
    };
    let cloned = clone();
    assert_eq!((cloned.status, cloned.json()["n"].clone()), (201, key["n"].clone()));
    assert_eq!(
        cloned.header("location"),
        Some(&*format!("{ORIGIN}/api/v1/apps/{two}/credentials/keys/{kid}"))
    );
    assert_eq!(
        clone().json()["errorCauses"][0]["errorSummary"],
        "Key already exists in the list of key credentials for the target app."
    );
    let choose = |kid: &str| {
        let body = json!({"name": "okta_org2org", "label": "One", "credentials": {"signing": {"kid": kid}}})
            .to_string();
        org.send("PUT", &format!("/api/v1/apps/{one}"), Some(&body))
    };
    assert_eq!(choose(kid).json()["credentials"]["signing"]["kid"], kid);
    assert_eq!(keys(&one)[0], first, "the first key stays");
    assert_eq!(choose("none").status, 400);
    assert_eq!(choose(first["kid"].as_str().unwrap()).status, 200);
}

#[test]
fn a_state_with_clients_moves_to_another_org() {
    let app = ServiceApp::with_rsa(&["okta.apps.read"], &["SUPER_ADMIN"]);
    let org2org = json!({"name": "okta_org2org", "label": "Hub", "settings": {"app": {"baseUrl": "https://h.example.com"}}});
    let id = app.org.send("POST", "/api/v1/apps", Some(&org2org.to_string())).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.org.send("POST", &format!("/api/v1/apps/{id}/credentials/keys/generate?validityYears=3"), None);
    let provider = json!({"type": "OIDC", "name": "P", "protocol": {"type": "OIDC", "credentials": {"client": {"client_id": "c", "client_secret": "canary"}},
        "endpoints": {"authorization": {"url": "https://a"}, "token": {"url": "https://t"}, "jwks": {"url": "https://j"}}}});
    assert_eq!(app.org.send("POST", "/api/v1/idps", Some(&provider.to_string())).status, 200);
    let state = app.org.send_with("GET", "/_mock/state", &[], "");
    assert!(!state.text().contains("canary"));
    let other = Routed::empty();
    let loaded =
        other.send_with("PUT", "/_mock/state", &[("content-type", "application/json")], state.text());
    assert_eq!(loaded.status, 204, "{loaded:?}");
    assert_eq!(other.send_with("GET", "/_mock/state", &[], "").json(), state.json());
    let client = &app.client_id;
    for target in [
        format!("/api/v1/apps/{client}"),
        format!("/api/v1/apps/{client}/grants"),
        format!("/api/v1/apps/{client}/credentials/jwks"),
        format!("/oauth2/v1/clients/{client}"),
        format!("/oauth2/v1/clients/{client}/roles"),
        format!("/api/v1/apps/{id}/credentials/keys"),
        "/api/v1/users/me".to_owned(),
    ] {
        assert_eq!(
            other.send("GET", &target, None).json(),
            app.org.send("GET", &target, None).json(),
            "{target}"
        );
    }
}

/// Clients whose keys are elsewhere, or who have none, get none from a state document.
#[test]
fn a_state_keeps_where_the_keys_of_a_client_are() {
    let org = Routed::empty();
    let client = |name: &str, keys: &str, value: Value| {
        json!({"client_name": name, "application_type": "service", "grant_types": ["client_credentials"],
            "response_types": ["token"], "token_endpoint_auth_method": "private_key_jwt", keys: value})
    };
    let jwk = SigningKey::rsa(0).named("main");
    for client in [
        client("none", "client_uri", Value::Null),
        client("empty", "jwks", json!({"keys": []})),
        client("registered", "jwks", json!({"keys": [jwk]})),
        client("elsewhere", "jwks_uri", json!("https://keys.example.com/jwks")),
        json!({"client_name": "web", "application_type": "web", "redirect_uris": ["https://a.example.com"]}),
    ] {
        assert_eq!(org.send("POST", "/oauth2/v1/clients", Some(&client.to_string())).status, 201, "{client}");
    }
    let state = org.send_with("GET", "/_mock/state", &[], "");
    let json_type = [("content-type", "application/json")];
    assert_eq!(org.send_with("PUT", "/_mock/state", &json_type, state.text()).status, 204);
    assert_eq!(org.send_with("GET", "/_mock/state", &[], "").json(), state.json());
}

#[test]
fn a_document_may_name_scopes_and_roles_alone() {
    let org = Routed::empty();
    let state = json!({"apps": [{"name": "oidc_client", "label": "S",
        "credentials": {"oauthClient": {"token_endpoint_auth_method": "private_key_jwt"}},
        "settings": {"oauthClient": {"application_type": "service", "grant_types": ["client_credentials"],
            "response_types": ["token"], "jwks": {"keys": [SigningKey::rsa(0).named("main")]}}},
        "client": {"grants": ["okta.apps.read"], "roles": ["SUPER_ADMIN"]}}]});
    let json = [("content-type", "application/json")];
    let loaded = org.send_with("PUT", "/_mock/state", &json, &state.to_string());
    assert_eq!(loaded.status, 204, "{loaded:?}");
    let id = org.send("GET", "/oauth2/v1/clients", None).json()[0]["client_id"].as_str().unwrap().to_owned();
    let grants = org.send("GET", &format!("/api/v1/apps/{id}/grants"), None).json();
    assert!(grants[0]["id"].as_str().unwrap().starts_with("oag"), "{grants}");
    let patch = json!({"client": {"roles": []}}).to_string();
    assert_eq!(org.send_with("PATCH", &format!("/_mock/apps/{id}"), &json, &patch).status, 200);
    assert_eq!(org.send("GET", &format!("/oauth2/v1/clients/{id}/roles"), None).json(), json!([]));
}

/// A call on the grants and roles of a client.
#[derive(Clone, Debug)]
enum Call {
    Grant(usize),
    Revoke(usize),
    Assign(usize),
    Unassign(usize),
}

const SCOPES: [&str; 5] = ["okta.apps.read", "okta.users.manage", "okta.groups.manage", "openid", "profile"];
const ROLES: [&str; 4] = ["SUPER_ADMIN", "USER_ADMIN", "APP_ADMIN", "NOBODY"];

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => (0..SCOPES.len()).prop_map(Call::Grant),
        2 => (0..SCOPES.len()).prop_map(Call::Revoke),
        3 => (0..ROLES.len()).prop_map(Call::Assign),
        2 => (0..ROLES.len()).prop_map(Call::Unassign),
    ]
}

proptest! {
    #![proptest_config(property(60))]

    #[test]
    fn grants_and_roles_agree_with_a_plain_model(calls in vec(call(), 1..30)) {
        let app = ServiceApp::with_rsa(&[], &[]);
        let id = &app.client_id;
        let grants = format!("/api/v1/apps/{id}/grants");
        let roles = format!("/oauth2/v1/clients/{id}/roles");
        let (mut granted, mut assigned): (Vec<(&str, String)>, BTreeMap<&str, String>) = Default::default();
        for call in calls {
            match call {
                Call::Grant(index) => {
                    let scope = SCOPES[index];
                    let body = json!({"scopeId": scope, "issuer": ORIGIN}).to_string();
                    let answer = app.org.send("POST", &grants, Some(&body));
                    prop_assert_eq!(answer.status, if scope == "profile" { 400 } else { 200 });
                    if scope != "profile" && !granted.iter().any(|(known, _)| *known == scope) {
                        granted.push((scope, answer.json()["id"].as_str().unwrap().to_owned()));
                    }
                }
                Call::Revoke(index) => {
                    let position = granted.iter().position(|(known, _)| *known == SCOPES[index]);
                    let grant = position.map_or("oagnone".to_owned(), |position| granted.remove(position).1);
                    let answer = app.org.send("DELETE", &format!("{grants}/{grant}"), None);
                    prop_assert_eq!(answer.status, if position.is_some() { 204 } else { 404 });
                }
                Call::Assign(index) => {
                    let body = json!({"type": ROLES[index]}).to_string();
                    let answer = app.org.send("POST", &roles, Some(&body));
                    let expected = match (ROLES[index], assigned.contains_key(ROLES[index])) {
                        ("NOBODY", _) => 400,
                        (_, true) => 409,
                        (_, false) => 201,
                    };
                    prop_assert_eq!(answer.status, expected);
                    if expected == 201 {
                        assigned.insert(ROLES[index], answer.json()["id"].as_str().unwrap().to_owned());
                    }
                }
                Call::Unassign(index) => {
                    let role = assigned.remove(ROLES[index]);
                    let target = format!("{roles}/{}", role.as_deref().unwrap_or("none"));
                    let answer = app.org.send("DELETE", &target, None);
                    prop_assert_eq!(answer.status, if role.is_some() { 204 } else { 404 });
                }
            }
            let listed = app.org.send("GET", &grants, None).json();
            let listed: Vec<_> = listed.as_array().unwrap().iter().map(|grant| grant["scopeId"].as_str().unwrap()).collect();
            prop_assert_eq!(listed, granted.iter().map(|(scope, _)| *scope).collect::<Vec<_>>());
            let listed = app.org.send("GET", &roles, None).json();
            let mut listed: Vec<_> = listed.as_array().unwrap().iter().map(|role| role["type"].as_str().unwrap()).collect();
            listed.sort_unstable();
            prop_assert_eq!(listed, assigned.keys().copied().collect::<Vec<_>>());
            let requested = ["okta.apps.read", "okta.users.manage", "okta.groups.manage"];
            let may: Vec<_> = requested.into_iter().filter(|scope| granted.iter().any(|(known, _)| known == scope)).collect();
            let answer = app.request(&app.assertion(), &requested.join(" "), &[]);
            match may.is_empty() {
                true => prop_assert_eq!(&answer.json()["error"], "consent_required"),
                false => prop_assert_eq!(&answer.json()["scope"], &may.join(" ")),
            }
        }
    }
}
