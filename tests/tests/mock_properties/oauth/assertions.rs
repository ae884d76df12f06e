//! Token requests: which assertions are accepted, and how every other is refused.

use proptest::prelude::*;
use serde_json::{Value, json};
use workspace_tests::oauth::{ALGORITHMS, SigningKey, form, mutated};
use workspace_tests::property;
use workspace_tests::routed::ORIGIN;

use super::service_app::{ServiceApp, changed, endpoint};

const SCOPE: &str = "okta.apps.read";

#[test]
fn an_assertion_of_each_algorithm_is_accepted() {
    let ec: Vec<_> = ["ES256", "ES384", "ES512"].map(|name| (name, SigningKey::for_algorithm(name))).into();
    let mut keys = vec![SigningKey::rsa(0).named("rsa")];
    keys.extend(ec.iter().map(|(name, key)| key.named(name)));
    let app = ServiceApp::new(&keys, &[SCOPE], &[]);
    for algorithm in ALGORITHMS {
        let ec = ec.iter().find(|(name, _)| *name == algorithm);
        let (kid, key) = ec.map_or(("rsa", SigningKey::rsa(0)), |(name, key)| (*name, key));
        let assertion = key.token(&json!({"alg": algorithm, "kid": kid}), &app.claims());
        let answer = app.request(&assertion, SCOPE, &[]);
        assert_eq!(answer.status, 200, "{algorithm}: {answer:?}");
        let members: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["token_type", "expires_in", "access_token", "scope"], "recorded order");
        // Another algorithm of the same key family, with the signature of this one.
        let other = ALGORITHMS.into_iter().find(|other| other[..2] == algorithm[..2] && *other != algorithm);
        let (_, rest) = assertion.split_once('.').unwrap();
        let forged = format!("{}.{rest}", encoded(&json!({"alg": other, "kid": kid})));
        assert_eq!(app.request(&forged, SCOPE, &[]).status, 401, "{algorithm} under another name");
    }
}

fn encoded(value: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
}

#[test]
fn each_refusal_has_its_status_and_text() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let now = app.now();
    let key = SigningKey::rsa(0);
    let header = json!({"alg": "RS256", "kid": "main"});
    for (claim, value, error, text) in [
        (
            "iss",
            Value::Null,
            "invalid_client",
            "The issuer claim for client_assertion is not a valid client_id.",
        ),
        (
            "sub",
            json!("other"),
            "invalid_client",
            "The subject claim for client_assertion is not a valid client_id.",
        ),
        (
            "sub",
            Value::Null,
            "invalid_client",
            "The subject claim for client_assertion is not a valid client_id.",
        ),
        (
            "aud",
            json!(ORIGIN),
            "invalid_client",
            "The audience claim for client_assertion must be the endpoint invoked for the request.",
        ),
        (
            "aud",
            json!([]),
            "invalid_client",
            "The audience claim for client_assertion must be the endpoint invoked for the request.",
        ),
        (
            "exp",
            Value::Null,
            "invalid_client",
            "The client_assertion must contain the 'exp' claim as seconds since epoch.",
        ),
        (
            "exp",
            json!("soon"),
            "invalid_client",
            "The client_assertion must contain the 'exp' claim as seconds since epoch.",
        ),
        ("exp", json!(now), "invalid_client", "The client_assertion token is expired."),
        (
            "exp",
            json!(now + 3601),
            "invalid_client",
            "The client_assertion token has an expiration too far into the future.",
        ),
        (
            "iat",
            json!(now + 1),
            "invalid_client",
            "The client_assertion token must be issued before the current time.",
        ),
        (
            "nbf",
            json!(now + 1),
            "invalid_client",
            "The client_assertion token must be issued before the current time.",
        ),
        ("jti", json!(7), "invalid_client", "The parsing of the client_assertion failed."),
    ] {
        let answer = app.request(&key.token(&header, &changed(app.claims(), claim, &value)), SCOPE, &[]);
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str()), (401, Some(error)), "{claim} {value}");
        assert_eq!(body["error_description"], text, "{claim} {value}");
    }
    for (claim, value) in [
        ("exp", json!(now + 3600)),
        ("exp", json!(now + 1)),
        ("iat", Value::Null),
        ("jti", Value::Null),
        ("aud", json!(["https://elsewhere.example.com", endpoint()])),
    ] {
        let answer = app.request(&key.token(&header, &changed(app.claims(), claim, &value)), SCOPE, &[]);
        assert_eq!(answer.status, 200, "{claim} {value}: {answer:?}");
    }
}

#[test]
fn an_unknown_client_gets_okta_s_envelope() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let key = SigningKey::rsa(0);
    let header = json!({"alg": "RS256"});
    let unknown = changed(changed(app.claims(), "iss", &json!("0oaX")), "sub", &json!("0oaX"));
    let empty = changed(changed(app.claims(), "iss", &json!("")), "sub", &json!(""));
    for claims in [unknown, empty] {
        let answer = app.request(&key.token(&header, &claims), SCOPE, &[]);
        let body = answer.json();
        assert_eq!((answer.status, body["errorCode"].as_str()), (400, Some("invalid_client")), "{answer:?}");
        assert_eq!((&body["errorLink"], &body["errorCauses"]), (&json!("invalid_client"), &json!([])));
    }
    // An inactive app is no client.
    app.org.send("POST", &format!("/api/v1/apps/{}/lifecycle/deactivate", app.client_id), None);
    assert_eq!(app.request(&app.assertion(), SCOPE, &[]).json()["errorCode"], "invalid_client");
}

#[test]
fn keys_are_chosen_by_their_name() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let text = |header: &Value, key: &SigningKey| {
        let answer = app.request(&key.token(header, &app.claims()), SCOPE, &[]);
        answer.json()["error_description"].as_str().unwrap_or("accepted").to_owned()
    };
    let (own, other) = (SigningKey::rsa(0), SigningKey::rsa(1));
    let kid = "The client_assertion JWT kid is invalid.";
    let signature = "The client_assertion signature is invalid.";
    assert_eq!(text(&json!({"alg": "RS256"}), own), "accepted", "a single key need not be named");
    assert_eq!(text(&json!({"alg": "RS256"}), other), signature);
    assert_eq!(text(&json!({"alg": "RS256", "kid": "none"}), own), kid);
    assert_eq!(
        text(&json!({"alg": "RS256", "kid": "main", "crit": ["x"]}), own),
        "The parsing of the client_assertion failed."
    );
    let hs256 = format!("{}.{}.AAAA", encoded(&json!({"alg": "HS256"})), encoded(&app.claims()));
    let none = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&app.claims()));
    for unsigned in [hs256, none] {
        let answer = app.request(&unsigned, SCOPE, &[]);
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let keys = format!("/api/v1/apps/{}/credentials/jwks", app.client_id);
    let added = app.org.send("POST", &keys, Some(&other.named("second").to_string()));
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(text(&json!({"alg": "RS256"}), own), kid, "with two keys the name is needed");
    assert_eq!(text(&json!({"alg": "RS256", "kid": "second"}), other), "accepted");
    assert_eq!(text(&json!({"alg": "RS256", "kid": "second"}), own), signature);
    let key = format!("{keys}/{}", added.json()["id"].as_str().unwrap());
    assert_eq!(app.org.send("POST", &format!("{key}/lifecycle/deactivate"), None).status, 200);
    assert_eq!(text(&json!({"alg": "RS256", "kid": "second"}), other), signature, "an inactive key");
    assert_eq!(text(&json!({"alg": "RS256"}), own), "accepted", "one key is active");
}

#[test]
fn an_assertion_is_used_once() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let used = "The client_assertion token has already been used.";
    let assertion = app.assertion();
    assert_eq!(app.request(&assertion, SCOPE, &[]).status, 200);
    assert_eq!(app.request(&assertion, SCOPE, &[]).json()["error_description"], used);
    // A request that is refused for its scopes spends it, too.
    let assertion = app.assertion();
    assert_eq!(app.request(&assertion, "okta.users.read", &[]).json()["error"], "consent_required");
    assert_eq!(app.request(&assertion, SCOPE, &[]).json()["error_description"], used);
    // One that could not be verified does not.
    let claims = app.claims();
    let forged = SigningKey::rsa(1).token(&json!({"alg": "RS256"}), &claims);
    assert_eq!(app.request(&forged, SCOPE, &[]).status, 401);
    let genuine = SigningKey::rsa(0).token(&json!({"alg": "RS256"}), &claims);
    assert_eq!(app.request(&genuine, SCOPE, &[]).status, 200);
}

#[test]
fn other_forms_of_authentication_and_forms_are_refused() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let id = &app.client_id;
    let assertion = || form(&app.assertion(), SCOPE);
    let credentials = "grant_type=client_credentials&scope=okta.apps.read";
    let method = "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.";
    let several = "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.";
    let basic = format!("Basic {}", base64(&format!("{id}:secret")));
    for (body, authorization, status, error, text) in [
        (credentials.to_owned(), "", 401, "invalid_client", "No client credentials found"),
        (format!("{credentials}&client_id={id}&client_secret=x"), "", 401, "invalid_client", method),
        (format!("{credentials}&client_id={id}"), "", 401, "invalid_client", method),
        (credentials.to_owned(), &*basic, 401, "invalid_client", method),
        (
            credentials.to_owned(),
            "SSWS token",
            401,
            "invalid_client",
            "Found Authentication header but was not valid client credentials.",
        ),
        (assertion(), &*basic, 401, "invalid_request", several),
        (format!("{}&client_secret=x", assertion()), "", 401, "invalid_request", several),
        (
            assertion().replace("jwt-bearer", "saml2-bearer"),
            "",
            400,
            "invalid_request",
            "The client_assertion_type is invalid.",
        ),
        (
            format!("{credentials}&client_assertion=x"),
            "",
            400,
            "invalid_request",
            "The client_assertion_type is invalid.",
        ),
        (
            assertion().replace("client_credentials", "password"),
            "",
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server. Configured grant types: [client_credentials].",
        ),
        (
            assertion().replace("grant_type=", "x="),
            "",
            400,
            "invalid_request",
            "The token request must specify a 'grant_type'. Valid values: [client_credentials].",
        ),
        (
            format!("{}&scope=x", assertion()),
            "",
            400,
            "invalid_request",
            "The request contained multiple parameters with the same name.",
        ),
        (form(&app.assertion(), ""), "", 400, "invalid_scope", "No scopes were requested."),
        (
            form(&app.assertion(), "openid okta.apps.read"),
            "",
            400,
            "invalid_scope",
            "Cannot request 'openid' scopes using client credentials.",
        ),
        (
            form(&app.assertion(), "okta.users.read"),
            "",
            400,
            "consent_required",
            "You are not allowed any of the requested scopes.",
        ),
        (
            form("no.jwt.here", SCOPE),
            "",
            401,
            "invalid_client",
            "The parsing of the client_assertion failed.",
        ),
    ] {
        let headers: &[_] = if authorization.is_empty() { &[] } else { &[("authorization", authorization)] };
        let answer = app.post_form(&body, headers);
        let json = answer.json();
        assert_eq!((answer.status, json["error"].as_str()), (status, Some(error)), "{body} {answer:?}");
        assert_eq!(json["error_description"], text, "{body}");
    }
    let query = app.org.send_with("POST", "/oauth2/v1/token?client_secret=x", &[], credentials);
    assert_eq!(
        query.json()["error_description"],
        "Client credentials cannot be supplied via query parameters."
    );
}

/// The Go SDK sends all parameters in the query and an empty body.
#[test]
fn parameters_may_be_in_the_query() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let parameters = form(&app.assertion(), SCOPE);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let send = |query: &str, body: &str| {
        app.org.send_with("POST", &format!("/oauth2/v1/token?{query}"), &headers, body)
    };
    assert_eq!(send(&parameters, "").json()["scope"], SCOPE);
    let twice = send("scope=okta.apps.read", &form(&app.assertion(), SCOPE));
    assert_eq!(
        twice.json()["error_description"],
        "The request contained multiple parameters with the same name."
    );
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn only_service_apps_that_sign_get_tokens() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let keys = json!([SigningKey::rsa(0).named("main")]);
    let clients = [
        (
            json!({"application_type": "web", "grant_types": ["authorization_code", "client_credentials"],
            "response_types": ["code"], "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": keys}}),
            "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the Org Authorization Server.",
        ),
        (
            json!({"application_type": "service", "grant_types": ["client_credentials"], "response_types": ["token"],
            "token_endpoint_auth_method": "client_secret_basic", "jwks": {"keys": keys}}),
            "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.",
        ),
        (
            json!({"application_type": "service", "grant_types": ["client_credentials"], "response_types": ["token"],
            "token_endpoint_auth_method": "private_key_jwt"}),
            "The client does not have a JWKSet configured, but the client_assertion requires one.",
        ),
    ];
    for (mut client, text) in clients {
        client["client_name"] = "Other".into();
        let registered = app.org.send("POST", "/oauth2/v1/clients", Some(&client.to_string())).json();
        let id = &registered["client_id"];
        let claims = changed(changed(app.claims(), "iss", id), "sub", id);
        let answer = app.request(&SigningKey::rsa(0).token(&json!({"alg": "RS256"}), &claims), SCOPE, &[]);
        assert_eq!((answer.status, &answer.json()["error_description"]), (401, &json!(text)), "{client}");
    }
}

#[test]
fn granted_scopes_come_in_the_order_of_the_request() {
    let app = ServiceApp::with_rsa(&["okta.apps.read", "okta.users.manage", "okta.groups.manage"], &[]);
    let answer = app.request(
        &app.assertion(),
        "okta.groups.manage okta.logs.read okta.apps.read okta.groups.manage nonsense",
        &[],
    );
    assert_eq!(answer.json()["scope"], "okta.groups.manage okta.apps.read");
}

proptest! {
    #![proptest_config(property(200))]

    #[test]
    fn an_assertion_with_any_change_is_refused(place in any::<usize>(), choice in any::<usize>(), ec in any::<bool>()) {
        thread_local! {
            static APP: (ServiceApp, SigningKey) = {
                let key = SigningKey::for_algorithm("ES256");
                let keys = [SigningKey::rsa(0).named("main"), key.named("ec")];
                (ServiceApp::new(&keys, &[SCOPE], &[]), key)
            };
        }
        APP.with(|(app, key)| {
            let assertion = match ec {
                true => key.token(&json!({"alg": "ES256", "kid": "ec"}), &app.claims()),
                false => app.assertion(),
            };
            let answer = app.request(&mutated(&assertion, place, choice).replace('+', "%2B"), SCOPE, &[]);
            prop_assert!(matches!(answer.status, 400 | 401), "{answer:?}");
            prop_assert_eq!(app.request(&assertion, SCOPE, &[]).status, 200, "the genuine one is not spent");
            Ok(())
        })?;
    }
}
