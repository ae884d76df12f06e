//! The dumb model of provisioning features: a table of members, and JSON that is merged by it.

use serde_json::{Value, json};

use super::model::{
    App, Expected, Model, has_inbound, has_provisioning, invalid, malformed, not_found, with_body,
};

pub(crate) const USER: &str = "USER_PROVISIONING";
pub(crate) const INBOUND: &str = "INBOUND_PROVISIONING";

/// What a member takes.
#[derive(Clone, Copy)]
enum Takes {
    OneOf(&'static [&'static str]),
    Boolean,
}

const STATUS: Takes = Takes::OneOf(&["ENABLED", "DISABLED"]);

/// The members of a PUT by their JSON Pointers, and what a refusal calls each.
const USER_MEMBERS: [(&str, Takes, &str); 6] = [
    ("/create/lifecycleCreate/status", STATUS, "status"),
    ("/update/profile/status", STATUS, "status"),
    ("/update/lifecycleDeactivate/status", STATUS, "status"),
    ("/update/password/status", STATUS, "status"),
    ("/update/password/seed", Takes::OneOf(&["OKTA", "RANDOM"]), "seed"),
    ("/update/password/change", Takes::OneOf(&["KEEP_EXISTING", "CHANGE", "CYCLE"]), "change"),
];

const INBOUND_MEMBERS: [(&str, Takes, &str); 7] = [
    ("/importSettings/schedule/status", STATUS, "status"),
    (
        "/importRules/userCreateAndMatch/exactMatchCriteria",
        Takes::OneOf(&["EMAIL", "USERNAME"]),
        "exactMatchCriteria",
    ),
    ("/importRules/userCreateAndMatch/allowPartialMatch", Takes::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoConfirmPartialMatch", Takes::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoConfirmExactMatch", Takes::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoConfirmNewUsers", Takes::Boolean, ""),
    ("/importRules/userCreateAndMatch/autoActivateNewUsers", Takes::Boolean, ""),
];

/// Spellings that mean nothing to UNIX cron or to the zone database.
pub(crate) const BAD_CRON: [&str; 4] = ["@daily", "0 0 * *", "61 * * * *", "0 0 L * *"];
pub(crate) const BAD_ZONE: [&str; 2] = ["Mars/Olympus", "America/los angeles"];

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Features {
    pub(crate) user: Value,
    pub(crate) inbound: Value,
}

impl Default for Features {
    /// As recorded.
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

/// Puts the members of the table that the patch has into the capabilities.
fn merge_members(stands: &mut Value, patch: &Value, table: &[(&str, Takes, &str)]) -> Result<(), Expected> {
    for (pointer, takes, name) in table {
        match (patch.pointer(pointer), takes) {
            (None | Some(Value::Null), _) => {}
            (Some(Value::String(text)), Takes::OneOf(values)) if values.contains(&text.as_str()) => {
                *stands.pointer_mut(pointer).expect("a member") = text.as_str().into();
            }
            (Some(Value::String(_)), Takes::OneOf(_)) => return Err(invalid(name)),
            (Some(Value::Bool(value)), Takes::Boolean) => {
                *stands.pointer_mut(pointer).expect("a member") = (*value).into();
            }
            _ => return Err(malformed()),
        }
    }
    Ok(())
}

fn merge_username(stands: &mut Value, patch: &Value) -> Result<(), Expected> {
    let sent = |name: &str| patch.pointer(&format!("/importSettings/username/{name}"));
    let format = sent("userNameFormat").or_else(|| sent("usernameFormat"));
    let expression = sent("userNameExpression").and_then(Value::as_str);
    let username = stands.pointer_mut("/importSettings/username").expect("a member");
    let stood = username["userNameExpression"].as_str().map(str::to_owned);
    match format
        .map_or_else(
            || username["userNameFormat"].as_str().expect("a format").to_owned(),
            |it| it.as_str().unwrap_or_default().to_owned(),
        )
        .as_str()
    {
        "EMAIL" => *username = json!({"userNameFormat": "EMAIL"}),
        "CUSTOM" => {
            let Some(expression) = expression.map(str::to_owned).or(stood) else {
                return Err(invalid("userNameExpression"));
            };
            *username = json!({"userNameExpression": expression, "userNameFormat": "CUSTOM"});
        }
        _ => return Err(invalid("userNameFormat")),
    }
    Ok(())
}

fn merge_schedule(stands: &mut Value, patch: &Value, name: &str) -> Result<(), Expected> {
    let pointer = format!("/importSettings/schedule/{name}");
    let Some(sent) = patch.pointer(&pointer) else { return Ok(()) };
    let schedule = stands.pointer_mut(&pointer).expect("a member");
    if sent.is_null() || *sent == json!({}) {
        *schedule = Value::Null;
        return Ok(());
    }
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let expression = text(sent, "expression").or_else(|| text(schedule, "expression"));
    let expression = expression.filter(|it| !BAD_CRON.contains(&it.as_str()));
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
    /// The features after a PUT.
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

    /// The names in the app's `features`: recorded ones for imports, create and profile.
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
    pub(crate) fn shown_feature(&self, place: usize, name: &str) -> Value {
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
                "href": format!("{{org}}/api/v1/apps/{{app{place}}}/features/{name}"),
                "hints": {"allow": ["GET", "PUT"]},
            }},
        })
    }

    pub(crate) fn shown_features(&self, place: usize) -> Value {
        let names: &[&str] = if has_inbound(self.kind) { &[USER, INBOUND] } else { &[USER] };
        names.iter().map(|name| self.shown_feature(place, name)).collect()
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
    pub(crate) fn list_features(&self, place: usize) -> Result<Expected, Expected> {
        let app = self.known(place)?;
        app.has_features()?;
        Ok(with_body(app.shown_features(place)))
    }

    pub(crate) fn get_feature(&self, place: usize, name: &str) -> Result<Expected, Expected> {
        if ![USER, INBOUND].contains(&name) {
            return Err(not_found(name, "PublicAppFeatureSetName"));
        }
        let app = self.known(place)?;
        app.has_feature(name)?;
        Ok(with_body(app.shown_feature(place, name)))
    }

    /// PUT: no patch is a body that cannot be parsed.
    pub(crate) fn put_feature(
        &mut self,
        place: usize,
        name: &str,
        patch: Option<&Value>,
    ) -> Result<Expected, Expected> {
        if ![USER, INBOUND].contains(&name) {
            return Err(not_found(name, "PublicAppFeatureSetName"));
        }
        let app = self.known(place)?;
        if let Err(refusal) = app.has_feature(name)
            && refusal.status == 404
        {
            return Err(refusal);
        }
        let patch = patch.ok_or_else(malformed)?;
        // A member of another type is a body that cannot be read as the feature's.
        match (app.features.merged(name, patch), app.has_feature(name)) {
            (Err(refusal), _) if refusal.code == "E0000003" => return Err(refusal),
            (_, Err(refusal)) | (Err(refusal), Ok(())) => return Err(refusal),
            (Ok(next), Ok(())) => self.apps[place].features = next,
        }
        Ok(with_body(self.apps[place].shown_feature(place, name)))
    }

    /// The `features` of the app object.
    pub(crate) fn feature_names(&self, place: usize) -> Vec<&'static str> {
        let app = &self.apps[place];
        if app.enabled { app.features.names(app.kind) } else { Vec::new() }
    }
}
