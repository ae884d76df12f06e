//! Apps of kinds that are not in the catalogue: recorded app objects, answered as they stand.

use serde_json::{Map, Value};

use super::instance::{App, AppStatus};
use crate::rules::behaviour as rule;
use crate::rules::body::{Object, check_length};
use crate::rules::catalogue::{AppKind, SignOnMode};
use crate::rules::connection::Connection;
use crate::rules::error::OktaError;
use crate::rules::feature::FeatureSettings;
use crate::rules::identifier::{AppId, KeyId, OktaId, Seconds};
use crate::rules::secret_name::is_secret;

/// A recorded app object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The app name.
    pub(crate) name: Box<str>,
    /// The whole object, without secrets.
    pub(crate) object: Map<String, Value>,
}

/// Maximum length of a recorded object, in characters (the mock's own limit).
const OBJECT_LIMIT: usize = 64 * 1024;

impl App {
    /// Reads an app from its recorded object.
    ///
    /// # Errors
    /// E0000001 if the object has no `id`, `name`, `label` or `status` of an app, if the catalogue has its
    /// kind, or if it is too large.
    pub(crate) fn recorded(object: &Object<'_>) -> Result<(AppId, Self), OktaError> {
        let Value::Object(mut members) = serde_json::Value::from(object) else {
            return Err(invalid("recorded"));
        };
        let text = |name: &'static str| {
            let text = members.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
            text.ok_or_else(|| invalid(name))
        };
        let id =
            OktaId::parse(text("id")?).filter(|id| id.prefix() == b"0oa").ok_or_else(|| invalid("id"))?;
        let (name, label) = (text("name")?, text("label")?);
        if AppKind::named(name).is_some() {
            let cause = format!("name: The catalogue has {name}; give the members of its app instead");
            return Err(OktaError::validation(&rule::CONTROL_RECORDED_APP, "name", cause));
        }
        let status = AppStatus::parse(text("status")?).ok_or_else(|| invalid("status"))?;
        let time = |name| text(name).and_then(|text| Seconds::parse(text).ok_or_else(|| invalid(name)));
        let key = members.get("credentials").and_then(|credentials| credentials.pointer("/signing/kid"));
        let key = key.and_then(Value::as_str).and_then(KeyId::parse);
        let app = Self {
            kind: AppKind::Recorded,
            label: label.into(),
            status,
            created: time("created")?,
            last_updated: time("lastUpdated")?,
            sign_on_mode: if key.is_some() { SignOnMode::Saml2 } else { SignOnMode::Bookmark },
            settings: [].into(),
            signing_key: key.unwrap_or(KeyId([0; 32])),
            presentation: None,
            recorded: None,
            connection: Connection::NeverSet,
            features: FeatureSettings::default(),
        };
        let name = name.into();
        members.values_mut().for_each(remove_secrets);
        check_length(&Value::from(members.clone()).to_string(), "recorded", OBJECT_LIMIT)?;
        rule::CONTROL_RECORDED_APP.apply();
        Ok((id, Self { recorded: Some(Recorded { name, object: members }.into()), ..app }))
    }
}

fn invalid(member: &str) -> OktaError {
    OktaError::invalid(&rule::CONTROL_RECORDED_APP, member)
}

fn remove_secrets(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !is_secret(name));
            members.values_mut().for_each(remove_secrets);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_secrets),
        _ => {}
    }
}
