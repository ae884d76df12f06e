//! Checks of values, and of parts of a request that nothing reads.

use super::object::Object;
use crate::rules::behaviour as rule;
use crate::rules::error::{OktaError, Refusals};

/// Refuses a body with ignored members, for strict mode.
///
/// # Errors
/// E0000001 with a cause for each ignored member.
pub(crate) fn check_nothing_ignored(body: &Object<'_>) -> Result<(), OktaError> {
    refuse_ignored(&rule::BODY_STRICT, &body.ignored())
}

/// Refuses a body with members that the call does not know. If they were ignored, a test harness would
/// believe that they had an effect.
pub(crate) fn check_no_unknown_members(body: &Object<'_>) -> Result<(), OktaError> {
    let mut refusals = Refusals::default();
    for pointer in body.ignored() {
        let cause = format!("{pointer}: Unknown member");
        refusals.check(Err(OktaError::validation(&rule::CONTROL_UNKNOWN_MEMBER, &pointer, cause)));
    }
    refusals.into_result(())
}

/// Refuses a request if parts of it are ignored.
///
/// # Errors
/// E0000001 with a cause for each part.
pub(crate) fn refuse_ignored(rule: &'static rule::Rule, pointers: &[String]) -> Result<(), OktaError> {
    let mut refusals = Refusals::default();
    for pointer in pointers {
        let cause = format!("{pointer}: The mock ignores this, and --strict refuses it");
        refusals.check(Err(OktaError::validation(rule, pointer, cause)));
    }
    refusals.into_result(())
}

/// Checks the length of a text that is stored, in characters.
///
/// # Errors
/// E0000001 naming the member.
pub(crate) fn check_length<'t>(text: &'t str, member: &str, limit: usize) -> Result<&'t str, OktaError> {
    // A text never has more characters than bytes, so most need not be counted.
    if text.len() > limit && text.chars().count() > limit {
        let cause = format!("{member}: The field is too long");
        return Err(OktaError::validation(&rule::BODY_TEXT_TOO_LONG, member, cause));
    }
    Ok(text)
}

/// Default maximum length of a stored text, in characters: OpenAPI's usual limit.
pub(crate) const TEXT_LIMIT: usize = 1024;

/// Returns the refusal of a member of the wrong JSON type.
#[must_use]
pub(crate) fn wrong_type() -> OktaError {
    OktaError::malformed(&rule::BODY_WRONG_TYPE)
}

/// Returns true if a required text is missing: absent, empty or only white space.
#[must_use]
pub(crate) fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}
