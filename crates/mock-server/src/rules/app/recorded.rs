//! Recorded objects of apps whose kind is not in the catalogue, which are answered as they stand.

use serde_json::{Map, Value};

use crate::rules::behaviour as rule;
use crate::rules::body::check_length;
use crate::rules::error::OktaError;
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

impl Recorded {
    /// Removes the secrets of an object, and keeps it.
    ///
    /// # Errors
    /// E0000001 if the object is too large.
    pub(super) fn new(name: Box<str>, mut object: Map<String, Value>) -> Result<Self, OktaError> {
        object.values_mut().for_each(remove_secrets);
        check_length(&Value::from(object.clone()).to_string(), "recorded", OBJECT_LIMIT)?;
        rule::CONTROL_RECORDED_APP.apply();
        Ok(Self { name, object })
    }
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
