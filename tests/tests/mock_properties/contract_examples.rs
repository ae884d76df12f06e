//! Bodies and header values that the contract must accept, and those it must refuse.

use std::collections::HashMap;

use serde_json::Value;
use workspace_tests::{ContractCheck, json_file};

/// Returns the container of a JSON Pointer's target, and the last part of the pointer.
fn parent<'a>(body: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let last = last.replace("~1", "/").replace("~0", "~");
    (body.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} has no parent")), last)
}

fn remove(body: &mut Value, pointer: &str) {
    let (container, last) = parent(body, pointer);
    let removed = match container {
        Value::Object(members) => members.shift_remove(&last),
        Value::Array(items) => Some(items.remove(last.parse().expect("an index"))),
        _ => None,
    };
    assert!(removed.is_some(), "{pointer} is not there");
}

fn set(body: &mut Value, pointer: &str, value: &Value) {
    let (container, last) = parent(body, pointer);
    match container {
        Value::Object(members) => drop(members.insert(last, value.clone())),
        Value::Array(items) => items[last.parse::<usize>().expect("an index")] = value.clone(),
        _ => panic!("{pointer} has no container"),
    }
}

fn body_of(case: &Value, cases: &HashMap<&str, &Value>) -> Value {
    let Some(base) = case["of"].as_str() else { return case["body"].clone() };
    let mut body = body_of(cases[base], cases);
    for pointer in case["remove"].as_array().into_iter().flatten() {
        remove(&mut body, pointer.as_str().expect("a pointer"));
    }
    for (pointer, value) in case["set"].as_object().into_iter().flatten() {
        set(&mut body, pointer, value);
    }
    body
}

#[test]
fn the_contract_accepts_and_refuses_the_examples() {
    let examples = json_file("fixtures/contract/examples.json");
    let listed = examples["cases"].as_array().expect("cases");
    let cases: HashMap<_, _> =
        listed.iter().map(|case| (case["name"].as_str().expect("a name"), case)).collect();
    assert_eq!(cases.len(), listed.len(), "duplicate case names");
    let wrong: Vec<_> = listed
        .iter()
        .filter_map(|case| {
            let document = case["document"].as_str().unwrap_or("openapi.json");
            let schema = case["schema"].as_str().expect("a schema").trim_start_matches('#');
            let faults = ContractCheck::shared().schema_faults(document, schema, &body_of(case, &cases));
            let as_expected = faults.is_empty() == case["accept"].as_bool().expect("accept");
            (!as_expected).then(|| format!("{} ({}): {faults:?}", case["name"], case["why"]))
        })
        .collect();
    assert!(wrong.is_empty(), "of {} cases: {wrong:#?}", listed.len());
    let refused = listed.iter().filter(|case| case["accept"] == false).count();
    assert!(refused > 50 && listed.len() - refused > 50, "both kinds of cases: {refused}/{}", listed.len());
}
