//! Properties of merging in PUT of a feature, checked on the answers only.

use proptest::prelude::*;
use serde_json::{Value, json};
use workspace_tests::property;
use workspace_tests::routed::Routed;

use super::model_features::{INBOUND, USER};
use super::patches::{Members, assemble, inbound_members, user_members};

/// Creates an org with okta_org2org apps whose provisioning is enabled.
fn org_of(apps: usize) -> (Routed, Vec<String>) {
    let org = Routed::empty();
    let ids = (0..apps).map(|_| provisioned_app(&org)).collect();
    (org, ids)
}

fn provisioned_app(org: &Routed) -> String {
    let body = json!({"name": "okta_org2org", "label": "Hub", "settings": {"app": {"baseUrl": "https://hub.example.com"}}});
    let app = org.send("POST", "/api/v1/apps", Some(&body.to_string())).json();
    let id = app["id"].as_str().expect("an id").to_owned();
    let target = format!("/api/v1/apps/{id}/connections/default?activate=true");
    let body = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
    assert_eq!(org.send("POST", &target, Some(&body.to_string())).status, 200);
    id
}

fn put(org: &Routed, app: &str, feature: &str, patch: &Value) -> Value {
    let target = format!("/api/v1/apps/{app}/features/{feature}");
    let answer = org.send("PUT", &target, Some(&patch.to_string()));
    assert_eq!(answer.status, 200, "{patch}: {answer:?}");
    assert_eq!(org.send("GET", &target, None).json(), answer.json(), "GET differs from the PUT before it");
    answer.json()["capabilities"].clone()
}

fn feature_and(members: usize) -> impl Strategy<Value = (&'static str, Vec<Members>)> {
    prop_oneof![
        (Just(USER), prop::collection::vec(user_members(), members)),
        (Just(INBOUND), prop::collection::vec(inbound_members(), members)),
    ]
}

/// Returns the answer for a member that was sent.
fn answered(sent: &Value) -> Value {
    let rename = |(name, value): (&String, &Value)| {
        let name = match name.as_str() {
            "timeZone" => "timezone",
            "usernameFormat" => "userNameFormat",
            other => other,
        };
        (name.to_owned(), value.clone())
    };
    match sent.as_object() {
        Some(members) if members.is_empty() => Value::Null,
        Some(members) => {
            let mut named: serde_json::Map<_, _> = members.iter().map(rename).collect();
            if named.get("userNameFormat") == Some(&json!("EMAIL")) {
                named.remove("userNameExpression");
            }
            Value::Object(named)
        }
        None => sent.clone(),
    }
}

/// Returns false for a null that is ignored; null only clears schedules.
fn has_effect(pointer: &str, value: &Value) -> bool {
    !value.is_null() || pointer.ends_with("Import")
}

proptest! {
    #![proptest_config(property(24))]

    #[test]
    fn put_is_idempotent((feature, patches) in feature_and(2)) {
        let (org, apps) = org_of(1);
        put(&org, &apps[0], feature, &assemble(&patches[0]));
        let once = put(&org, &apps[0], feature, &assemble(&patches[1]));
        let twice = put(&org, &apps[0], feature, &assemble(&patches[1]));
        prop_assert_eq!(once.to_string(), twice.to_string());
    }

    #[test]
    fn an_empty_put_changes_nothing((feature, patches) in feature_and(1)) {
        let (org, apps) = org_of(1);
        let before = put(&org, &apps[0], feature, &assemble(&patches[0]));
        prop_assert_eq!(before.to_string(), put(&org, &apps[0], feature, &json!({})).to_string());
        let empty_objects = json!({"update": {}, "create": {}, "importSettings": {"username": {}, "schedule": {}}, "importRules": {}});
        prop_assert_eq!(before.to_string(), put(&org, &apps[0], feature, &empty_objects).to_string());
    }

    #[test]
    fn puts_of_different_members_commute((feature, patches) in feature_and(2), split in any::<u16>()) {
        let (org, apps) = org_of(3);
        for app in &apps {
            put(&org, app, feature, &assemble(&patches[0]));
        }
        let part = |side: bool| -> Members {
            let members = patches[1].iter().enumerate();
            members.filter(|(index, _)| (split >> index & 1 == 1) == side).map(|(_, member)| member.clone()).collect()
        };
        let (left, right) = (assemble(&part(true)), assemble(&part(false)));
        put(&org, &apps[0], feature, &left);
        put(&org, &apps[1], feature, &right);
        let one = put(&org, &apps[0], feature, &right);
        let other = put(&org, &apps[1], feature, &left);
        let whole = put(&org, &apps[2], feature, &assemble(&patches[1]));
        prop_assert_eq!(one.to_string(), other.to_string());
        prop_assert_eq!(one.to_string(), whole.to_string());
    }

    #[test]
    fn put_changes_only_the_members_that_were_sent((feature, patches) in feature_and(2)) {
        let (org, apps) = org_of(1);
        let before = put(&org, &apps[0], feature, &assemble(&patches[0]));
        let after = put(&org, &apps[0], feature, &assemble(&patches[1]));
        let mut expected = before;
        for (pointer, value) in patches[1].iter().filter(|(pointer, value)| has_effect(pointer, value)) {
            let sent = answered(value);
            let member = expected.pointer_mut(pointer).expect("a member");
            // A schedule without a time zone keeps the current one.
            if let (Some(current), true) = (member.get("timezone").cloned(), sent.is_object()) {
                *member = sent;
                if member.get("timezone").is_none() {
                    member["timezone"] = current;
                }
            } else {
                *member = sent;
            }
        }
        prop_assert_eq!(expected, after);
    }
}
