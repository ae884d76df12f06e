//! Checks that an answer repeats the values that a request set. Kinds of apps have different settings; this
//! check covers all of them, so that no flow has to list the settings of a kind.

use serde_json::{Map, Value};

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::effect::Effect;
use crate::exchange::Body;
use crate::judge::contract::exchange::Exchange;
use crate::judgement::Findings;
use crate::value_path::pointer_token;

pub(super) static WRITTEN: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.written",
        sentence: "An answer repeats the values that the request set, and an app is read as it was created.",
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
            // A connection that is not supported may have this status (OpenAPI,
            // ProvisioningConnectionStatus).
            Effect::SetConnection(_) if !is_unknown(answer) => {
                // The address may also come from the settings of the app; the flows check it.
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

/// Stores the settings with which an app was created. Others may be added later (recorded); these stay.
fn remember(sent: &Map<String, Value>, answer: &Map<String, Value>, exchange: &Exchange<'_>) {
    let id = answer.get("id").and_then(Value::as_str);
    if let (Some(id), Some(mut settings)) = (id, own_settings(sent)) {
        settings.retain(|name, _| !is_secret(name));
        exchange.memory.borrow_mut().created.insert(id.to_owned(), settings);
    }
}

/// Compares the settings of apps that are read with those they were created with.
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

/// The settings that only this kind of app has.
fn own_settings(app: &Map<String, Value>) -> Option<Map<String, Value>> {
    app.get("settings")?.get("app")?.as_object().cloned()
}

/// Compares the label, the sign-on mode and the kind's own settings of an app. Other sent members may be
/// ignored (OpenAPI, Application: identifier, status, times).
fn app(sent: &Map<String, Value>, answer: &Map<String, Value>, findings: &mut Findings<'_>) {
    members(sent, answer, &["label", "signOnMode"], "", findings);
    if let (Some(sent), Some(answer)) = (own_settings(sent), own_settings(answer)) {
        let mut names: Vec<&str> = sent.keys().map(String::as_str).collect();
        names.retain(|name| !is_secret(name));
        // Orgs read `idPId` and answer with `idpId` (guide-o2o).
        let is_answered = |name: &str| {
            answer.iter().any(|(known, value)| !value.is_null() && known.eq_ignore_ascii_case(name))
        };
        for name in names.iter().filter(|name| !is_answered(name)) {
            if sent.get(*name).is_some_and(|value| !value.is_null()) {
                let place = format!("body#/settings/app/{}", pointer_token(name));
                findings.add(place, "the value that was sent", "none");
            }
        }
        members(&sent, &answer, &names, "/settings/app", findings);
    }
}

/// True for settings that orgs answer with null, such as the `token` of Org2Org (recorded).
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "password", "secret"].iter().any(|word| name.contains(word))
}

/// Compares the capabilities of a feature. It is not defined whether an invalid schedule, or CYCLE, is
/// accepted and stored; the flows check the valid ones.
fn feature(sent: &Map<String, Value>, exchange: &Exchange<'_>, findings: &mut Findings<'_>) {
    let Some(answer) = exchange.body().and_then(|body| body.get("capabilities")) else { return };
    for name in ["create", "update", "importRules"] {
        if let (Some(sent), Some(answer)) = (sent.get(name), answer.get(name)) {
            same(sent, answer, &format!("/capabilities/{name}"), findings);
        }
    }
}

/// Compares the members with these names that both have.
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

/// Compares the members that both have. Null values may be omitted. An org may write the name of a host or
/// tenant in lower case; where case matters, the contract has an `enum`.
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
        _ => findings.add(format!("body#{pointer}"), format!("{sent}, as sent"), answer.to_string()),
    }
}

/// True for a value that the guide sends for a password and no current schema has.
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
        let mut exchange = TestExchange::of(answer);
        exchange.request.method = method.to_owned();
        exchange.request.path = path.to_owned();
        exchange.request.body = Some(Body::Json(sent.clone()));
        exchange.places(&[&WRITTEN])
    }

    #[test]
    fn an_answer_repeats_the_sent_app_of_any_kind() {
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
    fn an_app_is_read_as_created_until_it_is_replaced() {
        let app = |tenant: &str| json!({"id": "0oaA", "signOnMode": "SAML_2_0", "settings": {"app": {"tenant": tenant, "other": "o"}}});
        let exchange = |method: &str, path: &str, tenant: &str| {
            let mut exchange = TestExchange::of(&app(tenant));
            exchange.request.method = method.to_owned();
            exchange.request.path = path.to_owned();
            let sent = json!({"settings": {"app": {"tenant": tenant}}});
            exchange.request.body = (method != "GET").then_some(Body::Json(sent));
            exchange
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
    fn an_answer_repeats_the_sent_connection_unless_unsupported() {
        let path = "/api/v1/apps/0oaA/connections/default";
        let sent = json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1", "settings": {}}});
        let answer = |client: &str, status: &str| json!({"status": status, "profile": {"authScheme": "OAUTH2", "clientId": client}});
        assert_eq!(places("POST", path, &sent, &answer("0oa1", "DISABLED")), [""; 0]);
        assert_eq!(places("POST", path, &sent, &answer("0oa2", "DISABLED")), ["body#/profile/clientId"]);
        assert_eq!(places("POST", path, &sent, &answer("0oa2", "UNKNOWN")), [""; 0]);
    }

    #[test]
    fn an_answer_repeats_the_sent_feature() {
        let path = "/api/v1/apps/0oaA/features/USER_PROVISIONING";
        let status = |status: &str| json!({"lifecycleCreate": {"status": status}});
        let sent = json!({"create": status("ENABLED"), "update": {"password": {"change": "CYCLE"}}});
        let answer = |create: &str| json!({"capabilities": {"create": status(create), "update": {"password": {"change": "CHANGE"}}}});
        assert_eq!(places("PUT", path, &sent, &answer("ENABLED")), [""; 0]);
        let wrong = places("PUT", path, &sent, &answer("DISABLED"));
        assert_eq!(wrong, ["body#/capabilities/create/lifecycleCreate/status"]);
    }
}
