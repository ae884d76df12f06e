//! Placeholders keep relations; malformed values stay visible.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::normalise::step_value;
use proptest::prelude::*;
use serde_json::json;

use crate::exchange::{Body, CredentialUse, RequestRecord, ResponseRecord};

const ONE: &str = "0oaAAAAAAAAAAAAAAAA1";
const TWO: &str = "0oaBBBBBBBBBBBBBBBB2";

fn normaliser() -> Normaliser {
    Normaliser::new(&Url::parse("http://127.0.0.1:8080").unwrap())
}

#[test]
fn placeholders_are_numbered_by_first_appearance_and_keep_relations() {
    let mut marks = normaliser();
    let value = json!({
        "id": TWO, "other": ONE,
        "href": format!("http://127.0.0.1:8080/api/v1/apps/{ONE}/x?after={TWO}"),
        "orn": format!("orn:okta:idp:00oCCCCCCCCCCCCCCCC3:apps:google:{TWO}"),
        "created": "2026-01-02T03:04:05.000Z",
        "errorId": "oaeCdxrixCfQhqR1YLCzqXt2Q",
    });
    assert_eq!(
        marks.value(&value),
        json!({
            "id": "[app-id:1]", "other": "[app-id:2]",
            "href": "[org]/api/v1/apps/[app-id:2]/x?after=[app-id:1]",
            "orn": "orn:okta:idp:[org-id:1]:apps:google:[app-id:1]",
            "created": "[time]", "errorId": "[error-id]",
        })
    );
}

/// Each learned value is searched for in every text.
#[test]
fn an_answer_full_of_ids_takes_bounded_time() {
    let mut marks = normaliser();
    let ids: Value = (0..20_000).map(|number| json!(format!("0oa{number:017}"))).collect();
    let began = std::time::Instant::now();
    let seen = marks.value(&ids);
    assert_eq!((seen[0].as_str(), seen[19_999].as_str()), (Some("[app-id:1]"), Some("[app-id]")));
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn states_and_codes_keep_their_placeholders_across_links() {
    let mut marks = normaliser();
    let link = "http://127.0.0.1:8080/third-party/google/oauth/authorize?scope=admin&response_type=code\
        &state=Xy9-0oaAAAAAAAAAAAAAAAA1&client_id=vendor-123&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fadmin";
    assert_eq!(
        marks.text(link),
        "[org]/third-party/google/oauth/authorize?scope=admin&response_type=code\
        &state=[state:1]&client_id=[client-id:1]&redirect_uri=[org]%2Fadmin"
    );
    let later = json!({"state": "Xy9-0oaAAAAAAAAAAAAAAAA1", "code": "c0dec0de",
        "u": "/x?code=c0dec0de&state=Xy9-0oaAAAAAAAAAAAAAAAA1", "v": "/x?state=another1"});
    assert_eq!(
        marks.value(&later),
        json!({"state": "[state:1]", "code": "[code:1]",
            "u": "/x?code=[code:1]&state=[state:1]", "v": "/x?state=[state:2]"})
    );
    assert_eq!(marks.named("state", "Xy9-0oaAAAAAAAAAAAAAAAA1"), "[state:1]");
}

#[test]
fn malformed_values_stay_visible() {
    let mut marks = normaliser();
    for text in ["0oaSHORT", "oaeCdxrixCfQhqR1YLCzqXt2", "2026-01-02T03:04:05Z", "http://127.0.0.1:80/x"] {
        assert_eq!(marks.text(text), text);
    }
    assert_eq!(marks.value(&json!({"kid": "short"})), json!({"kid": "short"}));
    let kid = "k".repeat(43);
    assert_eq!(marks.value(&json!({"kid": kid})), json!({"kid": "[kid:1]"}));
    assert_eq!(marks.text(&format!("/keys/{kid}")), "/keys/[kid:1]");
    for mark in ["[error-id]", "[error-id of an earlier answer]"] {
        assert_eq!(marks.text("oaeCdxrixCfQhqR1YLCzqXt2Q"), mark);
    }
}

fn request(body: Option<Value>) -> RequestRecord {
    RequestRecord {
        method: "POST".to_owned(),
        url: String::new(),
        path: "/".to_owned(),
        query: Vec::new(),
        path_parameters: Vec::new(),
        headers: Vec::new(),
        body: body.map(Body::Json),
        credential: CredentialUse::Runner,
    }
}

#[test]
fn the_runs_own_note_is_removed_from_its_apps() {
    let mut marks = normaliser().without_note("created by run 1".to_owned());
    let app = |note: Value| json!({"label": "L", "settings": {"notes": {"admin": note, "enduser": null}}});
    let mut recorded = |sent: Value, received: Value| {
        let answer = ResponseRecord {
            status: 200,
            headers: Vec::new(),
            body: Some(Body::Json(received)),
            broken_json: None,
        };
        let step = step_value(&mut marks, "s", None, "o", &request(Some(sent)), Some(&answer));
        (step["request"]["body"].clone(), step["response"]["body"].clone())
    };
    let noted = json!({"label": "L", "settings": {"notes": {"admin": "created by run 1"}}});
    assert_eq!(
        recorded(noted, app("created by run 1".into())),
        (json!({"label": "L", "settings": {}}), app(Value::Null))
    );
    let own = json!({"settings": {"notes": {"admin": "mine"}}});
    assert_eq!(recorded(own.clone(), app("mine".into())), (own, app("mine".into())));
}

#[test]
fn dates_and_request_ids_have_their_own_placeholders() {
    let mut marks = normaliser();
    let mut headers = |date: &str, id: &str| {
        let headers = [("date", date), ("x-okta-request-id", id)];
        let headers = headers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let answer = ResponseRecord { status: 204, headers, body: None, broken_json: None };
        step_value(&mut marks, "s", None, "o", &request(None), Some(&answer))["response"]["headers"].clone()
    };
    let (date, one, other) = ("Thu, 26 Nov 2026 03:00:00 GMT", "0".repeat(32), "f".repeat(32));
    let usual = json!({"date": "[date]", "x-okta-request-id": "[request-id]"});
    assert_eq!(headers(date, &one), usual);
    assert_eq!(headers(date, &other), usual);
    assert_eq!(headers(date, &one)["x-okta-request-id"], "[request-id of an earlier answer]");
    assert_eq!(
        headers("2026-11-26T03:00:00Z", "short"),
        json!({"date": "2026-11-26T03:00:00Z", "x-okta-request-id": "short"})
    );
}

proptest! {
    #[test]
    fn equal_ids_and_only_those_have_equal_placeholders(picks in prop::collection::vec(0..4_usize, 1..12)) {
        let ids: Vec<String> = (0..4).map(|n| format!("0oa{n}AAAAAAAAAAAAAAAA")).collect();
        let mut marks = normaliser();
        let shown: Vec<String> = picks.iter().map(|pick| marks.text(&ids[*pick])).collect();
        for (a, left) in picks.iter().zip(&shown) {
            for (b, right) in picks.iter().zip(&shown) {
                prop_assert_eq!(a == b, left == right);
            }
        }
        prop_assert_eq!(&shown[0], "[app-id:1]");
    }
}
