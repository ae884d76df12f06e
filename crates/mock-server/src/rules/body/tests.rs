//! Parsing, ignored members, and limits.
#![cfg(test)]
#![allow(clippy::unwrap_used)]
use super::*;

fn rule_of(bytes: &[u8]) -> &'static str {
    parse_object(bytes).unwrap_err().rule.name
}

#[test]
fn each_malformed_body_has_its_own_rule() {
    assert_eq!(rule_of(b""), "body.missing");
    assert_eq!(rule_of(b"{"), "body.not-json");
    assert_eq!(rule_of(b"{} x"), "body.not-json");
    assert_eq!(rule_of(b"{\"a\":\"\xff\"}"), "body.not-json");
    assert_eq!(rule_of(&[b'['; 5000]), "body.not-json");
    assert_eq!(rule_of(b"[]"), "body.wrong-type");
    assert_eq!(rule_of(b"null"), "body.wrong-type");
    assert_eq!(rule_of(br#"{"a":1,"a":1}"#), "body.duplicate-member");
    assert_eq!(rule_of(br#"{"a":{"b":[{"c":1,"c":2}]}}"#), "body.duplicate-member");
}

#[test]
fn escaped_members_are_found() {
    let object = parse_object(br#"{"\u0061b":"c\nd","e":{"f":null}}"#).unwrap();
    assert_eq!(object.names().collect::<Vec<_>>(), ["ab", "e"]);
    assert_eq!(Members::from(&object).text("ab").unwrap(), Some("c\nd"));
    assert!(Members::from(&object).object("e").unwrap().is_some_and(|inner| !inner.is_empty()));
}

#[test]
fn unread_members_are_named() {
    let object = parse_object(br#"{"a":1,"b":{"c":1,"d/e":2},"f":{"g":1},"_links":{"x":{}}}"#).unwrap();
    let members = Members::from(&object);
    let _ = members.get("a");
    let _ = members.object("b").unwrap().unwrap().get("c");
    object.mark_read(&["_links"]);
    assert_eq!(object.ignored(), ["/b/d~1e", "/f"]);
    let error = check_nothing_ignored(&object).unwrap_err();
    assert_eq!((error.summary.as_ref(), error.causes.len()), ("Api validation failed: /b/d~1e", 2));
}

#[test]
fn the_length_limit_counts_characters() {
    assert!(check_length(&"ä".repeat(100), "label", 100).is_ok());
    assert_eq!(
        check_length(&"a".repeat(101), "label", 100).unwrap_err().causes,
        ["label: The field is too long"]
    );
}

#[test]
fn escaped_duplicate_names_are_detected() {
    assert_eq!(rule_of(br#"{"a":1,"\u0061":2}"#), "body.duplicate-member");
}
