//! A requested consent, and the decision of the person.

use reqwest::Url;

use super::form::Button;

/// One requested consent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConsentRequest<'a> {
    pub(crate) decision: Decision,
    /// The authorize link of the connection.
    pub(crate) authorize: &'a str,
    /// The app's name and id, which the result must contain.
    pub(crate) app: &'a str,
    pub(crate) app_id: &'a str,
    /// The base of the org's links to itself, whose host may differ from the target's.
    pub(crate) org: Option<&'a Url>,
}

/// The decision of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny,
}

impl Decision {
    /// The decision that an operation of the source description represents.
    pub(crate) fn of_operation(id: &str) -> Option<Self> {
        match id {
            "grantConsent" => Some(Self::Allow),
            "denyConsent" => Some(Self::Deny),
            _ => None,
        }
    }

    /// The word shown to people and passed to commands.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }

    pub(super) fn meant_by(self, button: &Button) -> bool {
        let words: &[&str] = match self {
            Self::Allow => &["allow", "accept", "grant", "authorize", "approve"],
            Self::Deny => &["deny", "cancel", "decline", "reject"],
        };
        let text = [button.value.trim().to_lowercase(), button.label.trim().to_lowercase()];
        text.iter().any(|text| words.contains(&text.as_str()))
    }
}
