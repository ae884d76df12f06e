//! Signing keys of apps: generate, clone.

use super::state::Org;
use crate::rules::app::{AppKey, years_after};
use crate::rules::error::OktaError;
use crate::rules::identifier::AppId;

impl Org {
    /// POST credentials/keys/generate. Returns the app and its new key.
    ///
    /// # Errors
    /// E0000007; E0000001 if the app has too many keys.
    pub(crate) fn generate_key(&mut self, id: &str, years: i16) -> Result<(AppId, AppKey), OktaError> {
        let (id, app) = self.app(id)?;
        let (app, now) = (app.clone(), self.clock.now());
        let mut random = self.random.clone();
        let key = AppKey { id: random.new_app_key(&id), created: now, expires: years_after(now, years) };
        let next = app.with_key(key)?;
        self.random = random;
        *self.app_mut(&id)? = next;
        Ok((id, key))
    }

    /// POST credentials/keys/{keyId}/clone. Returns the target app and the key.
    ///
    /// # Errors
    /// E0000007 for an unknown app or key; E0000001 if the target has the key already.
    pub(crate) fn clone_key(
        &mut self,
        id: &str,
        key: &str,
        target: &str,
    ) -> Result<(AppId, AppKey), OktaError> {
        let (_, app) = self.app(id)?;
        let key = app.signing_key(key)?;
        let (target, app) = self.app(target)?;
        let next = app.with_key(key)?;
        *self.app_mut(&target)? = next;
        Ok((target, key))
    }
}
