//! The state of an org as a document: read, replaced, and compared with checkpoints.

use okta_mock_server::{Load, MockServer};
use serde_json::{Value, json};
use workspace_tests::wire::Served;
use workspace_tests::{Answer, ContractCheck, json_file};

const GOOGLE: &str = "0oagoogle00000000001";
const ZSCALER: &str = "0oazscalerbyz0000001";

fn served(load: Load) -> Served {
    Served::start(MockServer::builder().load(load))
}

fn call(mock: &Served, method: &str, target: &str, body: &Value, status: u16) -> Answer {
    let answer = mock.send(method, target, (!body.is_null()).then(|| body.to_string()).as_deref());
    assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
    answer
}

fn read(mock: &Served) -> Value {
    call(mock, "GET", "/_mock/state", &Value::Null, 200).json()
}

fn set_app(mock: &Served, app: &str, state: &Value, status: u16) -> Answer {
    call(mock, "PATCH", &format!("/_mock/apps/{app}"), state, status)
}

fn enabled() -> Value {
    json!({
        "connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true},
        "features": {"USER_PROVISIONING": {"create": {"lifecycleCreate": {"status": "ENABLED"}}}}
    })
}

fn recorded(label: &str) -> Value {
    json!({
        "id": "0oarecorded000000001", "orn": "orn:okta:idp:00o1:apps:hubspot:0oarecorded000000001",
        "name": "hubspot", "label": label, "status": "ACTIVE",
        "lastUpdated": "2026-01-31T12:00:00.000Z", "created": "2026-01-31T12:00:00.000Z",
        "features": ["PUSH_NEW_USERS"], "signOnMode": "SAML_2_0", "more": {"than": ["known"]},
        "_links": {
            "metadata": {"href": "https://acme.okta.com/api/v1/apps/0oarecorded000000001/sso/saml/metadata"},
            "help": {"href": "https://acme-admin.okta.com/app/hubspot/0oarecorded000000001/setup/help"},
            "logo": [{"href": "https://cdn.example.com/logo.png"}],
            "profileEnrollment": {"href": "https://acme.okta.com/api/v1/policies/rst1"},
            "policies": {"href": "https://acme.okta.com/api/v1/apps/0oarecorded000000001/policies"},
            "deactivate": {"href": "https://acme.okta.com/api/v1/apps/0oarecorded000000001/lifecycle/deactivate"}
        }
    })
}

#[test]
fn the_schema_of_org_files_and_of_the_contract_is_the_same() {
    let file = json_file("fixtures/orgs/org.schema.json");
    let contract = json_file("fixtures/contract/control.openapi.json");
    let schemas = &contract["components"]["schemas"];
    let in_contract = |schema: &Value| {
        let text = schema.to_string();
        let mut renamed = String::new();
        for (index, part) in text.split("#/$defs/").enumerate() {
            if index > 0 {
                let (first, rest) = part.split_at(1);
                renamed += &format!("#/components/schemas/State{}{rest}", first.to_uppercase());
            } else {
                renamed += part;
            }
        }
        serde_json::from_str::<Value>(&renamed).unwrap()
    };
    for (name, definition) in file["$defs"].as_object().unwrap() {
        let (first, rest) = name.split_at(1);
        assert_eq!(
            schemas[format!("State{}{rest}", first.to_uppercase())],
            in_contract(definition),
            "{name}"
        );
    }
    for member in ["properties", "required", "additionalProperties"] {
        assert_eq!(schemas["State"][member], in_contract(&file[member]), "{member}");
    }
}

#[test]
fn the_guide_org_matches_the_schema() {
    let guide = json_file("fixtures/orgs/guide.json");
    let faults =
        ContractCheck::shared().schema_faults("control.openapi.json", "/components/schemas/State", &guide);
    assert_eq!(faults, [""; 0]);
}

#[test]
fn an_app_is_put_straight_into_a_state() {
    let mock = served(Load::Guide);
    let state = set_app(&mock, GOOGLE, &enabled(), 200).json();
    assert_eq!(state["connection"]["status"], "ENABLED");
    let features = call(&mock, "GET", &format!("/api/v1/apps/{GOOGLE}/features"), &Value::Null, 200).json();
    assert_eq!(features[0]["capabilities"]["create"]["lifecycleCreate"]["status"], "ENABLED");
    set_app(&mock, GOOGLE, &json!({"status": "INACTIVE"}), 200);
    assert_eq!(
        call(&mock, "GET", &format!("/api/v1/apps/{GOOGLE}"), &Value::Null, 200).json()["status"],
        "INACTIVE"
    );
    // Features go with a connection that was never set.
    let state = set_app(&mock, GOOGLE, &json!({"connection": null}), 200).json();
    assert_eq!((state.get("connection"), state.get("features")), (None, None));
}

#[test]
fn an_app_cannot_take_the_open_attempt_of_another() {
    let mock = served(Load::Guide);
    let attempt = json!({"state": "AAAAAAAAAAAAAAAAAAAAAA", "started": "2026-01-31T12:00:00Z"});
    let state = json!({"connection": {"profile": {"authScheme": "OAUTH2"}, "authorize": attempt}});
    set_app(&mock, GOOGLE, &state, 200);
    set_app(&mock, GOOGLE, &state, 200);
    let refused = set_app(&mock, "0oaslack000000000001", &state, 400).json();
    assert_eq!(refused["rule"], "control.state");
}

#[test]
fn the_consent_of_a_state_can_go_on() {
    let mock = served(Load::Guide);
    set_app(&mock, GOOGLE, &json!({"connection": {"profile": {"authScheme": "OAUTH2"}}}), 200);
    let connection = format!("/api/v1/apps/{GOOGLE}/connections/default");
    let link = call(&mock, "GET", &connection, &Value::Null, 200).json();
    let link = link["_links"]["authorize"]["href"].as_str().unwrap().to_owned();
    let granted = call(&mock, "POST", "/_mock/resource-owner/grant", &json!({"authorize": link}), 200).json();
    assert_eq!(granted["status"], 200, "{granted}");
    let (code, state) = (granted["code"].as_str().unwrap(), granted["state"].as_str().unwrap());
    let target = format!("/api/v1/apps/google/{GOOGLE}/oauth2/callback?code={code}&state={state}");
    call(&mock, "POST", &target, &Value::Null, 204);
    call(&mock, "POST", &format!("{connection}/lifecycle/activate"), &Value::Null, 204);
    assert_eq!(read(&mock)["apps"][0]["connection"]["consented"], true);
}

#[test]
fn an_impossible_state_is_refused_with_its_rule_and_changes_nothing() {
    let mock = served(Load::Guide);
    let before = mock.state();
    for (app, state, status, rule) in [
        (
            GOOGLE,
            json!({"connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}}}),
            400,
            "connection.activate.consent-missing",
        ),
        (
            GOOGLE,
            json!({"connection": {"status": "ENABLED", "profile": {"authScheme": "TOKEN"}}}),
            400,
            "connection.scheme-refused",
        ),
        (
            ZSCALER,
            json!({"connection": {"profile": {"authScheme": "TOKEN"}}}),
            400,
            "connection.member-blank",
        ),
        (GOOGLE, json!({"features": {"USER_PROVISIONING": {}}}), 400, "feature.not-enabled"),
        (GOOGLE, json!({"status": "DELETED"}), 400, "control.state"),
        (GOOGLE, json!({"status": 1}), 400, "body.wrong-type"),
        (GOOGLE, json!({"label": "L"}), 400, "control.unknown-member"),
        (
            GOOGLE,
            json!({"connection": {"profile": {"authScheme": "OAUTH2", "token": "canary"}}}),
            400,
            "control.unknown-member",
        ),
        ("0oanothere0000000001", json!({}), 404, "app.unknown"),
    ] {
        let answer = set_app(&mock, app, &state, status).json();
        assert_eq!(answer["rule"], rule, "{state} gave {answer}");
        assert!(!answer.to_string().contains("canary"));
    }
    assert_eq!(mock.state(), before);
}

#[test]
fn a_state_is_replaced_as_a_whole_or_not_at_all() {
    let mock = served(Load::Guide);
    set_app(&mock, GOOGLE, &enabled(), 200);
    let (state, before) = (read(&mock), mock.state());
    for (pointer, value, place) in [
        ("/apps/1/label", json!(7), "/apps/1/label"),
        ("/apps/0/connection/consented", json!(false), "/apps/0/connection"),
        ("/apps/5/id", state["apps"][0]["id"].clone(), "/apps/5/id"),
        ("/apps/2/name", json!("org2org"), "/apps/2/name"),
        ("/org/id", json!("0oa"), "/org/id"),
        ("/apps", json!({}), "/apps"),
    ] {
        let mut wrong = state.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let answer = call(&mock, "PUT", "/_mock/state", &wrong, 400).json();
        let cause = answer["errorCauses"][0]["errorSummary"].as_str().unwrap();
        assert!(cause.starts_with("line 1, column ") && cause.contains(&format!(": {place}: ")), "{cause}");
    }
    assert_eq!(mock.state(), before);
    call(&mock, "PUT", "/_mock/state", &json!({"apps": []}), 204);
    assert_eq!(read(&mock)["apps"], json!([]));
    call(&mock, "PUT", "/_mock/state", &state, 204);
    assert_eq!((read(&mock), mock.state()), (state, before));
}

#[test]
fn ids_survive_a_reset() {
    let mock = served(Load::Guide);
    let first = read(&mock);
    call(&mock, "PUT", "/_mock/state", &json!({"apps": []}), 204);
    call(&mock, "POST", "/_mock/reset", &Value::Null, 204);
    assert_eq!(read(&mock), first);
}

/// A state document may bring the id that the org would generate next.
#[test]
fn a_new_app_never_takes_the_id_of_another() {
    let seeded = || Served::start(MockServer::builder().load(Load::Empty).seed(3));
    let body = json!({"name": "zscalerbyz", "label": "Z"});
    let (one, other) = (seeded(), seeded());
    call(&one, "POST", "/api/v1/apps", &body, 200);
    call(&other, "PUT", "/_mock/state", &read(&one), 204);
    call(&other, "POST", "/api/v1/apps", &body, 200);
    assert_eq!(read(&other)["apps"].as_array().unwrap().len(), 2);
}

#[test]
fn a_recorded_app_is_answered_as_it_stands() {
    let mock = served(Load::Document(json!({"apps": [{"recorded": recorded("Hub")}]}).to_string()));
    let app = "/api/v1/apps/0oarecorded000000001";
    let shown = call(&mock, "GET", app, &Value::Null, 200).json();
    let mut expected = recorded("Hub");
    // Links lead to this org, and not to the one that was recorded.
    let text = expected["_links"].to_string();
    let text = text
        .replace("https://acme.okta.com", "http://127.0.0.1")
        .replace("https://acme-admin.okta.com", "http://127.0.0.1");
    expected["_links"] = serde_json::from_str(&text).unwrap();
    assert_eq!(shown.to_string(), expected.to_string());
    let connection = call(&mock, "GET", &format!("{app}/connections/default"), &Value::Null, 200).json();
    assert_eq!(connection["status"], "UNKNOWN");
    call(&mock, "POST", &format!("{app}/lifecycle/deactivate"), &Value::Null, 200);
    let replaced = call(&mock, "PUT", app, &json!({"label": "New"}), 200).json();
    assert_eq!((&replaced["label"], &replaced["status"]), (&json!("New"), &json!("INACTIVE")));
    let links: Vec<_> = replaced["_links"].as_object().unwrap().keys().collect();
    assert_eq!(links, ["metadata", "help", "logo", "profileEnrollment", "activate", "policies"]);
    let state = read(&mock);
    assert_eq!(state["apps"][0]["recorded"]["label"], "New");
    assert!(state.to_string().contains("acme.okta.com"), "the document keeps the links as recorded");
    call(&mock, "PUT", "/_mock/state", &state, 204);
    assert_eq!(read(&mock), state);
    assert_eq!(
        call(&mock, "GET", "/api/v1/apps?filter=name%20eq%20%22hubspot%22", &Value::Null, 200)
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    call(&mock, "DELETE", app, &Value::Null, 204);
}

#[test]
fn a_checkpoint_is_compared_with_the_org() {
    let mock = served(Load::Guide);
    call(&mock, "PUT", "/_mock/checkpoints/before", &Value::Null, 204);
    let diff = || {
        call(&mock, "GET", "/_mock/checkpoints/before/diff", &Value::Null, 200).json()["differences"].clone()
    };
    assert_eq!(diff(), json!([]));
    set_app(&mock, ZSCALER, &json!({"status": "INACTIVE"}), 200);
    let created = call(
        &mock,
        "POST",
        "/api/v1/apps",
        &json!({"name": "bookmark", "label": "B", "settings": {"app": {"url": "https://b"}}}),
        200,
    )
    .json();
    let found = diff();
    assert!(
        found
            .as_array()
            .unwrap()
            .contains(&json!({"app": ZSCALER, "member": "/status", "before": "ACTIVE", "after": "INACTIVE"}))
    );
    let added = found.as_array().unwrap().iter().find(|difference| difference["member"] == "").unwrap();
    assert_eq!(
        (&added["app"], &added["before"], &added["after"]["label"]),
        (&created["id"], &Value::Null, &json!("B"))
    );
    assert_eq!(found.as_array().unwrap().len(), 2, "{found}");
    call(&mock, "GET", "/_mock/checkpoints/other/diff", &Value::Null, 404);
}

#[test]
fn a_document_is_bounded() {
    let mock = served(Load::Guide);
    let apps: Vec<_> = (0..10_000)
        .map(|number| json!({"name": "zscalerbyz", "label": format!("Zscaler {number}")}))
        .collect();
    call(&mock, "PUT", "/_mock/state", &json!({"apps": apps}), 204);
    assert_eq!(read(&mock)["apps"].as_array().unwrap().len(), 10_000);
    let long = "x".repeat(17 * 1024 * 1024);
    let mut wire = mock.connect();
    let head = "PUT /_mock/state HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
    let _ = wire.try_write(format!("{head}Content-Length: {}\r\n\r\n{long}", long.len()).as_bytes());
    let answer = wire.read_answer("PUT").unwrap();
    assert!(answer.text().contains("larger than 16 MiB"), "{}", answer.text());
    assert_eq!(read(&mock)["apps"].as_array().unwrap().len(), 10_000);
}

/// In strict mode, members that describe a state are not taken for ignored ones.
#[test]
fn a_strict_mock_reads_the_same_documents() {
    let mock = served(Load::Guide);
    set_app(&mock, GOOGLE, &enabled(), 200);
    let state = read(&mock);
    let strict = Served::start(MockServer::builder().strict().load(Load::Document(state.to_string())));
    assert_eq!(read(&strict), state);
    call(&strict, "PUT", "/_mock/state", &state, 204);
    set_app(&strict, GOOGLE, &json!({"status": "INACTIVE"}), 200);
}

/// Texts of a client are repeated in part, and compared with known names only if they are short.
#[test]
fn errors_repeat_long_names_in_part() {
    let mock = served(Load::Guide);
    let name = "connection".repeat(50_000);
    for (method, target, body) in [
        ("PUT", "/_mock/state", json!({ name.as_str(): 1, "apps": [] })),
        ("PUT", "/_mock/state", json!({"apps": [{"name": "zoomus", "label": "Z", name.as_str(): {}}]})),
        ("PUT", "/_mock/state", json!({"apps": [{"name": name.as_str(), "label": "Z"}]})),
        ("PATCH", "/_mock/apps/0oagoogle00000000001", json!({ name.as_str(): 1 })),
        ("PUT", "/_mock/clock", json!({ name.as_str(): 1 })),
        ("POST", "/_mock/faults", json!({"operation": name.as_str(), "answer": {"status": 500}})),
    ] {
        let answer = call(&mock, method, target, &body, 400);
        assert!(answer.body.len() < 4_000, "{method} {target}: {} bytes", answer.body.len());
    }
}
