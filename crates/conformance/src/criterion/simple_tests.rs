//! The semantics of simple conditions: letter case, numbers, absent values.
#![cfg(test)]
#![allow(clippy::unwrap_used)]

use super::*;
use crate::expression::StepOutputs;
use proptest::prelude::*;
use serde_json::{Map, json};

fn holds(condition: &str, inputs: Value) -> bool {
    let Value::Object(inputs) = inputs else {
        return false;
    };
    let scope = Scope { inputs: &inputs, steps: &StepOutputs::new(), outputs: &Map::new(), exchange: None };
    Condition::parse(condition).unwrap().holds(&scope)
}

#[test]
fn strings_ignore_case_and_numeric_strings_are_numbers() {
    let inputs = || json!({"s": "Enabled", "n": 5, "t": "5", "z": null, "y": true});
    for condition in [
        "$inputs.s == 'ENABLED'",
        "$inputs.s != 'disabled'",
        "$inputs.n == 5",
        "$inputs.n == '5'",
        "$inputs.t == 5",
        "$inputs.t == 5.0",
        "$inputs.n >= 5 && $inputs.n < 6",
        "$inputs.s == 'x' || $inputs.n == 5",
        "!($inputs.n == 6)",
        "$inputs.z == null",
        "$inputs.y == true",
        "$inputs.y",
        "($inputs.n == 1 || $inputs.n == 5) && $inputs.s == 'enabled'",
    ] {
        assert!(holds(condition, inputs()), "{condition}");
    }
    for condition in [
        "$inputs.s == 'Enable'",
        "$inputs.n == '6'",
        "$inputs.y == 'true'",
        "$inputs.z",
        "$inputs.s > 3",
        "$inputs.n == null",
    ] {
        assert!(!holds(condition, inputs()), "{condition}");
    }
}

#[test]
fn an_absent_value_makes_a_condition_false() {
    for condition in [
        "$inputs.none == 'x'",
        "$inputs.none != 'x'",
        "$inputs.none == null",
        "!($inputs.none == 'x')",
        "$inputs.none",
        "!$inputs.none",
        "$inputs.a == 1 && $inputs.none == 1",
        "$response.body#/x == 1",
        "$statusCode == 200",
    ] {
        assert!(!holds(condition, json!({"a": 1})), "{condition}");
    }
    assert!(holds("$inputs.a == 1 || $inputs.none == 1", json!({"a": 1})));
}

#[test]
fn quotes_are_doubled_and_errors_have_a_reason() {
    assert!(holds("$inputs.s == 'it''s (a) == b'", json!({"s": "it's (a) == b"})));
    for (text, reason) in [
        ("$statusCode = 200", "`=`"),
        ("$statusCode == ENABLED", "single quotes"),
        ("$statusCode == 'x", "closing quote"),
        ("($statusCode == 200", "`)` is missing"),
        ("$statusCode == 200 200", "unexpected text"),
        ("$response.body.status == 1", "JSON pointer"),
        ("", "missing"),
    ] {
        let problem = Condition::parse(text).unwrap_err();
        assert!(problem.contains(reason), "{text}: {problem}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in "[ $a-z.#/'()!=<>&|0-9é]{0,40}") {
        let _ = Condition::parse(&text);
    }
}
