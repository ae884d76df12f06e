//! Grants: the scopes that an administrator allows a client.

use super::scope::is_grantable;
use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Object, is_blank};
use crate::rules::error::{OktaError, Refusals};
use crate::rules::identifier::{AppId, OktaId, Seconds};

/// A granted scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The id, `oag…`.
    pub(crate) id: OktaId,
    /// The scope, `scopeId`.
    pub(crate) scope: Box<str>,
    /// Time of the grant.
    pub(crate) created: Seconds,
    /// Who granted it.
    pub(crate) created_by: Actor,
}

/// Who made a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The org's administrator (recorded).
    User,
    /// A service app. Not recorded; named like a user.
    Client(AppId),
}

/// A request for a grant.
#[derive(Debug)]
pub(crate) struct GrantRequest<'a> {
    /// `scopeId`
    pub(crate) scope: &'a str,
}

impl<'a> GrantRequest<'a> {
    /// Reads the body of POST grants. `is_issuer` tells whether a URL is the org's.
    ///
    /// # Errors
    /// E0000001 for another issuer, and for a scope that cannot be granted (issue).
    pub(crate) fn read(body: &'a Object<'_>, is_issuer: impl Fn(&str) -> bool) -> Result<Self, OktaError> {
        let members = Members::from(body);
        let (scope, issuer) = (members.text("scopeId")?, members.text("issuer")?);
        let mut refusals = Refusals::default();
        refusals.check(match issuer {
            _ if is_blank(issuer) => Err(OktaError::blank(&rule::GRANT_ISSUER, "issuer")),
            Some(issuer) if !is_issuer(issuer) => Err(OktaError::invalid(&rule::GRANT_ISSUER, "issuer")),
            _ => Ok(()),
        });
        refusals.check(match scope {
            _ if is_blank(scope) => Err(OktaError::blank(&rule::GRANT_SCOPE, "scopeId")),
            Some(scope) if !is_grantable(scope) => Err(OktaError::invalid(&rule::GRANT_SCOPE, "scopeId")),
            _ => Ok(()),
        });
        refusals.into_result(Self { scope: scope.unwrap_or_default() })
    }
}
