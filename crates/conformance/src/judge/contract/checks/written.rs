//! What a request sets is answered as it was sent. Apps differ in what they have to set, and this asks it
//! of every app alike: no flow has to name the settings of a kind.

use serde_json::{Map, Value};

use super::{Applies, ContractCheck};
use crate::check::Check;
use crate::effect::Effect;
use crate::exchange::Body;
use crate::judge::contract::exchange::Exchange;
use crate::judgement::Findings;
use crate::value_path::pointer_token;

pub(super) static WRITTEN: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.written",
        sentence: "What a request sets is answered as it was sent, and an app is read as it was created.",
        source: "openapi, recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let request = exchange.request;
        if request.method == "GET" {
            as_created(exchange, findings);
            return;
        }
        let (Some(Value::Object(answer)), Some(Body::Json(Value::Object(sent)))) =
            (exchange.body(), &request.body)
        else {
            return;
        };
        match Effect::of_request(request) {
            Effect::ReplaceApp(_) => app(sent, answer, findings),
            Effect::CreateApp => {
                app(sent, answer, findings);
                remember(sent, answer, exchange);
            }
            // What is asked for and not taken may be answered so (OpenAPI, ProvisioningConnectionStatus).
            Effect::SetConnection(_) if !is_unknown(answer) => {
                // An address may also come from the settings of the app; the flows ask for it.
                members(sent, answer, &["profile"], "", findings);
            }
            Effect::Feature(..) => feature(sent, exchange, findings),
            _ => {}
        }
    },
};

fn is_unknown(connection: &Map<String, Value>) -> bool {
    connection.get("status").and_then(Value::as_str) == Some("UNKNOWN")
}

/// Keeps the settings with which an app was created. Others may come to it (recorded), these stay.
fn remember(sent: &Map<String, Value>, answer: &Map<String, Value>, exchange: &Exchange<'_>) {
    let id = answer.get("id").and_then(Value::as_str);
    if let (Some(id), Some(mut settings)) = (id, own_settings(sent)) {
        settings.retain(|name, _| !is_secret(name));
        exchange.memory.borrow_mut().created.insert(id.to_owned(), settings);
    }
}

/// Compares the settings of apps that are read with those that they were created with.
fn as_created(exchange: &Exchange<'_>, findings: &mut Findings<'_>) {
    let memory = exchange.memory.borrow();
    for object in exchange.objects.iter().filter(|object| object.members.contains_key("signOnMode")) {
        let sent = object.text("id").and_then(|id| memory.created.get(id));
        if let (Some(sent), Some(settings)) = (sent, own_settings(object.members)) {
            let names: Vec<&str> = sent.keys().map(String::as_str).collect();
            members(sent, &settings, &names, &format!("{}/settings/app", object.pointer), findings);
        }
    }
}

/// The settings that an app of its kind alone has.
fn own_settings(app: &Map<String, Value>) -> Option<Map<String, Value>> {
    app.get("settings")?.get("app")?.as_object().cloned()
}

/// Of an app: how it is called, how people sign in, and the settings that it alone has. What else is sent
/// may be ignored (OpenAPI, Application: identifier, status, times).
fn app(sent: &Map<String, Value>, answer: &Map<String, Value>, findings: &mut Findings<'_>) {
    members(sent, answer, &["label", "signOnMode"], "", findings);
    if let (Some(sent), Some(answer)) = (own_settings(sent), own_settings(answer)) {
        let mut names: Vec<&str> = sent.keys().map(String::as_str).collect();
        names.retain(|name| !is_secret(name));
        // Orgs read `idPId` and answer `idpId` (guide-o2o).
        let told = |name: &str| {
            answer.iter().any(|(known, value)| !value.is_null() && known.eq_ignore_ascii_case(name))
        };
        for name in names.iter().filter(|name| !told(name)) {
            if sent.get(*name).is_some_and(|value| !value.is_null()) {
                let place = format!("body#/settings/app/{}", pointer_token(name));
                findings.add(place, "the value that was sent", "none");
            }
        }
        members(&sent, &answer, &names, "/settings/app", findings);
    }
}

/// Recorded: orgs answer null for what they keep to themselves, such as the `token` of Org2Org.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "password", "secret"].iter().any(|word| name.contains(word))
}

/// Of a feature: its capabilities. Whether a schedule that is none, or CYCLE, is taken and then kept is not
/// settled; the flows ask for those that are good.
fn feature(sent: &Map<String, Value>, exchange: &Exchange<'_>, findings: &mut Findings<'_>) {
    let Some(answer) = exchange.body().and_then(|body| body.get("capabilities")) else { return };
    for name in ["create", "update", "importRules"] {
        if let (Some(sent), Some(answer)) = (sent.get(name), answer.get(name)) {
            same(sent, answer, &format!("/capabilities/{name}"), findings);
        }
    }
}

/// Compares members of these names that both have.
fn members(
    sent: &Map<String, Value>,
    answer: &Map<String, Value>,
    names: &[&str],
    pointer: &str,
    findings: &mut Findings<'_>,
) {
    for name in names {
        if let (Some(sent), Some(answer)) = (sent.get(*name), answer.get(*name)) {
            same(sent, answer, &format!("{pointer}/{}", pointer_token(name)), findings);
        }
    }
}

/// Finds values that differ, in members that both have. What is null may be left out. An org may write a name
/// of a host or tenant in small letters; where letters count, the contract has an `enum`.
fn same(sent: &Value, answer: &Value, pointer: &str, findings: &mut Findings<'_>) {
    match (sent, answer) {
        (Value::Object(sent), Value::Object(answer)) => {
            for (name, value) in sent.iter().filter(|(name, value)| !is_cycle(name, value)) {
                if let Some(other) = answer.get(name) {
                    same(value, other, &format!("{pointer}/{}", pointer_token(name)), findings);
                }
            }
        }
        (Value::Null, _) | (_, Value::Null | Value::Array(_)) => {}
        (Value::String(sent), Value::String(answer)) if sent.to_lowercase() == answer.to_lowercase() => {}
        _ if sent == answer => {}
        _ => findings.add(format!("body#{pointer}"), format!("{sent}, as it was sent"), answer.to_string()),
    }
}

/// The guide sends it for a password; no current schema has it.
fn is_cycle(name: &str, value: &Value) -> bool {
    name == "change" && value == "CYCLE"
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn places(method: &str, path: &str, sent: &Value, answer: &Value) -> Vec<String> {
        let mut tried = TestExchange::of(answer);
        tried.request.method = method.to_owned();
        tried.request.path = path.to_owned();
        tried.request.body = Some(Body::Json(sent.clone()));
        tried.places(&[&WRITTEN])
    }

    #[test]
    fn an_app_is_answered_as_it_was_sent_whatever_its_kind() {
        let app = |label: &str, settings: Value| json!({"label": label, "settings": {"app": settings}});
        let of = |sent: &Value, answer: &Value| places("POST", "/api/v1/apps", sent, answer);
        let sent = app("L", json!({"tenant": "t", "token": "s"}));
        assert_eq!(of(&sent, &app("l", json!({"tenant": "T", "token": null, "other": 1}))), [""; 0]);
        assert_eq!(
            of(&sent, &app("M", json!({"tenant": "u"}))),
            ["body#/label", "body#/settings/app/tenant"]
        );
        assert_eq!(of(&sent, &app("L", json!({"tenant": null}))), ["body#/settings/app/tenant"]);
        let put = |answer: &Value| places("PUT", "/api/v1/apps/0oaA", &sent, answer);
        assert_eq!(put(&app("M", json!({"tenant": "t"}))), ["body#/label"]);
    }

    #[test]
    fn an_app_is_read_as_it_was_created_until_it_is_replaced() {
        let app = |tenant: &str| json!({"id": "0oaA", "signOnMode": "SAML_2_0", "settings": {"app": {"tenant": tenant, "other": "o"}}});
        let exchange = |method: &str, path: &str, tenant: &str| {
            let mut tried = TestExchange::of(&app(tenant));
            tried.request.method = method.to_owned();
            tried.request.path = path.to_owned();
            let sent = json!({"settings": {"app": {"tenant": tenant}}});
            tried.request.body = (method != "GET").then_some(Body::Json(sent));
            tried
        };
        let memory = RefCell::default();
        let of = |method: &str, path: &str, tenant: &str| {
            let found = exchange(method, path, tenant).after(&memory, &[&WRITTEN]).into_iter();
            found.map(|finding| finding.place).collect::<Vec<_>>()
        };
        assert_eq!(of("POST", "/api/v1/apps", "t"), [""; 0]);
        assert_eq!(of("GET", "/api/v1/apps/0oaA", "t"), [""; 0]);
        assert_eq!(of("GET", "/api/v1/apps/0oaA", "u"), ["body#/settings/app/tenant"]);
        assert_eq!(of("PUT", "/api/v1/apps/0oaA", "u"), [""; 0]);
        assert_eq!(of("GET", "/api/v1/apps/0oaA", "u"), [""; 0]);
    }

    #[test]
    fn a_connection_is_answered_as_it_was_set_unless_the_app_has_none() {
        let path = "/api/v1/apps/0oaA/connections/default";
        let sent = json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1", "settings": {}}});
        let answer = |client: &str, status: &str| json!({"status": status, "profile": {"authScheme": "OAUTH2", "clientId": client}});
        assert_eq!(places("POST", path, &sent, &answer("0oa1", "DISABLED")), [""; 0]);
        assert_eq!(places("POST", path, &sent, &answer("0oa2", "DISABLED")), ["body#/profile/clientId"]);
        assert_eq!(places("POST", path, &sent, &answer("0oa2", "UNKNOWN")), [""; 0]);
    }

    #[test]
    fn a_feature_is_answered_as_it_was_set() {
        let path = "/api/v1/apps/0oaA/features/USER_PROVISIONING";
        let status = |status: &str| json!({"lifecycleCreate": {"status": status}});
        let sent = json!({"create": status("ENABLED"), "update": {"password": {"change": "CYCLE"}}});
        let answer = |create: &str| json!({"capabilities": {"create": status(create), "update": {"password": {"change": "CHANGE"}}}});
        assert_eq!(places("PUT", path, &sent, &answer("ENABLED")), [""; 0]);
        let wrong = places("PUT", path, &sent, &answer("DISABLED"));
        assert_eq!(wrong, ["body#/capabilities/create/lifecycleCreate/status"]);
    }
}
