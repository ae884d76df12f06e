//! A key set has to hold keys that somebody can use, and nothing that is private.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::check::{self, Check};
use crate::event::Finding;
use crate::place::Place;

/// RFC 7518, 6.3.2 and 6.4: these are for whoever signs.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// RFC 7517, 4.3: what a private key does.
const WITH_PRIVATE: [&str; 3] = ["sign", "decrypt", "unwrapKey"];

/// Libraries take no public exponent that is longer, in octets; the usual one is 65537.
const LONGEST_EXPONENT: usize = 4;

/// Checks an object that has `keys`; another is none of its business.
pub(super) fn check(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    let Some(keys) = object.get("keys").and_then(Value::as_array) else { return };
    let list = Place::Member(place, "keys");
    let mut seen: Vec<&str> = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let place = Place::Item(&list, index);
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let mut found = |check: &'static Check, name: &str, wanted: &str, came: &str| {
            let place = format!("body#{}", Place::Member(&place, name));
            findings.push(Finding { check, place, wanted: wanted.to_owned(), came: came.to_owned() });
        };
        let is_private = |name: &&String| {
            PRIVATE.contains(&name.as_str()) || name.to_ascii_lowercase().contains("private")
        };
        for name in key.as_object().into_iter().flat_map(Map::keys).filter(is_private) {
            found(&check::CONTRACT_KEYS_PRIVATE, name, "nothing private (RFC 7518, 6.3.2)", "present");
        }
        if let Some(id) = text("kid") {
            // RFC 7517, 4.5.
            if seen.contains(&id) {
                found(&check::CONTRACT_KEYS_UNIQUE, "kid", "another in each key of the set", id);
            }
            seen.push(id);
        }
        let operations = key.get("key_ops").and_then(Value::as_array).into_iter().flatten();
        for operation in operations.filter_map(Value::as_str).filter(|name| WITH_PRIVATE.contains(name)) {
            found(
                &check::CONTRACT_KEYS_OPERATIONS,
                "key_ops",
                "what a public key is good for (RFC 7517, 4.3)",
                operation,
            );
        }
        if text("kty") == Some("RSA") {
            if text("n").and_then(number).is_some_and(|modulus| !is_odd(&modulus)) {
                found(
                    &check::CONTRACT_KEYS_NUMBERS,
                    "n",
                    "a product of odd primes (RFC 8017, 3.1)",
                    "an even number",
                );
            }
            let unfit = |exponent: Vec<u8>| {
                !is_odd(&exponent) || exponent == [1] || exponent.len() > LONGEST_EXPONENT
            };
            if text("e").and_then(number).is_some_and(unfit) {
                found(
                    &check::CONTRACT_KEYS_NUMBERS,
                    "e",
                    "a small odd number, 3 at least (RFC 8017, 3.1)",
                    text("e").unwrap_or_default(),
                );
            }
        }
    }
}

/// A number as octets, without leading zeros. What is no base64url is for the schema to say.
fn number(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let octets = GeneralPurpose::new(&URL_SAFE, lenient).decode(text).ok()?;
    Some(octets.into_iter().skip_while(|octet| *octet == 0).collect())
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|octet| octet & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(keys: &Value) -> Vec<String> {
        let mut findings = Vec::new();
        let set = json!({ "keys": keys });
        if let Some(object) = set.as_object() {
            check(object, &Place::Root, &mut findings);
        }
        findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_set_has_public_keys_of_different_names() {
        let key = |kid: &str| json!({"kty": "RSA", "kid": kid, "e": "AQAB", "n": "-_8"});
        assert_eq!(places(&json!([key("a"), key("b")])), [""; 0]);
        assert_eq!(places(&json!([key("a"), key("a")])), ["body#/keys/1/kid"]);
        for (name, value) in
            [("n", "-_4"), ("e", "AQ"), ("e", "AQAA"), ("e", "NjU1Mzc"), ("d", "x"), ("privateKey", "x")]
        {
            let mut wrong = key("a");
            wrong[name] = value.into();
            assert_eq!(places(&json!([wrong])), [format!("body#/keys/0/{name}")]);
        }
        let able = |operations: &[&str]| json!({"kty": "RSA", "kid": "a", "key_ops": operations});
        assert_eq!(places(&json!([able(&["verify"])])), [""; 0]);
        assert_eq!(places(&json!([able(&["verify", "sign"])])), ["body#/keys/0/key_ops"]);
    }
}
