//! Calls that are refused.

use okta_mock_server::MockServer;
use serde_json::json;
use workspace_tests::wire::Served;

use super::{ACTIVATE, expect};

#[test]
fn a_bad_call_is_refused_by_name_and_changes_nothing() {
    let mock = Served::start(MockServer::builder());
    for (method, target, body, cause) in [
        (
            "POST",
            "/_mock/faults",
            json!({"operation": "activateDefaultProvisioning", "answer": {"status": 503}}),
            "did you mean activateDefault",
        ),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": "readClock", "answer": {"status": 503}}),
            "there is no operation",
        ),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {}}), "give one of"),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "answer": {"status": 503, "truncate": 1}}),
            "give one of",
        ),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {"status": 99}}), "200 to 599"),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {"error": "E1"}}), "E0000047"),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {"delay_ms": 60_001}}), "60000"),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "answer": {"status": 503, "retry_after": -1}}),
            "invalid value",
        ),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "time": 2, "answer": {"status": 503}}),
            "`times`",
        ),
        ("PUT", "/_mock/rate-limit", json!({"requests": 1, "seconds": 0}), "1 to 3600"),
        ("PUT", "/_mock/rate-limit", json!({"requests": -1}), "invalid value"),
        ("PUT", "/_mock/clock", json!({}), "now, frozen or both"),
        ("PUT", "/_mock/clock", json!({"now": "yesterday"}), "timestamp"),
        ("PUT", "/_mock/clock", json!({"now": "1969-12-31T23:59:59Z"}), "1970"),
        ("PUT", "/_mock/clock", json!({"now": null, "frozen": true}), "invalid type: null"),
        ("PUT", "/_mock/rate-limit", json!({"requests": 1, "seconds": null}), "invalid type: null"),
        ("PUT", "/_mock/third-party", json!({"app": null, "verification": "refuse"}), "invalid type: null"),
        ("POST", "/_mock/orgs", json!({"name": "a", "fork": null}), "invalid type: null"),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "answer": {"status": null}}),
            "invalid type: null",
        ),
    ] {
        let refused = expect(&mock, method, target, Some(&body), 400);
        assert!(refused.text().contains(cause), "{method} {target} {body}: {}", refused.text());
    }
    for target in [
        "/_mock/requests?status=x",
        "/_mock/requests?state=1",
        "/_mock/requests?format=xml",
        "/_mock/requests?operation=getApp",
        "/_mock/requests/wait?timeout=61",
        "/_mock/openapi.json?surface=all",
    ] {
        expect(&mock, "GET", target, None, 400);
    }
    assert_eq!(expect(&mock, "GET", "/_mock/faults", None, 200).json(), json!({"faults": []}));
    assert_eq!(mock.send("GET", "/api/v1/apps", None).status, 200);
}
