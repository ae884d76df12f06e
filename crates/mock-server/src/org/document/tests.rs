//! Documents that are read, and what is said of those that are refused.
#![cfg(test)]
#![allow(clippy::unwrap_used)]

use super::super::{Org, OrgSettings};
use super::LoadError;
use super::initial::GUIDE;
use crate::rules::identifier::Seconds;

fn load_into_new(document: &str) -> Result<Org, LoadError> {
    let mut org = Org::new(&OrgSettings::default()).unwrap();
    org.load(document).map(|()| org)
}

fn load_app(app: &str) -> Result<Org, LoadError> {
    load_into_new(&format!("{{\"apps\": [{app}]}}"))
}

#[test]
fn the_guide_org_has_one_app_of_each_kind() {
    let org = load_into_new(GUIDE).unwrap();
    let names: Vec<_> = org.apps().map(|(_, app)| app.name()).collect();
    assert_eq!(names, ["google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"]);
}

#[test]
fn errors_of_the_document_have_a_position() {
    for (document, message) in [
        ("{\n\"apps\": [", "line 2, column 9: EOF"),
        ("[]", "line 1, column 1: must be an object"),
        ("{}", "line 1, column 1: an org file requires"),
        (r#"{"apps": [], "aps": []}"#, "line 1, column 21: /aps: unknown member; did you mean `apps`?"),
        (r#"{"apps": 1}"#, "line 1, column 10: /apps: must be an array"),
        ("{\"apps\": [\n  1]}", "line 2, column 3: /apps/0: must be an object"),
        (r#"{"org": {"id": "x"}, "apps": []}"#, "line 1, column 16: /org/id: must be 00o and"),
        (r#"{"org": {"id": null}, "apps": []}"#, "line 1, column 16: /org/id: must be a text, not null"),
        (r#"{"$schema": null, "apps": []}"#, "line 1, column 13: /$schema: must be a text"),
    ] {
        let error = load_into_new(document).unwrap_err().to_string();
        assert!(error.starts_with(message), "{document} gave {error}");
    }
}

#[test]
fn errors_of_an_app_name_the_member_and_a_remedy() {
    for (app, message) in [
        (r#""id": "x", "name": "zoomus", "label": "Z""#, "/id: must be an app id"),
        (r#""name": "zoomus""#, ": label: Label must be specified (app.label-missing)"),
        (
            r#""name": "zoomuss", "label": "Z""#,
            "/name: name: The field has an invalid value (app.create.name-unknown); did you mean `zoomus`?",
        ),
        (r#""name": "zoomus", "label": 1"#, "/label: a member has a type that it cannot have"),
        (
            r#""name": "zoomus", "label": "Z", "status": "OFF""#,
            "/status: status: The field has an invalid value (control.state); known are ACTIVE, INACTIVE",
        ),
        (
            r#""name": "zoomus", "label": "Z", "status": "ACTIVE", "activate": true"#,
            "/activate: give status or activate",
        ),
        (r#""name": "zoomus", "label": "Z", "created": "today""#, "/created: must be a time"),
        (
            r#""name": "zoomus", "label": "Z", "Settings": {}"#,
            "/Settings: unknown member; did you mean `settings`?",
        ),
        (
            r#""name": "zoomus", "label": "Z", "settings": {"emOptInStatus": "NONE"}"#,
            "/settings/emOptInStatus: unknown member",
        ),
        (
            r#""name": "zoomus", "label": "Z", "settings": {"app": {"subdomain": "z"}}"#,
            "/settings/app/subdomain: unknown member; did you mean `subDomain`?",
        ),
        (
            r#""name": "zoomus", "label": "Z", "credentials": {"signing": {"kid": "k"}}"#,
            "/credentials/signing/kid: must be a key id",
        ),
        (
            r#""name": "zoomus", "label": "Z", "connection": {"profile": {"authScheme": "OAUTH"}}"#,
            "/connection/profile/authScheme: authScheme: The field has an invalid value (connection.scheme-refused); did you mean `OAUTH2`?",
        ),
        (
            r#""name": "zoomus", "label": "Z", "connection": {"profile": {"authScheme": "OAUTH2", "token": "t"}}"#,
            "/connection/profile/token: unknown member",
        ),
        (
            r#""name": "zoomus", "label": "Z", "connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}}"#,
            "/connection: Verification failed: Not authorized.",
        ),
        (
            r#""name": "bookmark", "label": "B", "settings": {"app": {"url": "https://b"}}, "connection": {"profile": {"authScheme": "TOKEN"}}"#,
            "/connection: Provisioning is not supported. (feature.unsupported)",
        ),
        (
            r#""name": "zoomus", "label": "Z", "features": {"USER_PROVISIONING": {}}"#,
            "/features: Provisioning is not enabled for the app instance. (feature.not-enabled)",
        ),
        (r#""name": "zoomus", "label": "Z", "features": {"USER": {}}"#, "/features/USER: unknown member"),
    ] {
        let error = load_app(&format!("{{{app}}}")).unwrap_err();
        let error = format!("{}: {}", error.place, error.reason);
        assert!(error.starts_with(&format!("/apps/0{message}")), "{app} gave {error}");
    }
}

#[test]
fn an_app_can_begin_in_any_state_that_it_can_reach() {
    let org = load_app(r#"{"id": "0oagoogle00000000001", "name": "google", "label": "G", "status": "INACTIVE", "created": "2026-01-31T12:00:00.000Z", "settings": {"app": {"domain": "d"}}, "connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true}, "features": {"USER_PROVISIONING": {"create": {"lifecycleCreate": {"status": "ENABLED"}}}}}"#).unwrap();
    let (_, app) = org.app("0oagoogle00000000001").unwrap();
    assert_eq!((app.status.as_str(), app.created), ("INACTIVE", Seconds(1_769_860_800)));
    assert!(app.connection.is_enabled() && app.features.user.create.is_enabled());
    assert_eq!(org.attempts.len(), 1);
}

#[test]
fn two_apps_cannot_share_an_id_or_an_open_attempt() {
    let app = |id: &str| {
        format!(
            r#"{{"id": "{id}", "name": "slack", "label": "S", "settings": {{"app": {{"domain": "d"}}}}, "connection": {{"profile": {{"authScheme": "OAUTH2"}}, "authorize": {{"state": "AAAAAAAAAAAAAAAAAAAAAA", "started": "2026-01-31T12:00:00Z"}}}}}}"#
        )
    };
    let (one, other) = ("0oaslack000000000001", "0oaslack000000000002");
    let error = load_app(&format!("{}, {}", app(one), app(one))).unwrap_err();
    assert_eq!((error.place.as_str(), error.reason.as_str()), ("/apps/1/id", "is the id of an earlier app"));
    let error = load_app(&format!("{}, {}", app(one), app(other))).unwrap_err();
    assert_eq!(error.place, "/apps/1/connection/authorize/state");
}

#[test]
fn a_recorded_app_is_of_another_kind_and_keeps_no_secret() {
    let recorded = |name: &str| {
        format!(
            r#"{{"recorded": {{"id": "0oarecorded000000001", "name": "{name}", "label": "R", "status": "ACTIVE", "created": "2026-01-31T12:00:00.000Z", "lastUpdated": "2026-01-31T12:00:00.000Z", "credentials": {{"oauthClient": {{"client_id": "c", "client_secret": "canary"}}}}}}}}"#
        )
    };
    let org = load_app(&recorded("hubspot")).unwrap();
    let app = org.app("0oarecorded000000001").unwrap().1;
    assert_eq!((app.name(), app.connection_facts().is_none()), ("hubspot", true));
    assert!(!format!("{app:?}").contains("canary"));
    let error = load_app(&recorded("google")).unwrap_err();
    assert!(error.reason.contains("The catalogue has google"), "{error}");
}
