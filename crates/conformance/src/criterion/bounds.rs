//! Limits the work of a criterion: its text when a flow is loaded, and its query of an answer.

use serde_json::Value;

/// Maximum nesting; parsers recurse for each level.
const MAX_DEPTH: usize = 32;
const MAX_LENGTH: usize = 4_096;
/// Maximum number of values that a query may visit.
const MAX_VISITS: u64 = 5_000_000;

/// Rejects a condition that is too long or nested too deeply to be parsed.
pub(super) fn check(condition: &str) -> Result<(), String> {
    let length = condition.chars().count();
    let mut depth = 0_usize;
    let mut deepest = 0;
    for letter in condition.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    // Quoted brackets count too; no criterion needs so many.
    if deepest > MAX_DEPTH {
        return Err(format!(
            "the criterion is nested {deepest} levels deep; at most {MAX_DEPTH} are allowed"
        ));
    }
    if length > MAX_LENGTH {
        return Err(format!("the criterion has {length} characters; at most {MAX_LENGTH} are allowed"));
    }
    Ok(())
}

/// The exponent of the work of a JSONPath query in the number of values: each descendant segment and each
/// filter may visit all of them again.
pub(super) fn exponent(query: &str) -> u32 {
    let count = query.matches("..").count() + query.matches('?').count();
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

/// True if a query with that exponent ends within a fraction of a second.
pub(super) fn is_affordable(value: &Value, exponent: u32) -> bool {
    values(value).checked_pow(exponent).is_some_and(|visits| visits <= MAX_VISITS)
}

fn values(value: &Value) -> u64 {
    1 + match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_is_bounded_in_length_and_depth() {
        assert_eq!(check("$statusCode == 200 && ($response.body#/a == 'x')"), Ok(()));
        for (deep, expected) in [
            ("(".repeat(5_000), "nested 5000 levels deep"),
            (format!("$[?{}@.a{}]", "(".repeat(5_000), ")".repeat(5_000)), "levels deep"),
            ("!".repeat(5_000), "5000 characters"),
        ] {
            assert!(check(&deep).is_err_and(|reason| reason.contains(expected)), "{expected}");
        }
    }

    #[test]
    fn a_query_is_bounded_by_the_values_it_visits() {
        assert_eq!((exponent("$.a.b"), exponent("$..a"), exponent("$..[?@..b]")), (1, 1, 3));
        let large = json!(vec![0; 20_000]);
        assert!(is_affordable(&large, 1) && !is_affordable(&large, 2));
        assert!(is_affordable(&json!({"a": [1, 2]}), 4));
    }
}
