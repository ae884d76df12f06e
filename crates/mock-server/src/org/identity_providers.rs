//! Identity providers.

use std::sync::Arc;

use super::state::{Body, Org, read};
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::identifier::OktaId;
use crate::rules::identity_provider::IdentityProvider;

/// Maximum number of identity providers (the mock's own limit).
const MAX_PROVIDERS: usize = 1000;

impl Org {
    /// Returns all identity providers, by id.
    pub(crate) fn identity_providers(&self) -> Vec<(OktaId, Arc<IdentityProvider>)> {
        self.identity_providers.iter().map(|(id, provider)| (*id, provider.clone())).collect()
    }

    /// Returns an identity provider.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn identity_provider(&self, id: &str) -> Result<(OktaId, Arc<IdentityProvider>), OktaError> {
        let found = OktaId::parse(id).and_then(|id| self.identity_providers.get_key_value(&id));
        let (id, provider) =
            found.ok_or_else(|| OktaError::not_found(&rule::PROVIDER_UNKNOWN, id, "IdpAppInstance"))?;
        Ok((*id, provider.clone()))
    }

    /// POST /idps.
    ///
    /// # Errors
    /// As [`IdentityProvider::create`]; E0000001 for a name that is taken.
    pub(crate) fn create_identity_provider(
        &mut self,
        body: &Body<'_>,
    ) -> Result<(OktaId, Arc<IdentityProvider>), OktaError> {
        let body = read(body)?;
        let provider = IdentityProvider::create(body, self.clock.now())?;
        self.check_nothing_ignored(body)?;
        self.insert_identity_provider(None, provider)
    }

    /// Adds an identity provider with this id or a new one.
    ///
    /// # Errors
    /// E0000001 for a name that is taken, and if the org has too many.
    pub(super) fn insert_identity_provider(
        &mut self,
        id: Option<OktaId>,
        provider: IdentityProvider,
    ) -> Result<(OktaId, Arc<IdentityProvider>), OktaError> {
        self.check_provider_name(None, &provider)?;
        if self.identity_providers.len() >= MAX_PROVIDERS {
            let cause = "The org has the maximum number of identity providers.";
            return Err(OktaError::validation(&rule::PROVIDER_MEMBER, "name", cause));
        }
        let new = || self.random.new_id(*b"0oa", "identity provider", &[&provider.name]);
        let id = id.unwrap_or_else(new);
        let provider = Arc::new(provider);
        self.identity_providers.insert(id, provider.clone());
        Ok((id, provider))
    }

    /// PUT /idps/{idpId}.
    ///
    /// # Errors
    /// E0000007, then as [`IdentityProvider::replaced`].
    pub(crate) fn replace_identity_provider(
        &mut self,
        id: &str,
        body: &Body<'_>,
    ) -> Result<(OktaId, Arc<IdentityProvider>), OktaError> {
        let (id, current) = self.identity_provider(id)?;
        let body = read(body)?;
        let next = current.replaced(body, self.clock.now())?;
        self.check_provider_name(Some(id), &next)?;
        self.check_nothing_ignored(body)?;
        let next = Arc::new(next);
        self.identity_providers.insert(id, next.clone());
        Ok((id, next))
    }

    /// POST /idps/{idpId}/lifecycle.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn set_identity_provider_status(
        &mut self,
        id: &str,
        is_active: bool,
    ) -> Result<(OktaId, Arc<IdentityProvider>), OktaError> {
        let (id, mut provider) = self.identity_provider(id)?;
        if provider.is_active != is_active {
            let changed = Arc::make_mut(&mut provider);
            (changed.is_active, changed.last_updated) = (is_active, self.clock.now());
            self.identity_providers.insert(id, provider.clone());
        }
        Ok((id, provider))
    }

    /// DELETE /idps/{idpId}.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn delete_identity_provider(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, _) = self.identity_provider(id)?;
        self.identity_providers.remove(&id);
        Ok(())
    }

    fn check_provider_name(&self, own: Option<OktaId>, provider: &IdentityProvider) -> Result<(), OktaError> {
        let mut others = self.identity_providers.iter().filter(|(id, _)| Some(**id) != own);
        match others.any(|(_, other)| other.name == provider.name) {
            false => Ok(()),
            true => {
                let cause = "name: An object with this field already exists in the current organization";
                Err(OktaError::validation(&rule::PROVIDER_MEMBER, "name", cause))
            }
        }
    }
}
