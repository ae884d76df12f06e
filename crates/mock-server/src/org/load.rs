//! Org files: JSON documents that describe the initial apps of an org.

use super::Org;
use crate::rules::body::{self, Json, Object};
use crate::rules::error::OktaError;
use crate::rules::identifier::{AppId, OktaId};

/// The default org: one app of each kind in the guide.
pub(crate) const GUIDE: &str = include_str!("../../../../fixtures/orgs/guide.json");

/// The initial contents of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Load {
    /// The guide's org: one app of each of its six kinds, with fixed ids.
    #[default]
    Guide,
    /// An org without apps.
    Empty,
    /// The apps of an org file, as JSON.
    Document(String),
}

impl Load {
    /// Adds the apps to an org.
    ///
    /// # Errors
    /// As [`load`].
    pub(crate) fn into_org(self, org: &mut Org) -> Result<(), LoadError> {
        match self {
            Self::Guide => load(org, GUIDE),
            Self::Empty => Ok(()),
            Self::Document(document) => load(org, &document),
        }
    }
}

/// The error of loading an org file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The document is not a JSON object, or has duplicate names.
    #[error("line {line}: {reason}")]
    NotJson {
        /// The line of the error.
        line: usize,
        /// The reason.
        reason: String,
    },
    /// The document does not describe an org.
    #[error("{place}: {reason}")]
    Form {
        /// JSON Pointer of the invalid member.
        place: String,
        /// The reason.
        reason: String,
    },
    /// An app was refused, as by POST /api/v1/apps.
    #[error("/apps/{index}: {summary} ({rule}){causes}")]
    App {
        /// Index of the app.
        index: usize,
        /// The error's summary.
        summary: String,
        /// The rule that refused it.
        rule: &'static str,
        /// The error's causes.
        causes: String,
    },
}

/// Returns the message without the line number that serde_json appends.
fn json_error_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn form_error(place: impl Into<String>, reason: impl Into<String>) -> LoadError {
    LoadError::Form { place: place.into(), reason: reason.into() }
}

/// Adds the apps of an org file: `{"apps": [{"id": "0oa…", "activate": true, …}]}`. Each app is the body of
/// POST /api/v1/apps, with an optional fixed `id`.
///
/// # Errors
/// If the document does not have that form, or an app is refused.
pub(crate) fn load(org: &mut Org, document: &str) -> Result<(), LoadError> {
    let members = parse(document)?;
    if let Some(unknown) = members.names().find(|name| *name != "apps") {
        return Err(form_error(format!("/{unknown}"), "unknown member; an org file only has `apps`"));
    }
    let apps = match members.get("apps") {
        None => return Err(form_error("/", "an org file requires the member `apps`")),
        Some(Json::Array(apps)) => apps,
        Some(_) => return Err(form_error("/apps", "must be an array of apps")),
    };
    for (index, app) in apps.iter().enumerate() {
        load_app(org, index, app)?;
    }
    Ok(())
}

fn parse(document: &str) -> Result<Object<'_>, LoadError> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(document) {
        return Err(LoadError::NotJson { line: error.line(), reason: json_error_reason(&error) });
    }
    body::parse_object(document.as_bytes()).map_err(|error| {
        form_error("/", format!("must be an object without duplicate names ({})", error.rule.name))
    })
}

fn load_app(org: &mut Org, index: usize, app: &Json<'_>) -> Result<(), LoadError> {
    let pointer = |member: &str| format!("/apps/{index}/{member}");
    let Json::Object(members) = app else {
        return Err(form_error(format!("/apps/{index}"), "must be an object"));
    };
    let activate = match members.get("activate") {
        None => true,
        Some(Json::Boolean(activate)) => *activate,
        Some(_) => return Err(form_error(pointer("activate"), "must be true or false")),
    };
    let id = match members.get("id") {
        None => None,
        Some(id) => Some(fixed_id(org, id).map_err(|reason| form_error(pointer("id"), reason))?),
    };
    let body = Ok(members.clone());
    org.insert_app(id, &body, activate).map_err(|error| refused(index, &error))?;
    let ignored = body.map(|body| body.ignored()).unwrap_or_default();
    match ignored.first() {
        None => Ok(()),
        Some(member) => Err(form_error(format!("/apps/{index}{member}"), unknown_member(member))),
    }
}

/// Returns why a member of an app is refused. An org file must not have members that would have no effect.
fn unknown_member(pointer: &str) -> String {
    match pointer {
        "/status" => "cannot be set in an org file; use `\"activate\": false` for an inactive app".to_owned(),
        "/connection" | "/features" => {
            "cannot be set in an org file; set it through the API after the start".to_owned()
        }
        "/credentials/signing/kid" => "cannot be set in an org file: a new app has its own key".to_owned(),
        _ => "unknown or read-only member; check its spelling and case".to_owned(),
    }
}

fn fixed_id(org: &Org, id: &Json<'_>) -> Result<AppId, &'static str> {
    let text = if let Json::Text(text) = id { text } else { "" };
    let id = OktaId::parse(text)
        .filter(|id| id.prefix() == b"0oa")
        .ok_or("must be an app id: 0oa and seventeen letters or digits")?;
    if org.apps().any(|(other, _)| *other == id) {
        return Err("is the id of an earlier app");
    }
    Ok(id)
}

fn refused(index: usize, error: &OktaError) -> LoadError {
    LoadError::App {
        index,
        summary: error.summary.to_string(),
        rule: error.rule.name,
        causes: error.causes.iter().map(|cause| format!(", {cause}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::OrgSettings;
    use super::*;

    fn load_into_new(document: &str) -> Result<Org, LoadError> {
        let mut org = Org::new(&OrgSettings::default()).unwrap();
        load(&mut org, document).map(|()| org)
    }

    #[test]
    fn the_guide_org_has_one_app_of_each_kind() {
        let org = load_into_new(GUIDE).unwrap();
        let names: Vec<_> = org.apps().map(|(_, app)| app.kind.definition().name).collect();
        assert_eq!(names, ["google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"]);
    }

    #[test]
    fn errors_name_the_invalid_member() {
        for (document, message) in [
            ("{\n\"apps\": [", "line 2: "),
            ("[]", "/: must be an object"),
            ("{}", "/: an org file requires"),
            (r#"{"apps": [], "users": []}"#, "/users: unknown member"),
            (r#"{"apps": [1]}"#, "/apps/0: must be an object"),
            (r#"{"apps": [{"id": "x", "name": "zoomus", "label": "Z"}]}"#, "/apps/0/id: must be an app id"),
            (
                r#"{"apps": [{"name": "zoomus"}]}"#,
                "/apps/0: Api validation failed: label (app.label-missing), label: Label must",
            ),
            (
                r#"{"apps": [{"name": "zoomus", "label": "Z", "status": "INACTIVE"}]}"#,
                "/apps/0/status: cannot",
            ),
            (
                r#"{"apps": [{"name": "zoomus", "label": "Z", "connection": {}}]}"#,
                "/apps/0/connection: cannot",
            ),
            (r#"{"apps": [{"name": "zoomus", "label": "Z", "features": {}}]}"#, "/apps/0/features: cannot"),
            (
                r#"{"apps": [{"name": "zscalerbyz", "label": "Z", "credentials": {"signing": {"kid": "k"}}}]}"#,
                "/apps/0/credentials/signing/kid: cannot be set",
            ),
            (
                r#"{"apps": [{"name": "zscalerbyz", "label": "Z", "settings": {"emOptInStatus": "NONE"}}]}"#,
                "/apps/0/settings/emOptInStatus: unknown",
            ),
            (
                r#"{"apps": [{"name": "office365", "label": "O", "settings": {"app": {"domain": "d", "msftTenant": "t", "occSettings": 1}}}]}"#,
                "/apps/0/settings/app/occSettings: unknown",
            ),
            (r#"{"apps": [{"name": "zoomus", "label": "Z", "Settings": {}}]}"#, "/apps/0/Settings: unknown"),
            (
                r#"{"apps": [{"name": "zoomus", "label": "Z", "settings": {"app": {"subdomain": "z"}}}]}"#,
                "/apps/0/settings/app/subdomain: unknown",
            ),
        ] {
            let error = load_into_new(document).unwrap_err().to_string();
            assert!(error.starts_with(message), "{document} gave {error}");
        }
    }
}
