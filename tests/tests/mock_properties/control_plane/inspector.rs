//! The inspector without a browser: what its forms refuse, and what its page never shows.

use okta_mock_server::MockServer;
use serde_json::json;
use workspace_tests::Answer;
use workspace_tests::wire::{Served, request};

use super::{CANARY, connection, expect, requests, set_connection};

fn submit(mock: &Served, form: &str, headers: &[(&str, &str)]) -> Answer {
    let form_type = ("Content-Type", "application/x-www-form-urlencoded");
    let mut wire = mock.connect();
    wire.write(&request("POST", "/_mock/ui", &[&[form_type], headers].concat(), Some(form.as_bytes())));
    wire.read_answer("POST").expect("an answer")
}

fn page(mock: &Served) -> String {
    let mut wire = mock.connect();
    wire.write(&request("GET", "/_mock/ui", &[("Authorization", "")], None));
    let answer = wire.read_answer("GET").expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    answer.text().to_owned()
}

#[test]
fn a_form_does_what_the_control_plane_does() {
    let mock = Served::start(MockServer::builder());
    for form in [
        "do=add-fault&operation=getApplication&answer=500&times=1&app=",
        "do=advance-clock&seconds=60",
        "do=add-org&name=acme&source=fork%3Adefault",
        "do=freeze-clock",
    ] {
        let answer = submit(&mock, form, &[]);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/_mock/ui")), "{form}");
    }
    let faults = expect(&mock, "GET", "/_mock/faults", None, 200).json();
    assert_eq!((&faults["faults"][0]["times"], &faults["faults"][0]["app"]), (&json!(1), &json!(null)));
    assert_eq!(expect(&mock, "GET", "/_mock/clock", None, 200).json()["frozen"], true);
    assert_eq!(expect(&mock, "GET", "/_mock/orgs", None, 200).json()["orgs"][0]["name"], "acme");
    assert_eq!(requests(&mock, "").len(), 0, "the page itself is not in the log");
}

#[test]
fn a_bad_form_gets_the_page_with_a_message_and_changes_nothing() {
    let mock = Served::start(MockServer::builder());
    let state = || expect(&mock, "GET", "/_mock/state", None, 200).text().to_owned();
    let before = state();
    for (form, status, message) in [
        ("", 400, "do: The field has an invalid value"),
        ("do=explode", 400, "do: The field has an invalid value"),
        ("do=reset&do=reset", 400, "do"),
        ("do=add-fault&operation=getApp&answer=500", 400, "there is no operation"),
        ("do=add-fault&operation=getApplication&answer=x", 400, "answer: The field has an invalid value"),
        ("do=add-fault&operation=getApplication&answer=500&times=x", 400, "expected u64"),
        ("do=remove-fault&id=7", 404, "7 (Fault)"),
        ("do=advance-clock&seconds=-1", 400, "seconds: The field has an invalid value"),
        ("do=advance-clock", 400, "seconds: The field cannot be left blank"),
        ("do=set-clock&now=%3Cscript%3E", 400, "now: must be a timestamp"),
        ("do=add-org&name=a.b&source=guide", 400, "name: must be 1 to 63 letters"),
        ("do=add-org&name=b&source=fork:nothing", 400, "there is no org"),
        ("do=add-org&name=b&source=%22", 400, "load: must be"),
        ("do=drop-org&name=default", 400, "cannot be dropped"),
    ] {
        let answer = submit(&mock, form, &[]);
        let alert = answer.text().split_once("role=\"alert\">").expect("a message").1;
        let alert = alert.split_once("</p>").expect("an end").0;
        assert_eq!(answer.status, status, "{form}: {alert}");
        assert!(alert.contains(message), "{form}: {alert}");
    }
    assert_eq!(state(), before);
    let orgs = expect(&mock, "GET", "/_mock/orgs", None, 200).json();
    assert_eq!(orgs["orgs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn pages_of_other_origins_cannot_use_the_inspector() {
    let mock = Served::start(MockServer::builder());
    for headers in [[("Origin", "https://evil.example")], [("Sec-Fetch-Site", "cross-site")]] {
        assert_eq!(submit(&mock, "do=reset", &headers).status, 403, "{headers:?}");
    }
    let closed = Served::start(MockServer::builder().without_control_plane());
    assert_eq!(submit(&closed, "do=reset", &[]).status, 404);
}

#[test]
fn the_page_shows_no_secret_and_runs_no_text_of_a_client() {
    let mock = Served::start(MockServer::builder());
    set_connection(&mock);
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let app = json!({"name": "zscalerbyz", "label": evil, "foo\"><b>": 1});
    mock.send("POST", "/api/v1/apps", Some(&app.to_string()));
    let mut wire = mock.connect();
    wire.write(&request("GET", "/api/v1/%3Cb%3E?x=%3Cscript%3E", &[("X-Evil", evil)], None));
    wire.read_answer("GET").expect("an answer");
    let shown = page(&mock);
    assert!(shown.contains(&connection()) && shown.contains("&lt;script&gt;alert(1)"));
    assert_eq!(shown.matches("<script").count(), 1, "only the page's own script");
    assert!(!shown.contains("<img") && !shown.contains("<b>"));
    assert!(!shown.contains(CANARY) && !shown.contains(workspace_tests::canary::API_TOKEN));
}
