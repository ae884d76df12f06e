//! No key, token, assertion, proof or secret is in a log, an export or an error.

use serde_json::json;
use workspace_tests::oauth::SigningKey;
use workspace_tests::routed::ORIGIN;

use super::service_app::ServiceApp;

#[test]
fn credentials_of_tokens_are_in_no_log_and_no_export() {
    let app = ServiceApp::with_rsa(&["okta.apps.read"], &["SUPER_ADMIN"]);
    let web = json!({"client_name": "Web", "redirect_uris": ["https://app.example.com"]}).to_string();
    let secret = app.org.send("POST", "/oauth2/v1/clients", Some(&web)).json()["client_secret"].clone();
    app.bind_to_dpop();
    let assertion = app.assertion();
    let proof = SigningKey::rsa(1).proof("RS256", &app.proof_claims());
    let issued = app.request(&assertion, "okta.apps.read", &[("dpop", &proof)]).json();
    let token = issued["access_token"].as_str().unwrap();
    let used = SigningKey::rsa(1).proof("RS256", &app.call_claims("/api/v1/apps", token));
    let headers = [("authorization", &*format!("DPoP {token}")), ("dpop", &*used)];
    assert_eq!(app.call("GET", "/api/v1/apps", &headers, "").status, 200);
    let tampered = format!("{token}x");
    app.get("/api/v1/apps", &tampered);
    // A client that sends its private key by mistake.
    let mut private = SigningKey::rsa(1).named("mistake");
    private["d"] = "private-canary".into();
    let keys = format!("/api/v1/apps/{}/credentials/jwks", app.client_id);
    app.org.send("POST", &keys, Some(&private.to_string()));
    let canaries = [&assertion, &proof, &used, token, secret.as_str().unwrap(), "private-canary"];
    for target in
        ["/_mock/requests", "/_mock/requests.har", "/_mock/requests?format=curl", "/_mock/state", "/_mock/ui"]
    {
        let shown = app.org.send_with("GET", target, &[], "");
        assert_eq!(shown.status, 200, "{target}");
        let text = String::from_utf8_lossy(&shown.body).into_owned();
        for canary in canaries {
            // The parts of a token are as secret as the whole.
            let part = canary.rsplit('.').next().unwrap();
            assert!(!text.contains(part), "{target} shows {part}");
        }
    }
    let read = app.org.send("GET", &keys, None);
    assert!(!read.text().contains("private-canary"), "a private member is not kept");
    assert!(read.text().contains("mistake") && !ORIGIN.is_empty());
}
