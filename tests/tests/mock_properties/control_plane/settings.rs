//! Reset, checkpoints, clock, rate limit, third-party apps, and what the mock tells of itself.

use std::collections::BTreeSet;

use okta_mock_server::MockServer;
use serde_json::{Value, json};
use workspace_tests::wire::Served;

use super::{ZSCALER, activate, add_fault, connection, connection_status, expect, requests, set_connection};

#[test]
fn a_reset_restores_apps_clock_limit_and_ids() {
    let create = json!({"name": "zoomus", "label": "Z", "settings": {"app": {"subDomain": "z"}}}).to_string();
    let mock = Served::start(MockServer::builder().seed(7));
    let first = mock.send("POST", "/api/v1/apps", Some(&create)).json()["id"].clone();
    set_connection(&mock);
    expect(&mock, "PUT", "/_mock/clock", Some(&json!({"now": "2031-01-01T00:00:00Z", "frozen": true})), 200);
    expect(&mock, "PUT", "/_mock/rate-limit", Some(&json!({"requests": 1})), 200);
    add_fault(&mock, &json!({"operation": "createApplication", "answer": {"status": 500}}));
    expect(&mock, "POST", "/_mock/reset", None, 204);
    assert_eq!(expect(&mock, "GET", "/_mock/clock", None, 200).json()["frozen"], false);
    assert_eq!(requests(&mock, "").len(), 0);
    let again = mock.send("POST", "/api/v1/apps", Some(&create));
    assert_eq!((again.status, &again.json()["id"]), (200, &first), "ids come again");
    assert_eq!(mock.send("GET", "/api/v1/apps", None).json().as_array().unwrap().len(), 7);
}

#[test]
fn a_checkpoint_is_restored_as_often_as_wanted() {
    let mock = Served::start(MockServer::builder());
    set_connection(&mock);
    expect(&mock, "PUT", "/_mock/checkpoints/set%20up", None, 204);
    for _ in 0..2 {
        activate(&mock).unwrap();
        assert_eq!(connection_status(&mock), "ENABLED");
        expect(&mock, "POST", "/_mock/checkpoints/set%20up/restore", None, 204);
        assert_eq!(connection_status(&mock), "DISABLED");
    }
    let names = expect(&mock, "GET", "/_mock/checkpoints", None, 200).json();
    assert_eq!(names, json!({"checkpoints": ["set up"]}));
    expect(&mock, "DELETE", "/_mock/checkpoints/set%20up", None, 204);
    expect(&mock, "POST", "/_mock/checkpoints/set%20up/restore", None, 404);
    for number in 0..100 {
        expect(&mock, "PUT", &format!("/_mock/checkpoints/{number}"), None, 204);
    }
    expect(&mock, "PUT", "/_mock/checkpoints/one-more", None, 400);
    expect(&mock, "PUT", "/_mock/checkpoints/5", None, 204);
}

#[test]
fn the_clock_is_set_frozen_and_released() {
    let mock = Served::start(MockServer::builder());
    let frozen = json!({"now": "2030-02-03T04:05:06.000Z", "frozen": true});
    assert_eq!(expect(&mock, "PUT", "/_mock/clock", Some(&frozen), 200).json(), frozen);
    assert_eq!(
        mock.send("GET", "/api/v1/apps", None).header("date"),
        Some("Sun, 03 Feb 2030 04:05:06 GMT"),
        "Date follows the clock"
    );
    expect(&mock, "POST", "/_mock/clock/advance", Some(&json!({"seconds": 60})), 200);
    let released = expect(&mock, "PUT", "/_mock/clock", Some(&json!({"frozen": false})), 200).json();
    assert_eq!((&released["frozen"], &released["now"]), (&json!(false), &json!("2030-02-03T04:06:06.000Z")));
}

#[test]
fn a_rate_limit_is_enforced_and_removed_at_run_time() {
    let mock = Served::start(MockServer::builder());
    expect(&mock, "PUT", "/_mock/rate-limit", Some(&json!({"requests": 2, "seconds": 600})), 200);
    // Calls of the control plane are counted, but never refused.
    let statuses: Vec<_> = (0..4).map(|_| mock.send("GET", "/api/v1/apps", None).status).collect();
    assert!(statuses.contains(&429) && statuses[0] == 200, "{statuses:?}");
    expect(&mock, "DELETE", "/_mock/rate-limit", None, 204);
    assert_eq!(mock.send("GET", "/api/v1/apps", None).status, 200);
}

#[test]
fn the_mock_says_who_it_is() {
    let mock = Served::start(MockServer::builder());
    assert_eq!(expect(&mock, "GET", "/_mock", None, 200).json()["name"], "okta-mock-server");
    assert_eq!(expect(&mock, "GET", "/_mock/health", None, 200).json(), json!({"status": "ok"}));
    let contract = expect(&mock, "GET", "/_mock/openapi.json?surface=control", None, 200).json();
    assert!(contract["paths"]["/_mock/faults"].is_object());
}

#[test]
fn a_third_party_app_refuses_on_purpose() {
    let mock = Served::start(MockServer::builder());
    let body =
        json!({"baseUrl": "https://scim.example.com", "profile": {"authScheme": "TOKEN", "token": "t"}});
    let activated = format!("{}?activate=true", connection());
    let set = |body: Value| expect(&mock, "PUT", "/_mock/third-party", Some(&body), 200).json();
    assert_eq!(
        set(json!({"verification": "refuse", "app": ZSCALER}))["apps"][ZSCALER]["verification"],
        "refuse"
    );
    let refused = mock.send("POST", &activated, Some(&body.to_string()));
    assert_eq!((refused.status, refused.error_code().as_str()), (400, "E0000001"));
    assert!(
        refused.text().contains("Verification failed: Invalid URL. Not authorized."),
        "{}",
        refused.text()
    );
    assert_eq!(mock.send("POST", &connection(), Some(&body.to_string())).status, 200, "nothing is verified");
    assert_eq!(mock.send("POST", &format!("{}/lifecycle/activate", connection()), None).status, 400);
    assert_eq!(requests(&mock, "?status=400")[0]["rule"], "control.third-party");
    set(json!({"verification": "accept", "app": ZSCALER}));
    assert_eq!(mock.send("POST", &activated, Some(&body.to_string())).status, 200);

    set(json!({"code": "refuse", "consent": "deny"}));
    let google = "/api/v1/apps/0oagoogle00000000001";
    let consent = json!({"profile": {"authScheme": "OAUTH2"}}).to_string();
    let link = mock.send("POST", &format!("{google}/connections/default"), Some(&consent)).json();
    let link = link["_links"]["authorize"]["href"].as_str().unwrap().replace("http://127.0.0.1", "");
    let denied = mock.send("GET", &link, None);
    assert!(denied.header("location").unwrap().contains("error=access_denied"), "{denied:?}");
    set(json!({"consent": "grant"}));
    let granted = mock.send("GET", &link, None);
    let query = granted.header("location").unwrap().split_once('?').unwrap().1.to_owned();
    let callback = format!("/api/v1/apps/google/0oagoogle00000000001/oauth2/callback?{query}");
    assert_eq!(mock.send("POST", &callback, None).status, 400);
    expect(&mock, "DELETE", "/_mock/third-party", None, 204);
    assert_eq!(expect(&mock, "GET", "/_mock/third-party", None, 200).json()["apps"], json!({}));
    assert_eq!(mock.send("POST", &callback, None).status, 204, "the code is not spent by a refusal");
    for (wrong, status) in [
        (json!({"verification": "maybe"}), 400),
        (json!({"verify": "refuse"}), 400),
        (json!({"app": "0oanothere0000000001", "code": "refuse"}), 404),
    ] {
        expect(&mock, "PUT", "/_mock/third-party", Some(&wrong), status);
    }
}

#[test]
fn the_mock_tells_what_it_is() {
    let mock = Served::start(MockServer::builder().seed(7));
    expect(&mock, "PUT", "/_mock/clock", Some(&json!({"frozen": true})), 200);
    let about = expect(&mock, "GET", "/_mock", None, 200).json();
    assert_eq!((&about["seed"], &about["frozen"]), (&json!(7), &json!(true)));
    let paths = expect(&mock, "GET", "/_mock/openapi.json?surface=control", None, 200).json();
    let paths: BTreeSet<_> = paths["paths"].as_object().unwrap().keys().cloned().collect();
    for capability in about["capabilities"].as_array().unwrap() {
        let start = format!("/_mock/{}", capability.as_str().unwrap());
        assert!(paths.iter().any(|path| path.starts_with(&start)), "{capability}");
    }
}
