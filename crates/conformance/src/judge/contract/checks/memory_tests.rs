//! State that stays the same, and the requests that end that.
use std::cell::RefCell;

use serde_json::json;

use super::*;
use crate::judge::contract::checks::test_exchange::TestExchange;

const ALL: [&ContractCheck; 6] = [&UNCHANGED, &ORDER, &HOST, &CONSENT, &KEY, &CODE];

fn places(memory: &RefCell<Memory>, request_line: (&str, &str), status: u16, body: Value) -> Vec<String> {
    let (path, query) = request_line.1.split_once('?').unwrap_or((request_line.1, ""));
    let query: Vec<_> = query.split_once('=').into_iter().collect();
    let mut exchange = TestExchange::of(&body).with_query(&query);
    exchange.request.method = request_line.0.to_owned();
    exchange.request.path = path.to_owned();
    exchange.answer.status = status;
    if body.is_null() {
        exchange.answer.body = None;
    }
    exchange.after(memory, &ALL).into_iter().map(|finding| finding.place).collect()
}

const APP: &str = "/api/v1/apps/0oaA";
const NONE: [&str; 0] = [];

fn app(label: &str, settings: &Value) -> Value {
    json!({"id": "0oaA", "name": "google", "label": label, "signOnMode": "SAML_2_0", "status": "ACTIVE",
        "settings": settings})
}

#[test]
fn an_app_stays_unchanged_until_it_is_replaced() {
    let (memory, plain) = (RefCell::default(), json!({"app": {"domain": "d"}, "notes": null}));
    assert_eq!(places(&memory, ("GET", APP), 200, app("L", &plain)), NONE);
    assert_eq!(places(&memory, ("PUT", APP), 403, json!({"errorCode": "E"})), NONE);
    assert_eq!(places(&memory, ("GET", APP), 200, app("M", &plain)), ["body#/label"]);
    let noted = json!({"app": {"domain": "d"}, "notes": "n"});
    assert_eq!(places(&memory, ("GET", APP), 200, app("L", &noted)), ["body#/settings/notes"]);
    assert_eq!(
        places(&memory, ("GET", "/api/v1/apps"), 200, json!([app("M", &json!({}))])),
        ["body#/0/label"]
    );
    assert_eq!(places(&memory, ("PUT", APP), 200, app("M", &noted)), NONE);
    assert_eq!(places(&memory, ("GET", APP), 200, app("M", &noted)), NONE);
    assert_eq!(places(&memory, ("POST", &format!("{APP}/connections/default")), 200, json!({})), NONE);
    let moved = json!({"app": {"domain": "e"}, "notes": "n"});
    assert_eq!(places(&memory, ("GET", APP), 200, app("M", &moved)), NONE, "not settled");
}

#[test]
fn keys_stay_until_the_connection_is_changed() {
    let memory = RefCell::default();
    let path = format!("{APP}/connections/default/jwks");
    let set = |kid: &str, n: &str| json!({"jwks": {"keys": [{"kid": kid, "n": n}]}});
    assert_eq!(places(&memory, ("GET", &path), 200, set("a", "1")), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, set("a", "1")), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, set("b", "1")), ["body#/jwks/keys/0/kid"]);
    assert_eq!(places(&memory, ("GET", &path), 200, set("a", "2")), ["body#/jwks/keys/0/n"]);
    let connection = format!("{APP}/connections/default");
    assert_eq!(places(&memory, ("POST", &connection), 200, json!({})), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, set("b", "2")), NONE);
}

#[test]
fn a_feature_stays_unchanged_until_it_or_the_connection_is_changed() {
    let memory = RefCell::default();
    let feature =
        |status: &str| json!({"name": "USER", "status": "ENABLED", "capabilities": {"create": status}});
    let (one, list) = (format!("{APP}/features/USER"), format!("{APP}/features"));
    assert_eq!(places(&memory, ("GET", &one), 200, feature("ON")), NONE);
    assert_eq!(
        places(&memory, ("GET", &list), 200, json!([feature("OFF")])),
        ["body#/0/capabilities/create"]
    );
    assert_eq!(places(&memory, ("PUT", &one), 200, feature("OFF")), NONE);
    assert_eq!(places(&memory, ("GET", &one), 200, feature("OFF")), NONE);
    assert_eq!(places(&memory, ("GET", &one), 200, feature("ON")), ["body#/capabilities/create"]);
    let lifecycle = format!("{APP}/connections/default/lifecycle/deactivate");
    assert_eq!(places(&memory, ("POST", &lifecycle), 204, Value::Null), NONE);
    assert_eq!(places(&memory, ("GET", &one), 200, feature("ON")), NONE);
}

#[test]
fn two_apps_have_the_same_order_in_all_lists() {
    let memory = RefCell::default();
    let list = |ids: &[&str]| ids.iter().map(|id| json!({"id": id})).collect::<Value>();
    let all = "/api/v1/apps";
    assert_eq!(places(&memory, ("GET", "/api/v1/apps?after=a"), 200, list(&["b", "d"])), NONE);
    assert_eq!(places(&memory, ("GET", all), 200, list(&["a", "b", "c", "d"])), NONE);
    assert_eq!(places(&memory, ("GET", all), 200, list(&["c", "e", "d"])), NONE);
    assert_eq!(places(&memory, ("GET", all), 200, list(&["b", "a"])), ["body"]);
    let features = format!("{APP}/features");
    assert_eq!(places(&memory, ("GET", &features), 200, list(&["d", "c"])), NONE, "no list of apps");
}

#[test]
fn authorize_links_lead_to_the_same_third_party() {
    let memory = RefCell::default();
    let path = format!("{APP}/connections/default");
    let connection = |link: &str| json!({"_links": {"authorize": {"href": link}}});
    let place = ["body#/_links/authorize/href"];
    let first = "https://v.example/authorize?client_id=c&state=1";
    assert_eq!(places(&memory, ("POST", &path), 200, connection(first)), NONE);
    for (link, expected) in [
        ("https://v.example/authorize?state=2&client_id=c", &NONE[..]),
        ("https://v.example/authorize?client_id=d&state=1", &place[..]),
        ("https://w.example/authorize?client_id=c&state=1", &place[..]),
    ] {
        assert_eq!(places(&memory, ("GET", &path), 200, connection(link)), expected, "{link}");
    }
}

#[test]
fn links_lead_to_the_same_host() {
    let memory = RefCell::default();
    let feature = |host: &str| json!([{"_links": {"self": {"href": format!("https://{host}/f")}}}]);
    let path = format!("{APP}/features");
    assert_eq!(places(&memory, ("GET", &path), 200, feature("o.example")), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, feature("o.example")), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, feature("p.example")), ["body#/0/_links/self/href"]);
    let shown = |host: &str| {
        let href = format!("https://{host}/callback");
        let body = json!({"body": {"continue_oauth_flow_url": {"href": href}}});
        ResponseRecord { status: 200, headers: Vec::new(), body: Some(Body::Json(body)), broken_json: None }
    };
    assert!(memory.borrow_mut().judge_shown(&shown("o.example")).is_empty());
    assert_eq!(memory.borrow_mut().judge_shown(&shown("p.example")).len(), 1);
}

#[test]
fn a_connection_stays_as_set() {
    let memory = RefCell::default();
    let path = format!("{APP}/connections/default");
    let connection = |address: &str| json!({"profile": {"authScheme": "TOKEN"}, "baseUrl": address});
    assert_eq!(places(&memory, ("POST", &path), 200, connection("a")), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, json!({"profile": {}})), NONE, "left out");
    assert_eq!(places(&memory, ("GET", &path), 200, connection("b")), ["body#/baseUrl"]);
    let activate = format!("{path}/lifecycle/activate");
    assert_eq!(places(&memory, ("POST", &activate), 204, Value::Null), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, connection("b")), ["body#/baseUrl"]);
    assert_eq!(places(&memory, ("POST", &path), 200, connection("b")), NONE);
    assert_eq!(places(&memory, ("GET", &path), 200, connection("b")), NONE);
}

#[test]
fn an_app_stays_active_until_it_is_deactivated() {
    let memory = RefCell::default();
    let app = |status: &str| json!({"id": "0oaA", "signOnMode": "SAML_2_0", "status": status});
    let list = "/api/v1/apps";
    assert_eq!(places(&memory, ("GET", list), 200, json!([app("ACTIVE")])), NONE, "of others");
    assert_eq!(places(&memory, ("GET", APP), 200, app("INACTIVE")), NONE);
    assert_eq!(places(&memory, ("GET", list), 200, json!([app("ACTIVE")])), ["body#/0/status"]);
    let activate = format!("{APP}/lifecycle/activate");
    assert_eq!(places(&memory, ("POST", &activate), 200, json!({})), NONE);
    assert_eq!(places(&memory, ("GET", APP), 200, app("ACTIVE")), NONE);
}

#[test]
fn a_code_is_shown_only_in_the_consent() {
    let memory = RefCell::default();
    let shown = json!({"code": "canary-code-1", "body": {}});
    let shown =
        ResponseRecord { status: 200, headers: Vec::new(), body: Some(Body::Json(shown)), broken_json: None };
    let path = format!("{APP}/connections/default");
    let answer = json!({"profile": {"last": "code=canary-code-1"}});
    assert_eq!(places(&memory, ("GET", &path), 200, answer.clone()), NONE);
    assert!(memory.borrow_mut().judge_shown(&shown).is_empty());
    assert_eq!(places(&memory, ("GET", &path), 400, answer.clone()), NONE, "an error may name it");
    assert!(places(&memory, ("GET", &path), 200, answer).contains(&"body#/profile/last".to_owned()));
}
