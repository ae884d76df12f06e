//! Bodies of PUT for features, most of them valid.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::model_features::{BAD_CRON, BAD_ZONE};

/// Members by their JSON Pointers.
pub(crate) type Members = Vec<(&'static str, Value)>;

/// Builds an object of these members.
pub(crate) fn assemble(members: &[(&'static str, Value)]) -> Value {
    let mut patch = json!({});
    for (pointer, value) in members {
        let mut target = &mut patch;
        for part in pointer.split('/').skip(1) {
            target = &mut target[part];
        }
        *target = value.clone();
    }
    patch
}

/// Generates some of these members, each with one of its values.
fn some_of(all: Vec<(&'static str, Vec<Value>)>) -> impl Strategy<Value = Members> {
    let member = |(pointer, values)| {
        prop::option::weighted(0.4, select(values)).prop_map(move |value| value.map(|value| (pointer, value)))
    };
    let members: Vec<_> = all.into_iter().map(member).collect();
    members.prop_map(|members: Vec<Option<_>>| members.into_iter().flatten().collect())
}

fn status() -> Vec<Value> {
    vec![json!("ENABLED"), json!("ENABLED"), json!("DISABLED"), Value::Null]
}

/// Members of USER_PROVISIONING that no org may refuse.
pub(crate) fn user_members() -> impl Strategy<Value = Members> {
    some_of(vec![
        ("/update/password/change", vec![json!("CHANGE"), json!("KEEP_EXISTING"), json!("CYCLE")]),
        ("/update/password/seed", vec![json!("OKTA"), json!("RANDOM")]),
        ("/update/password/status", status()),
        ("/update/lifecycleDeactivate/status", status()),
        ("/update/profile/status", status()),
        ("/create/lifecycleCreate/status", status()),
    ])
}

fn schedule() -> Vec<Value> {
    vec![
        Value::Null,
        json!({}),
        json!({"expression": "0 */4 * * *"}),
        json!({"expression": "00 21 * * Mon,Thu,Fri,Sat", "timezone": "America/Los_Angeles"}),
        json!({"timeZone": "Europe/Berlin", "expression": "5 4 * * 0"}),
        json!({"expression": "5 4 * * 0", "timezone": "UTC"}),
    ]
}

/// Members of INBOUND_PROVISIONING that no org may refuse. The username format and each schedule are
/// complete, because their members depend on each other.
pub(crate) fn inbound_members() -> impl Strategy<Value = Members> {
    let flag = || vec![json!(true), json!(false), Value::Null];
    some_of(vec![
        ("/importRules/userCreateAndMatch/autoActivateNewUsers", flag()),
        ("/importRules/userCreateAndMatch/autoConfirmNewUsers", flag()),
        ("/importRules/userCreateAndMatch/autoConfirmExactMatch", flag()),
        ("/importRules/userCreateAndMatch/autoConfirmPartialMatch", flag()),
        ("/importRules/userCreateAndMatch/allowPartialMatch", flag()),
        ("/importRules/userCreateAndMatch/exactMatchCriteria", vec![json!("EMAIL"), json!("USERNAME")]),
        ("/importSettings/schedule/incrementalImport", schedule()),
        ("/importSettings/schedule/fullImport", schedule()),
        ("/importSettings/schedule/status", status()),
        (
            "/importSettings/username",
            vec![
                json!({"userNameFormat": "EMAIL"}),
                json!({"usernameFormat": "EMAIL", "userNameExpression": "ignored"}),
                json!({"userNameFormat": "CUSTOM", "userNameExpression": "source.userName"}),
                json!({"userNameExpression": "source.login", "usernameFormat": "CUSTOM"}),
            ],
        ),
    ])
}

/// A body for USER_PROVISIONING. At most one member is invalid, because it is not known which of two an org
/// would name.
pub(crate) fn user_patch() -> impl Strategy<Value = Value> {
    let bad = select(vec![
        json!({"create": {"lifecycleCreate": {"status": "enabled"}}}),
        json!({"update": {"password": {"seed": "RANDOMLY"}}}),
        json!({"update": {"password": {"status": "ENABLED", "change": "NEVER"}}}),
        json!({"update": {"profile": {"status": true}}}),
    ]);
    let unknown = Just(json!({"unknown": {"status": 1}, "status": "DISABLED", "name": "x"}));
    prop_oneof![9 => user_members().prop_map(|members| assemble(&members)), 1 => bad, 1 => unknown]
}

/// A body for INBOUND_PROVISIONING. At most one member is invalid.
pub(crate) fn inbound_patch() -> impl Strategy<Value = Value> {
    let cron = |text: &str| json!({"importSettings": {"schedule": {"fullImport": {"expression": text}}}});
    let zone = |name: &str| {
        let import = json!({"expression": "0 0 * * *", "timezone": name});
        json!({"importSettings": {"schedule": {"incrementalImport": import}}})
    };
    let mut bad = vec![
        json!({"importSettings": {"username": {"userNameFormat": "NAME"}}}),
        json!({"importRules": {"userCreateAndMatch": {"exactMatchCriteria": "PHONE"}}}),
        json!({"importRules": {"userCreateAndMatch": {"allowPartialMatch": "yes"}}}),
        json!({"importSettings": {"schedule": {"status": "ON"}}}),
    ];
    bad.extend(BAD_CRON.map(cron));
    bad.extend(BAD_ZONE.map(zone));
    let custom = json!({"importSettings": {"username": {"userNameFormat": "CUSTOM"}}});
    let good = inbound_members().prop_map(|members| assemble(&members));
    prop_oneof![10 => good, 2 => select(bad), 1 => Just(custom)]
}
