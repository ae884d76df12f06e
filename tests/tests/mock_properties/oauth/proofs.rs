//! DPoP: the nonce, what a proof must say, and that it is used once.

use proptest::prelude::*;
use serde_json::{Value, json};
use workspace_tests::oauth::{ALGORITHMS, SigningKey, described, mutated};
use workspace_tests::property;
use workspace_tests::routed::ORIGIN;

use super::service_app::{ServiceApp, changed};

const SCOPE: &str = "okta.apps.read";
const APPS: &str = "/api/v1/apps";

fn bound() -> ServiceApp {
    let app = ServiceApp::with_rsa(&[SCOPE], &["READ_ONLY_ADMIN"]);
    app.bind_to_dpop();
    app
}

/// The error and its text of a token request with a proof.
fn refusal(app: &ServiceApp, proof: &str) -> (u16, String, String) {
    let answer = app.request(&app.assertion(), SCOPE, &[("dpop", proof)]);
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("error"), text("error_description"))
}

#[test]
fn the_recorded_sequence_is_answered() {
    let app = bound();
    let missing = app.request(&app.assertion(), SCOPE, &[]);
    assert_eq!((missing.status, missing.header("dpop-nonce")), (400, None));
    assert_eq!(
        missing.json(),
        json!({"error": "invalid_dpop_proof", "error_description": "The DPoP proof JWT header is missing."})
    );
    let claims = changed(app.proof_claims(), "nonce", &Value::Null);
    let without =
        app.request(&app.assertion(), SCOPE, &[("dpop", &SigningKey::rsa(1).proof("RS256", &claims))]);
    assert_eq!(
        without.json(),
        json!({"error": "use_dpop_nonce", "error_description": "Authorization server requires nonce in DPoP proof."})
    );
    let nonce = without.header("dpop-nonce").unwrap().to_owned();
    let claims = changed(app.proof_claims(), "nonce", &json!(nonce));
    let with = app.request(&app.assertion(), SCOPE, &[("dpop", &SigningKey::rsa(1).proof("RS256", &claims))]);
    assert_eq!((with.status, &with.json()["token_type"]), (200, &json!("DPoP")), "{with:?}");
    assert_eq!(with.header("dpop-nonce"), Some(&*nonce));
    assert_eq!(with.header("x-robots-tag"), Some("noindex,nofollow"));
}

#[test]
fn the_challenge_spends_the_assertion() {
    let app = bound();
    let assertion = app.assertion();
    let claims = changed(app.proof_claims(), "nonce", &Value::Null);
    let proof = SigningKey::rsa(1).proof("RS256", &claims);
    assert_eq!(app.request(&assertion, SCOPE, &[("dpop", &proof)]).json()["error"], "use_dpop_nonce");
    let again =
        app.request(&assertion, SCOPE, &[("dpop", &SigningKey::rsa(1).proof("RS256", &app.proof_claims()))]);
    assert_eq!(again.status, 401);
    assert_eq!(again.json()["error_description"], "The client_assertion token has already been used.");
}

#[test]
fn a_proof_of_each_algorithm_is_accepted() {
    let app = bound();
    for algorithm in ALGORITHMS {
        let ec = algorithm.starts_with("ES").then(|| SigningKey::for_algorithm(algorithm));
        let key = ec.as_ref().unwrap_or_else(|| SigningKey::rsa(1));
        let answer =
            app.request(&app.assertion(), SCOPE, &[("dpop", &key.proof(algorithm, &app.proof_claims()))]);
        assert_eq!(answer.status, 200, "{algorithm}: {answer:?}");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let proof = key.proof(algorithm, &app.call_claims(APPS, &token));
        let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof)];
        assert_eq!(app.call("GET", APPS, &headers, "").status, 200, "{algorithm}");
    }
}

#[test]
fn each_claim_of_a_proof_is_checked_at_the_token_endpoint() {
    let app = bound();
    app.advance(1000);
    let now = app.now();
    for (claim, value, text) in [
        ("htm", json!("GET"), "'htm' claim in the DPoP proof JWT is invalid."),
        ("htm", Value::Null, "'htm' claim in the DPoP proof JWT is invalid."),
        ("htu", json!(ORIGIN), "'htu' claim in the DPoP proof JWT is invalid."),
        (
            "htu",
            json!(format!("{ORIGIN}/oauth2/v1/token?x")),
            "'htu' claim in the DPoP proof JWT is invalid.",
        ),
        (
            "htu",
            json!("https://dev-1.example.test/oauth2/v1/token"),
            "'htu' claim in the DPoP proof JWT is invalid.",
        ),
        ("iat", Value::Null, "'iat' claim in the DPoP proof JWT is invalid."),
        ("iat", json!(now + 1), "The DPoP proof JWT is issued in the future."),
        ("iat", json!(now - 301), "The DPoP proof JWT is issued more than five minutes in the past."),
        ("exp", json!(now), "The DPoP proof JWT is expired."),
        ("jti", Value::Null, "'jti' claim in the DPoP proof JWT is invalid."),
        ("jti", json!(""), "'jti' claim in the DPoP proof JWT is invalid."),
    ] {
        let proof = SigningKey::rsa(1).proof("RS256", &changed(app.proof_claims(), claim, &value));
        assert_eq!(refusal(&app, &proof), (400, "invalid_dpop_proof".into(), text.into()), "{claim} {value}");
    }
    for (claim, value) in [("iat", json!(now - 300)), ("exp", json!(now + 1))] {
        let proof = SigningKey::rsa(1).proof("RS256", &changed(app.proof_claims(), claim, &value));
        assert_eq!(refusal(&app, &proof).0, 200, "{claim} {value}");
    }
    // The nonce is looked at before jti (issue).
    let claims = changed(changed(app.proof_claims(), "jti", &Value::Null), "nonce", &json!("old"));
    assert_eq!(refusal(&app, &SigningKey::rsa(1).proof("RS256", &claims)).1, "use_dpop_nonce");
}

#[test]
fn the_form_of_a_proof_is_checked() {
    let app = bound();
    let key = SigningKey::rsa(1);
    let header = |name: &str, value: Value| {
        let header = json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": key.jwk});
        key.token(&changed(header, name, &value), &app.proof_claims())
    };
    let mut private = key.jwk.clone();
    private["d"] = "AQAB".into();
    let other_key = key.token(
        &json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": SigningKey::rsa(0).jwk}),
        &app.proof_claims(),
    );
    for (proof, text) in [
        (header("typ", json!("JWT")), "'typ' must be 'dpop+jwt' in the DPoP proof JWT."),
        (header("typ", Value::Null), "'typ' must be 'dpop+jwt' in the DPoP proof JWT."),
        (header("jwk", Value::Null), "The DPoP proof JWT is invalid."),
        (header("jwk", private), "The DPoP proof JWT is invalid."),
        (other_key, "The DPoP proof JWT signature is invalid."),
        ("a.b.c".into(), "The DPoP proof JWT cannot be parsed."),
        (String::new(), "The DPoP proof JWT cannot be parsed."),
    ] {
        assert_eq!(refusal(&app, &proof), (400, "invalid_dpop_proof".into(), text.into()));
    }
    let unsigned = header("alg", json!("RS256"));
    let (_, rest) = unsigned.split_once('.').unwrap();
    let renamed = {
        use base64::Engine as _;
        let header = json!({"typ": "dpop+jwt", "alg": "HS256", "jwk": key.jwk}).to_string();
        format!("{}.{rest}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header))
    };
    assert_eq!(refusal(&app, &renamed).2, "The DPoP proof JWT signature algorithm is invalid.");
    let one = key.proof("RS256", &app.proof_claims());
    let two = app.request(&app.assertion(), SCOPE, &[("dpop", &one), ("dpop", &one)]);
    assert_eq!(two.json()["error_description"], "Multiple DPoP proof JWT headers are not allowed.");
}

#[test]
fn a_proof_is_used_once() {
    let app = bound();
    let used = "The DPoP proof JWT has already been used.";
    let proof = SigningKey::rsa(1).proof("RS256", &app.proof_claims());
    assert_eq!(refusal(&app, &proof).0, 200);
    assert_eq!(refusal(&app, &proof), (400, "invalid_dpop_proof".into(), used.into()));
    let token = app.bound_token(SCOPE);
    let proof = SigningKey::rsa(1).proof("RS256", &app.call_claims(APPS, &token));
    let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof)];
    assert_eq!(app.call("GET", APPS, &headers, "").status, 200);
    let again = app.call("GET", APPS, &headers, "");
    assert_eq!((again.status, described(&again)), (400, used));
}

#[test]
fn a_nonce_changes_every_day_and_is_accepted_for_three_days_more() {
    let app = bound();
    let first = app.nonce();
    let proof = || SigningKey::rsa(1).proof("RS256", &changed(app.proof_claims(), "nonce", &json!(first)));
    for day in 0..4 {
        assert_eq!(refusal(&app, &proof()).0, 200, "day {day}");
        app.advance(24 * 60 * 60);
        assert_ne!(app.nonce(), first);
    }
    assert_eq!(refusal(&app, &proof()).1, "use_dpop_nonce", "day 4");
}

#[test]
fn each_claim_of_a_proof_is_checked_at_the_api() {
    let app = bound();
    app.advance(1000);
    let now = app.now();
    let token = app.bound_token(SCOPE);
    for (claim, value, text) in [
        ("htm", json!("POST"), "'htm' claim in the DPoP proof JWT is invalid."),
        ("htu", json!(format!("{ORIGIN}{APPS}?limit=2")), "'htu' claim in the DPoP proof JWT is invalid."),
        ("htu", json!(format!("{ORIGIN}/api/v1/app")), "'htu' claim in the DPoP proof JWT is invalid."),
        ("iat", json!(now - 301), "The DPoP proof JWT is issued more than five minutes in the past."),
        ("ath", Value::Null, "'ath' claim in the DPoP proof does not match the presented access_token."),
        ("ath", json!("AAAA"), "'ath' claim in the DPoP proof does not match the presented access_token."),
        ("jti", Value::Null, "'jti' claim in the DPoP proof JWT is invalid."),
    ] {
        let proof = SigningKey::rsa(1).proof("RS256", &changed(app.call_claims(APPS, &token), claim, &value));
        let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof)];
        let answer = app.call("GET", &format!("{APPS}?limit=2"), &headers, "");
        assert_eq!((answer.status, described(&answer)), (400, text), "{claim} {value}");
        assert!(answer.body.is_empty());
    }
    let proof = SigningKey::rsa(1).proof("RS256", &app.call_claims(APPS, &token));
    let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof)];
    assert_eq!(app.call("GET", &format!("{APPS}?limit=2"), &headers, "").status, 200, "htu has no query");
    let other = SigningKey::for_algorithm("ES256").proof("ES256", &app.call_claims(APPS, &token));
    let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*other)];
    let answer = app.call("GET", APPS, &headers, "");
    assert_eq!(described(&answer), "The access_token is not bound to the provided DPoP proof.");
}

#[test]
fn a_bound_token_needs_its_scheme_and_a_proof() {
    let app = bound();
    let token = app.bound_token(SCOPE);
    let proof = || SigningKey::rsa(1).proof("RS256", &app.call_claims(APPS, &token));
    let bearer = format!("Bearer {token}");
    let dpop = format!("DPoP {token}");
    let challenge = |headers: &[(&str, &str)]| {
        let answer = app.call("GET", APPS, headers, "");
        (answer.status, answer.header("www-authenticate").unwrap().to_owned())
    };
    // Printed by Okta for this request, but for the host.
    assert_eq!(
        challenge(&[("authorization", &bearer)]),
        (400, "Bearer authorization_uri=\"http://dev-1.example.test/oauth2/v1/authorize\", realm=\"http://dev-1.example.test\", scope=\"okta.apps.read\", error=\"invalid_request\", error_description=\"The resource request requires a DPoP proof.\", resource=\"/api/v1/apps\"".to_owned())
    );
    let (status, text) = challenge(&[("authorization", &dpop)]);
    assert_eq!(status, 400);
    assert!(
        text.starts_with("DPoP algs=\"RS256 RS384 RS512 ES256 ES384 ES512\", authorization_uri=\"http://"),
        "{text}"
    );
    let (status, text) = challenge(&[("authorization", &bearer), ("dpop", &proof())]);
    assert_eq!(status, 400);
    assert!(
        text.contains("must use the DPoP authentication scheme when using a DPoP bound token."),
        "{text}"
    );
    let plain = ServiceApp::with_rsa(&[SCOPE], &["READ_ONLY_ADMIN"]);
    let token = plain.token(SCOPE);
    let proof = SigningKey::rsa(1).proof("RS256", &plain.call_claims(APPS, &token));
    let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*proof)];
    let answer = plain.call("GET", APPS, &headers, "");
    assert_eq!((answer.status, described(&answer)), (401, "The presented access_token is not DPoP bound."));
}

#[test]
fn a_client_without_dpop_may_send_a_proof() {
    let app = ServiceApp::with_rsa(&[SCOPE], &[]);
    let without_nonce = changed(
        json!({"htm": "POST", "htu": super::service_app::endpoint(), "iat": app.now(), "jti": "1"}),
        "nonce",
        &Value::Null,
    );
    let proof = SigningKey::rsa(1).proof("RS256", &without_nonce);
    let answer = app.request(&app.assertion(), SCOPE, &[("dpop", &proof)]);
    assert_eq!((answer.status, &answer.json()["token_type"]), (200, &json!("Bearer")));
    // The nonce of another client is as good as any: it belongs to the org.
    app.bind_to_dpop();
    let claims = app.proof_claims();
    let target = format!("/api/v1/apps/{}", app.client_id);
    let mut object = app.org.send("GET", &target, None).json();
    object["settings"]["oauthClient"]["dpop_bound_access_tokens"] = false.into();
    app.org.send("PUT", &target, Some(&object.to_string()));
    let proof = SigningKey::rsa(1).proof("RS256", &claims);
    let answer = app.request(&app.assertion(), SCOPE, &[("dpop", &proof)]);
    assert_eq!(answer.json()["token_type"], "DPoP", "{answer:?}");
}

proptest! {
    #![proptest_config(property(150))]

    #[test]
    fn a_proof_with_any_change_is_refused(place in any::<usize>(), choice in any::<usize>(), at_api in any::<bool>()) {
        thread_local! {
            static APP: (ServiceApp, SigningKey, Value) = {
                let app = bound();
                let nonce = json!(app.nonce());
                (app, SigningKey::for_algorithm("ES256"), nonce)
            };
        }
        APP.with(|(app, key, nonce)| {
            let endpoint = super::service_app::endpoint();
            let claims = json!({"htm": "POST", "htu": endpoint, "iat": app.now(), "jti": app.fresh(), "nonce": nonce});
            let proof = key.proof("ES256", &claims);
            if !at_api {
                let changed = mutated(&proof, place, choice);
                prop_assert_eq!(refusal(app, &changed).0, 400);
                prop_assert_eq!(refusal(app, &proof).0, 200);
                return Ok(());
            }
            let issued = app.request(&app.assertion(), SCOPE, &[("dpop", &proof)]).json();
            let token = issued["access_token"].as_str().unwrap();
            let proof = key.proof("ES256", &app.call_claims(APPS, token));
            let authorization = format!("DPoP {token}");
            let call = |proof: &str| {
                app.call("GET", APPS, &[("authorization", &authorization), ("dpop", proof)], "").status
            };
            prop_assert_eq!(call(&mutated(&proof, place, choice)), 400);
            prop_assert_eq!(call(&proof), 200);
            Ok(())
        })?;
    }
}
