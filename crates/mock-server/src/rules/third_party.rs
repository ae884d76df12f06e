//! The third-party app's authorization server: the clients it knows and the codes it issued.

use std::collections::{HashMap, VecDeque};

use super::behaviour as rule;
use super::catalogue::AppKind;
use super::error::OktaError;
use super::identifier::{Code, Seconds};

/// How long a code is good for, in seconds (RFC 6749, 4.1.2: ten minutes at most).
pub const CODE_LIFETIME: i64 = 600;

/// How many codes may be outstanding; beyond it the oldest is forgotten.
const CODE_LIMIT: usize = 10_000;

/// The client id under which Okta is registered at a third-party app.
#[must_use]
pub fn client_id(kind: AppKind) -> String {
    format!("okta-{}", kind.definition().name)
}

/// The path of Okta's redirect URI for an app, in the form documented for its SCIM apps (docs).
#[must_use]
pub fn redirect_path(kind: AppKind) -> String {
    format!("/admin/app/cpc/{}/oauth/callback", kind.definition().name)
}

/// What a code was issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The third-party app that issued it.
    pub kind: AppKind,
    /// The state of the authorization request.
    pub state: String,
    /// The redirect URI of the authorization request.
    pub redirect_uri: String,
    /// When it was issued.
    pub issued: Seconds,
}

/// The codes that are outstanding at the third-party apps of one org.
#[derive(Debug, Default)]
pub struct Codes {
    grants: HashMap<Code, Grant>,
    order: VecDeque<Code>,
}

impl Codes {
    /// Issues a code for a person's consent.
    pub fn issue(&mut self, code: Code, grant: Grant) {
        while self.order.len() >= CODE_LIMIT {
            if let Some(oldest) = self.order.pop_front() {
                self.grants.remove(&oldest);
            }
        }
        self.grants.insert(code, grant);
        self.order.push_back(code);
    }

    /// Finds a code that is good for this app and state.
    ///
    /// # Errors
    /// E0000001 when it was not issued for them, was spent, or has expired.
    pub fn check(
        &self,
        text: &str,
        kind: AppKind,
        state: &str,
        now: Seconds,
    ) -> Result<(Code, &Grant), OktaError> {
        let unknown = || OktaError::invalid(&rule::CONSENT_CODE_UNKNOWN, "code");
        let code = Code::parse(text).ok_or_else(unknown)?;
        let grant = self
            .grants
            .get(&code)
            .filter(|grant| grant.kind == kind && grant.state == state)
            .ok_or_else(unknown)?;
        if now >= grant.issued.plus(CODE_LIFETIME) {
            let cause = "code: The code has expired";
            return Err(OktaError::validation(&rule::CONSENT_CODE_EXPIRED, "code", cause));
        }
        Ok((code, grant))
    }

    /// Lets the codes of one attempt grow old.
    pub fn age(&mut self, state: &str, seconds: u32) {
        for grant in self.grants.values_mut().filter(|grant| grant.state == state) {
            grant.issued = grant.issued.plus(-i64::from(seconds));
        }
    }

    /// Exchanges a code: it is spent.
    pub fn spend(&mut self, code: Code) {
        self.grants.remove(&code);
        self.order.retain(|other| *other != code);
    }
}
