//! The simple model of provisioning features: a table of members, and a JSON merge based on it.

use serde_json::{Value, json};

use super::model::{
    App, Expected, Model, has_inbound, has_provisioning, invalid, malformed, not_found, with_body,
};

pub(crate) const USER: &str = "USER_PROVISIONING";
pub(crate) const INBOUND: &str = "INBOUND_PROVISIONING";

/// The values that a member accepts.
#[derive(Clone, Copy)]
enum Accepts {
    OneOf(&'static [&'static str]),
    Boolean,
}

const STATUS: Accepts = Accepts::OneOf(&["ENABLED", "DISABLED"]);

/// The members of a PUT by JSON Pointer, with their names in refusals.
const USER_MEMBERS: [(&str, Accepts, &str); 6] = [
    ("/create/lifecycleCreate/status", STATUS, "status"),
    ("/update/profile/status", STATUS, "status"),
    ("/update/lifecycleDeactivate/status", STATUS, "status"),
    ("/update/password/status", STATUS, "status"),
    ("/update/password/seed", Accepts::OneOf(&["OKTA", "RANDOM"]), "seed"),
    ("/update/password/change", Accepts::OneOf(&["KEEP_EXISTING", "CHANGE", "CYCLE"]), "change"),
];

const INBOUND_MEMBERS: [(&str, Accepts, &str); 7] = [
    ("/importSettings/schedule/status", STATUS, "status"),
    (
        "/importRules/userCreateAndMatch/exactMatchCriteria",
        Accepts::OneOf(&["EMAIL", "USERNAME"]),
        "exactMatchCriteria",
    ),
    ("/importRules/userCreateAndMatch/allowPartialMatch", Accepts::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoConfirmPartialMatch", Accepts::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoConfirmExactMatch", Accepts::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoConfirmNewUsers", Accepts::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoActivateNewUsers", Accepts::Boolean, ""),
];

/// Values that are invalid for UNIX cron or in the time zone database.
pub(crate) const BAD_CRON: [&str; 4] = ["@daily", "0 0 * *", "61 * * * *", "0 0 L * *"];
pub(crate) const BAD_ZONE: [&str; 2] = ["Mars/Olympus", "America/los angeles"];

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Features {
    pub(crate) user: Value,
    pub(crate) inbound: Value,
}

impl Default for Features {
    /// The recorded defaults.
    fn default() -> Self {
        Self {
            user: json!({
                "create": {"lifecycleCreate": {"status": "DISABLED"}},
                "update": {
                    "profile": {"status": "DISABLED"},
                    "lifecycleDeactivate": {"status": "DISABLED"},
                    "password": {"status": "DISABLED", "seed": "RANDOM", "change": "KEEP_EXISTING"},
                },
            }),
            inbound: json!({
                "importSettings": {
                    "username": {"userNameFormat": "EMAIL"},
                    "schedule": {"status": "DISABLED", "fullImport": null, "incrementalImport": null},
                },
                "importRules": {"userCreateAndMatch": {
                    "exactMatchCriteria": "USERNAME",
                    "allowPartialMatch": true,
                    "autoConfirmPartialMatch": false,
                    "autoConfirmExactMatch": false,
                    "autoConfirmNewUsers": false,
                    "autoActivateNewUsers": false,
                }},
            }),
        }
    }
}

/// Merges the members of the table from the patch into the capabilities.
fn merge_members(
    current: &mut Value,
    patch: &Value,
    table: &[(&str, Accepts, &str)],
) -> Result<(), Expected> {
    for (pointer, accepts, name) in table {
        match (patch.pointer(pointer), accepts) {
            (None | Some(Value::Null), _) => {}
            (Some(Value::String(text)), Accepts::OneOf(values)) if values.contains(&text.as_str()) => {
                *current.pointer_mut(pointer).expect("a member") = text.as_str().into();
            }
            (Some(Value::String(_)), Accepts::OneOf(_)) => return Err(invalid(name)),
            (Some(Value::Bool(value)), Accepts::Boolean) => {
                *current.pointer_mut(pointer).expect("a member") = (*value).into();
            }
            _ => return Err(malformed()),
        }
    }
    Ok(())
}

fn merge_username(current: &mut Value, patch: &Value) -> Result<(), Expected> {
    let sent = |name: &str| patch.pointer(&format!("/importSettings/username/{name}"));
    let format = sent("userNameFormat").or_else(|| sent("usernameFormat"));
    let expression = sent("userNameExpression").and_then(Value::as_str);
    let username = current.pointer_mut("/importSettings/username").expect("a member");
    let current_expression = username["userNameExpression"].as_str().map(str::to_owned);
    match format
        .map_or_else(
            || username["userNameFormat"].as_str().expect("a format").to_owned(),
            |format| format.as_str().unwrap_or_default().to_owned(),
        )
        .as_str()
    {
        "EMAIL" => *username = json!({"userNameFormat": "EMAIL"}),
        "CUSTOM" => {
            let Some(expression) = expression.map(str::to_owned).or(current_expression) else {
                return Err(invalid("userNameExpression"));
            };
            *username = json!({"userNameExpression": expression, "userNameFormat": "CUSTOM"});
        }
        _ => return Err(invalid("userNameFormat")),
    }
    Ok(())
}

fn merge_schedule(current: &mut Value, patch: &Value, name: &str) -> Result<(), Expected> {
    let pointer = format!("/importSettings/schedule/{name}");
    let Some(sent) = patch.pointer(&pointer) else { return Ok(()) };
    let schedule = current.pointer_mut(&pointer).expect("a member");
    if sent.is_null() || *sent == json!({}) {
        *schedule = Value::Null;
        return Ok(());
    }
    let text = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let expression = text(sent, "expression").or_else(|| text(schedule, "expression"));
    let expression = expression.filter(|text| !BAD_CRON.contains(&text.as_str()));
    let Some(expression) = expression else { return Err(invalid("expression")) };
    let zone =
        text(sent, "timezone").or_else(|| text(sent, "timeZone")).or_else(|| text(schedule, "timezone"));
    *schedule = json!({"expression": expression});
    if let Some(zone) = zone {
        if BAD_ZONE.contains(&zone.as_str()) {
            return Err(invalid("timezone"));
        }
        schedule["timezone"] = zone.into();
    }
    Ok(())
}

impl Features {
    /// Returns the features after a PUT.
    pub(crate) fn merged(&self, feature: &str, patch: &Value) -> Result<Self, Expected> {
        let mut next = self.clone();
        if feature == USER {
            merge_members(&mut next.user, patch, &USER_MEMBERS)?;
        } else {
            merge_members(&mut next.inbound, patch, &INBOUND_MEMBERS)?;
            merge_username(&mut next.inbound, patch)?;
            merge_schedule(&mut next.inbound, patch, "fullImport")?;
            merge_schedule(&mut next.inbound, patch, "incrementalImport")?;
        }
        Ok(next)
    }

    /// Returns the names in the app's `features`. Those for imports, create and profile are recorded.
    pub(crate) fn names(&self, kind: &str) -> Vec<&'static str> {
        let on = |pointer: &str| self.user.pointer(pointer) == Some(&json!("ENABLED"));
        let mut names = Vec::new();
        let mut add = |name, is_on: bool| {
            if is_on {
                names.push(name)
            }
        };
        add("IMPORT_PROFILE_UPDATES", has_inbound(kind));
        add("PUSH_NEW_USERS", on("/create/lifecycleCreate/status"));
        add("GROUP_PUSH", true);
        add("IMPORT_USER_SCHEMA", has_inbound(kind));
        add("IMPORT_NEW_USERS", has_inbound(kind));
        add("PUSH_PROFILE_UPDATES", on("/update/profile/status"));
        add("PUSH_USER_DEACTIVATION", on("/update/lifecycleDeactivate/status"));
        add("PUSH_PASSWORD_UPDATES", on("/update/password/status"));
        names
    }
}

impl App {
    pub(crate) fn shown_feature(&self, index: usize, name: &str) -> Value {
        let (description, capabilities) = if name == USER {
            ("User provisioning settings from Okta to a downstream application", &self.features.user)
        } else {
            (
                "In-bound provisioning settings for provisioning users from an application to Okta",
                &self.features.inbound,
            )
        };
        json!({
            "name": name,
            "status": "ENABLED",
            "description": description,
            "capabilities": capabilities,
            "_links": {"self": {
                "href": format!("{{org}}/api/v1/apps/{{app{index}}}/features/{name}"),
                "hints": {"allow": ["GET", "PUT"]},
            }},
        })
    }

    pub(crate) fn shown_features(&self, index: usize) -> Value {
        let names: &[&str] = if has_inbound(self.kind) { &[USER, INBOUND] } else { &[USER] };
        names.iter().map(|name| self.shown_feature(index, name)).collect()
    }

    fn has_features(&self) -> Result<(), Expected> {
        let refused = |cause| Err(Expected { cause: Some(cause), ..invalid("feature") });
        match (has_provisioning(self.kind), self.enabled) {
            (false, _) => refused("Provisioning is not supported."),
            (true, false) => refused("Provisioning is not enabled for the app instance."),
            (true, true) => Ok(()),
        }
    }

    fn has_feature(&self, name: &str) -> Result<(), Expected> {
        let not_there = name == INBOUND && has_provisioning(self.kind) && !has_inbound(self.kind);
        match not_there {
            true => Err(not_found(name, "PublicAppFeatureSetName")),
            false => self.has_features(),
        }
    }
}

impl Model {
    pub(crate) fn list_features(&self, index: usize) -> Result<Expected, Expected> {
        let app = self.known(index)?;
        app.has_features()?;
        Ok(with_body(app.shown_features(index)))
    }

    pub(crate) fn get_feature(&self, index: usize, name: &str) -> Result<Expected, Expected> {
        if ![USER, INBOUND].contains(&name) {
            return Err(not_found(name, "PublicAppFeatureSetName"));
        }
        let app = self.known(index)?;
        app.has_feature(name)?;
        Ok(with_body(app.shown_feature(index, name)))
    }

    /// PUT. Without a patch, the body cannot be parsed.
    pub(crate) fn put_feature(
        &mut self,
        index: usize,
        name: &str,
        patch: Option<&Value>,
    ) -> Result<Expected, Expected> {
        if ![USER, INBOUND].contains(&name) {
            return Err(not_found(name, "PublicAppFeatureSetName"));
        }
        let app = self.known(index)?;
        if let Err(refusal) = app.has_feature(name)
            && refusal.status == 404
        {
            return Err(refusal);
        }
        let patch = patch.ok_or_else(malformed)?;
        // A member of another type counts as a malformed body.
        match (app.features.merged(name, patch), app.has_feature(name)) {
            (Err(refusal), _) if refusal.code == "E0000003" => return Err(refusal),
            (_, Err(refusal)) | (Err(refusal), Ok(())) => return Err(refusal),
            (Ok(next), Ok(())) => self.apps[index].features = next,
        }
        Ok(with_body(self.apps[index].shown_feature(index, name)))
    }

    /// Returns the `features` of the app object.
    pub(crate) fn feature_names(&self, index: usize) -> Vec<&'static str> {
        let app = &self.apps[index];
        if app.enabled { app.features.names(app.kind) } else { Vec::new() }
    }
}
