//! How much work a criterion may be: its text when a flow is loaded, and its query of an answer.

use serde_json::Value;

/// Parsers call themselves for each level.
const DEEPEST: usize = 32;
const LONGEST: usize = 4_096;
/// So many values a query may look at.
const MOST_VISITS: u64 = 5_000_000;

/// Refuses a condition that is too long or nested too deep to be parsed.
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
    // What is quoted counts, too: no criterion needs so many brackets there.
    if deepest > DEEPEST {
        return Err(format!("the criterion is nested {deepest} levels deep; at most {DEEPEST} are allowed"));
    }
    if length > LONGEST {
        return Err(format!("the criterion has {length} characters; at most {LONGEST} are allowed"));
    }
    Ok(())
}

/// By which power of the number of values the work of a JSONPath query grows: each descendant segment and
/// each filter may look at all of them again.
pub(super) fn exponent(query: &str) -> u32 {
    let count = query.matches("..").count() + query.matches('?').count();
    u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

/// Whether a query of that exponent comes to an end in a fraction of a second.
pub(super) fn is_affordable(value: &Value, exponent: u32) -> bool {
    values(value).checked_pow(exponent).is_some_and(|visits| visits <= MOST_VISITS)
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
        for (deep, wanted) in [
            ("(".repeat(5_000), "nested 5000 levels deep"),
            (format!("$[?{}@.a{}]", "(".repeat(5_000), ")".repeat(5_000)), "levels deep"),
            ("!".repeat(5_000), "5000 characters"),
        ] {
            assert!(check(&deep).is_err_and(|reason| reason.contains(wanted)), "{wanted}");
        }
    }

    #[test]
    fn a_query_is_bounded_by_the_values_it_looks_at() {
        assert_eq!((exponent("$.a.b"), exponent("$..a"), exponent("$..[?@..b]")), (1, 1, 3));
        let large = json!(vec![0; 20_000]);
        assert!(is_affordable(&large, 1) && !is_affordable(&large, 2));
        assert!(is_affordable(&json!({"a": [1, 2]}), 4));
    }
}
