//! The third-party app's authorization server: its clients and the codes it issued.

use super::behaviour as rule;
use super::catalogue::AppKind;
use super::error::OktaError;
use super::identifier::{Code, Seconds};

/// Lifetime of a code, in seconds (RFC 6749, 4.1.2: at most ten minutes).
pub(crate) const CODE_LIFETIME: i64 = 600;

/// Maximum number of codes per attempt. The oldest is dropped first.
const CODES_OF_ATTEMPT: usize = 8;

/// Returns the client id under which Okta is registered at a third-party app.
#[must_use]
pub(crate) fn client_id(kind: AppKind) -> String {
    format!("okta-{}", kind.definition().name)
}

/// Returns the path of Okta's redirect URI for an app, in the form documented for SCIM apps (docs).
#[must_use]
pub(crate) fn redirect_path(kind: AppKind) -> String {
    format!("/admin/app/cpc/{}/oauth/callback", kind.definition().name)
}

/// A code that a third-party app issued.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    code: Code,
    /// The redirect URI of the authorization request.
    redirect_uri: Box<str>,
    issued: Seconds,
}

/// The codes issued for one attempt. They are dropped with the attempt, and other attempts do not affect
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codes(Vec<Grant>);

impl Codes {
    /// Creates an empty list.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Issues a code for a person's consent.
    pub(crate) fn issue(&mut self, code: Code, redirect_uri: &str, now: Seconds) {
        self.0.retain(|grant| now < grant.issued.plus(CODE_LIFETIME));
        if self.0.len() >= CODES_OF_ATTEMPT {
            self.0.remove(0);
        }
        self.0.push(Grant { code, redirect_uri: redirect_uri.into(), issued: now });
    }

    /// Checks that a code is valid for this attempt and, if given, this redirect URI.
    ///
    /// # Errors
    /// E0000001 if the code was not issued for them, was spent, or has expired.
    pub(crate) fn check(
        &self,
        text: &str,
        redirect_uri: Option<&str>,
        now: Seconds,
    ) -> Result<Code, OktaError> {
        let unknown = || OktaError::invalid(&rule::CONSENT_CODE_UNKNOWN, "code");
        let code = Code::parse(text).ok_or_else(unknown)?;
        let grant = self
            .0
            .iter()
            .find(|grant| grant.code == code)
            .filter(|grant| redirect_uri.is_none_or(|uri| *grant.redirect_uri == *uri))
            .ok_or_else(unknown)?;
        if now >= grant.issued.plus(CODE_LIFETIME) {
            let cause = "code: The code has expired";
            return Err(OktaError::validation(&rule::CONSENT_CODE_EXPIRED, "code", cause));
        }
        Ok(code)
    }

    /// Ages all codes.
    pub(crate) fn age(&mut self, seconds: u32) {
        for grant in &mut self.0 {
            grant.issued = grant.issued.plus(-i64::from(seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_keeps_its_newest_codes() {
        let mut codes = Codes::default();
        for number in 0..20 {
            codes.issue(Code([number; 24]), "https://a", Seconds(0));
        }
        assert_eq!(codes.0.len(), CODES_OF_ATTEMPT);
        let text = |number| Code([number; 24]).to_string();
        assert!(codes.check(&text(19), None, Seconds(0)).is_ok());
        assert!(codes.check(&text(0), None, Seconds(0)).is_err());
    }

    #[test]
    fn a_code_is_valid_for_ten_minutes_and_its_redirect_uri() {
        let mut codes = Codes::default();
        codes.issue(Code([1; 24]), "https://a", Seconds(0));
        let text = Code([1; 24]).to_string();
        let rule = |uri, now| codes.check(&text, uri, Seconds(now)).err().map(|error| error.rule.name);
        assert_eq!(rule(Some("https://a"), 599), None);
        assert_eq!(rule(Some("https://b"), 1), Some("consent.code-unknown"));
        assert_eq!(rule(None, 600), Some("consent.code-expired"));
    }
}
