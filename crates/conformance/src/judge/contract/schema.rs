//! A schema of the document, and the findings for values that do not match it.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::extent::Extent;
use crate::exchange::is_larger;
use crate::judgement::Findings;
use crate::shortened::shortened;

/// Maximum number of findings of one value.
const MAX_FINDINGS: usize = 12;

/// Minimum size of a large value in bytes. No answer of the documented flows is large.
const LARGE: usize = 256 * 1024;

/// A compiled schema.
pub(super) struct Schema {
    pub(super) validator: Validator,
    pub(super) extent: Extent,
}

impl Schema {
    /// Adds findings for a value that does not match. Values that cannot be validated in bounded time are
    /// left to `check_extent`.
    pub(super) fn check(&self, value: &Value, place: &str, findings: &mut Findings<'_>) {
        if !self.extent.is_affordable(value) {
            return;
        }
        // All errors of a list are computed before the first is returned, so of a large value only one is
        // reported.
        let errors: Vec<ValidationError<'_>> = match is_larger(value, LARGE) {
            true => self.validator.validate(value).err().into_iter().collect(),
            false => self.validator.iter_errors(value).take(MAX_FINDINGS).collect(),
        };
        for error in &errors {
            let error = nearest(error).unwrap_or(error);
            let path = error.instance_path().as_str().to_owned();
            let actual = value.pointer(&path).map(short).unwrap_or_default();
            let hash = if path.is_empty() { "" } else { "#" };
            findings.add(format!("{place}{hash}{path}"), expected(error), actual);
        }
    }

    /// Adds a finding for a value that cannot be validated in bounded time.
    pub(super) fn check_extent(&self, value: &Value, place: &str, findings: &mut Findings<'_>) {
        if !self.extent.is_affordable(value) {
            let expected =
                "a value that is nested less deeply, because its schema refers to itself more than once";
            findings.add(place, expected, short(value));
        }
    }
}

/// Of alternatives that all fail, selects the most specific error: the one deepest inside the value.
fn nearest<'e, 'v>(error: &'e ValidationError<'v>) -> Option<&'e ValidationError<'v>> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return None;
    };
    let depth = |error: &ValidationError<'_>| error.instance_path().as_str().matches('/').count();
    let own = depth(error);
    let deepest = context.iter().filter_map(|branch| branch.first()).max_by_key(|error| depth(error))?;
    (depth(deepest) > own).then(|| nearest(deepest).unwrap_or(deepest))
}

/// The requirement of a keyword, as the expected value of a finding.
fn expected(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Enum { options } => format!("one of {options}"),
        ValidationErrorKind::Constant { expected_value } => expected_value.to_string(),
        ValidationErrorKind::Required { property } => format!("a member {property}"),
        ValidationErrorKind::Pattern { pattern } => format!("matches {pattern}"),
        ValidationErrorKind::Format { format } => format!("of the form `{format}`"),
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => format!("of type {kind}"),
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            format!("no member {}", unexpected.join(", "))
        }
        _ => format!("valid: {}", error.masked_with("the value")),
    }
}

fn short(value: &Value) -> String {
    const MAX_VALUE: usize = 200;
    shortened(&value.to_string(), MAX_VALUE).into_owned()
}
