//! Access tokens at the API: signature, expiry, scopes and roles.

use proptest::prelude::*;
use serde_json::{Value, json};
use workspace_tests::oauth::{SigningKey, described, mutated};
use workspace_tests::routed::ORIGIN;
use workspace_tests::{json_file, property};

use super::service_app::{START, ServiceApp};

const APPS: &str = "/api/v1/apps";

fn claims(token: &str) -> (Value, Value) {
    use base64::Engine as _;
    let part = |text: &str| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let mut parts = token.split('.');
    (part(parts.next().unwrap()), part(parts.next().unwrap()))
}

#[test]
fn a_token_has_the_recorded_form_and_is_signed_by_the_org() {
    let app = ServiceApp::with_rsa(&["okta.apps.read", "okta.apps.manage"], &[]);
    let token = app.token("okta.apps.manage okta.apps.read");
    let (header, payload) = claims(&token);
    let keys = app.org.send_with("GET", "/oauth2/v1/keys", &[], "").json();
    let key = &keys["keys"][0];
    assert_eq!(header, json!({"kid": key["kid"], "typ": "application/okta-internal-at+jwt", "alg": "RS256"}));
    let names: Vec<_> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["ver", "jti", "iss", "aud", "sub", "iat", "exp", "cid", "scp"]);
    assert_eq!((&payload["iss"], &payload["aud"]), (&json!(ORIGIN), &json!(ORIGIN)));
    assert_eq!((&payload["sub"], &payload["cid"]), (&json!(app.client_id), &json!(app.client_id)));
    assert_eq!((&payload["iat"], &payload["exp"]), (&json!(START), &json!(START + 3600)));
    assert!(payload["jti"].as_str().unwrap().starts_with("AT."));
    assert_eq!(payload["scp"], json!(["okta.apps.manage", "okta.apps.read"]));
    let (message, signature) = token.rsplit_once('.').unwrap();
    use base64::Engine as _;
    let bytes = |text: &Value| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
    };
    let (n, e) = (bytes(&key["n"]), bytes(&key["e"]));
    let components = ring::signature::RsaPublicKeyComponents { n, e };
    let signature = bytes(&json!(signature));
    components
        .verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .expect("the published key verifies it");
}

#[test]
fn a_token_expires_after_an_hour() {
    let app = ServiceApp::with_rsa(&["okta.apps.read"], &["READ_ONLY_ADMIN"]);
    let token = app.token("okta.apps.read");
    app.advance(3599);
    assert_eq!(app.get(APPS, &token).status, 200);
    app.advance(1);
    let answer = app.get(APPS, &token);
    assert_eq!((answer.status, described(&answer)), (401, "The token has expired."));
}

#[test]
fn a_token_ends_with_its_grant_its_client_and_its_role() {
    let app = ServiceApp::with_rsa(&["okta.apps.read"], &["READ_ONLY_ADMIN"]);
    let token = app.token("okta.apps.read");
    assert_eq!(app.get(APPS, &token).status, 200);
    let grants = format!("/api/v1/apps/{}/grants", app.client_id);
    let grant = app.org.send("GET", &grants, None).json()[0]["id"].as_str().unwrap().to_owned();
    app.org.send("DELETE", &format!("{grants}/{grant}"), None);
    assert_eq!(app.get(APPS, &token).status, 403, "the scope was revoked");
    app.grant("okta.apps.read");
    assert_eq!(app.get(APPS, &token).status, 200);
    let roles = format!("/oauth2/v1/clients/{}/roles", app.client_id);
    let role = app.org.send("GET", &roles, None).json()[0]["id"].as_str().unwrap().to_owned();
    app.org.send("DELETE", &format!("{roles}/{role}"), None);
    assert_eq!(app.get(APPS, &token).error_code(), "E0000006");
    app.assign("READ_ONLY_ADMIN");
    app.org.send("POST", &format!("/api/v1/apps/{}/lifecycle/deactivate", app.client_id), None);
    assert_eq!(app.get(APPS, &token).status, 401, "an inactive client");
    app.org.send("POST", &format!("/api/v1/apps/{}/lifecycle/activate", app.client_id), None);
    assert_eq!(app.get(APPS, &token).status, 200);
    app.org.send("DELETE", &format!("/oauth2/v1/clients/{}", app.client_id), None);
    assert_eq!(app.org.send("GET", "/oauth2/v1/clients", None).json(), json!([]));
}

/// Every operation of the contract that requires a scope, with a path that names nothing.
fn operations() -> Vec<(String, String, String)> {
    let contract = json_file("fixtures/contract/openapi.json");
    let mut found = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "delete"] {
            let security = item[method]["security"].as_array();
            let is_public = security.is_some_and(|all| all.contains(&json!({})));
            let scope = security.into_iter().flatten().find_map(|one| one["oauth2"][0].as_str());
            if let Some(scope) = scope.filter(|_| !is_public) {
                let target = path.replace(['{', '}'], "");
                found.push((method.to_uppercase(), target, scope.to_owned()));
            }
        }
    }
    assert!(found.len() > 50, "{}", found.len());
    found
}

#[test]
fn every_operation_requires_its_scope_and_a_role_before_it_looks_at_anything() {
    let app = ServiceApp::with_rsa(&["okta.logs.read"], &["SUPER_ADMIN"]);
    let powerless = app.token("okta.logs.read");
    let authorization = format!("Bearer {powerless}");
    for (method, target, scope) in operations() {
        let body = if method == "GET" || method == "DELETE" { "" } else { "no json" };
        let answer = app.call(&method, &target, &[("authorization", &authorization)], body);
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert_eq!(answer.status, 403, "{method} {target}: {answer:?}");
        assert!(
            challenge.contains(&format!("scope=\"{scope}\", error=\"insufficient_scope\"")),
            "{challenge}"
        );
        assert_eq!(described(&answer), "The access token provided does not contain the required scopes.");
    }
    let scopes: Vec<_> = operations().into_iter().map(|(_, _, scope)| scope).collect();
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let app = ServiceApp::with_rsa(&scopes, &[]);
    let token = app.token(&scopes.join(" "));
    let authorization = format!("Bearer {token}");
    for (method, target, _) in operations() {
        let body = if method == "GET" || method == "DELETE" { "" } else { "no json" };
        let answer = app.call(&method, &target, &[("authorization", &authorization)], body);
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (403, "E0000006"),
            "{method} {target}: {answer:?}"
        );
    }
    app.assign("SUPER_ADMIN");
    for (method, target, _) in operations() {
        let answer = app.call(&method, &target, &[("authorization", &authorization)], "");
        assert_ne!(answer.status, 403, "{method} {target}: {answer:?}");
    }
}

#[test]
fn manage_includes_read_and_read_does_not_include_manage() {
    let app = ServiceApp::with_rsa(&["okta.apps.read", "okta.apps.manage"], &["APP_ADMIN"]);
    let (read, manage) = (app.token("okta.apps.read"), app.token("okta.apps.manage"));
    let bookmark =
        json!({"name": "bookmark", "label": "B", "settings": {"app": {"url": "https://b.example.com"}}});
    let create = |token: &str| {
        let authorization = format!("Bearer {token}");
        app.call("POST", APPS, &[("authorization", &authorization)], &bookmark.to_string()).status
    };
    assert_eq!((app.get(APPS, &read).status, app.get(APPS, &manage).status), (200, 200));
    assert_eq!((create(&read), create(&manage)), (403, 200));
    // The client has no grant for grants, although its role would see them.
    let grants = format!("{APPS}/{}/grants", app.client_id);
    assert_eq!(app.get(&grants, &manage).status, 403);
}

#[test]
fn a_grant_names_who_made_it() {
    let scopes = ["okta.appGrants.manage", "okta.apps.read"];
    let app = ServiceApp::with_rsa(&scopes, &["SUPER_ADMIN"]);
    let token = app.token("okta.appGrants.manage");
    let body = json!({"scopeId": "okta.users.read", "issuer": ORIGIN}).to_string();
    let target = format!("{APPS}/{}/grants", app.client_id);
    let grant = app.call("POST", &target, &[("authorization", &format!("Bearer {token}"))], &body).json();
    assert_eq!(grant["createdBy"]["id"], json!(app.client_id));
    let users = app.org.send("GET", "/api/v1/users/me", None).json();
    assert_eq!(app.org.send("GET", &target, None).json()[0]["createdBy"]["id"], users["id"]);
}

#[test]
fn opaque_tokens_and_api_tokens_stay_administrators() {
    let app = ServiceApp::with_rsa(&[], &[]);
    for (authorization, status) in [
        ("SSWS any-token", 200),
        ("Bearer any-token", 200),
        ("Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA", 401),
        ("Bearer undefined", 401),
        ("DPoP any-token", 401),
    ] {
        let answer = app.call("GET", APPS, &[("authorization", authorization)], "");
        assert_eq!(answer.status, status, "{authorization}");
    }
}

#[test]
fn a_token_of_another_org_is_refused() {
    let app = ServiceApp::with_rsa(&["okta.apps.read"], &["SUPER_ADMIN"]);
    let key = SigningKey::rsa(0);
    let (header, mut payload) = claims(&app.token("okta.apps.read"));
    payload["scp"] = json!(["okta.apps.manage"]);
    for kid in [header["kid"].clone(), json!("other")] {
        let mut header = header.clone();
        header["kid"] = kid;
        let forged = key.token(&header, &payload);
        let answer = app.get(APPS, &forged);
        assert_eq!((answer.status, described(&answer)), (401, "The access token is invalid."));
    }
    let (header, payload) = claims(&app.token("okta.apps.read"));
    // An assertion is no access token, even if the client calls it one.
    let own = key.token(&header, &payload);
    assert_eq!(app.get(APPS, &own).status, 401);
    assert_eq!(app.get(APPS, &app.assertion()).status, 401);
}

proptest! {
    #![proptest_config(property(200))]

    #[test]
    fn an_access_token_with_any_change_is_refused(place in any::<usize>(), choice in any::<usize>()) {
        thread_local! {
            static APP: (ServiceApp, String) = {
                let app = ServiceApp::with_rsa(&["okta.apps.read"], &["SUPER_ADMIN"]);
                let token = app.token("okta.apps.read");
                (app, token)
            };
        }
        APP.with(|(app, token)| {
            prop_assert_eq!(app.get(APPS, &mutated(token, place, choice)).status, 401);
            prop_assert_eq!(app.get(APPS, token).status, 200);
            Ok(())
        })?;
    }
}
