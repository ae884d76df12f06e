//! The signing keys of an app.

use super::instance::App;
use super::keys::{AppKey, AppKeys, years_after};
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::identifier::KeyId;

/// Years that the certificate of a new app's key is valid (recorded).
const FIRST_VALIDITY: i16 = 10;

/// Maximum number of keys of an app (the mock's own limit).
const MAX_KEYS: usize = 50;

impl App {
    /// Returns the id of the key that the app was created with.
    pub(crate) fn first_key(&self) -> KeyId {
        self.keys.first().unwrap_or(self.signing_key)
    }

    /// Returns all keys: the one that the app was created with, then the others (recorded).
    pub(crate) fn signing_keys(&self) -> Vec<AppKey> {
        let first = AppKey {
            id: self.first_key(),
            created: self.created,
            expires: years_after(self.created, FIRST_VALIDITY),
        };
        [&[first], self.keys.generated()].concat()
    }

    /// Returns the key with this id.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn signing_key(&self, id: &str) -> Result<AppKey, OktaError> {
        let found = KeyId::parse(id).and_then(|id| self.signing_keys().into_iter().find(|key| key.id == id));
        found.ok_or_else(|| OktaError::not_found(&rule::APP_KEY_UNKNOWN, id, "JsonWebKey"))
    }

    /// Returns the app with another key.
    ///
    /// # Errors
    /// E0000001 if it already has this key (OpenAPI ErrorKeyCredentialCloneDuplicateKey), or too many.
    pub(crate) fn with_key(&self, key: AppKey) -> Result<Self, OktaError> {
        let keys = self.signing_keys();
        if keys.iter().any(|known| known.id == key.id) {
            let cause = "Key already exists in the list of key credentials for the target app.";
            return Err(OktaError::validation(&rule::APP_KEY_CLONE, "cloneKey", cause));
        }
        if keys.len() >= MAX_KEYS {
            let cause = "The app has the maximum number of keys.";
            return Err(OktaError::validation(&rule::APP_KEY_LIMIT, "generateKey", cause));
        }
        let others = [self.keys.generated(), &[key]].concat();
        Ok(Self { keys: AppKeys::new(self.first_key(), others), ..self.clone() })
    }
}
