//! Checks of key sets: the keys must be usable, and nothing private may be included.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::exchange::Exchange;
use crate::value_path::pointer_token;

/// Members for signing only (RFC 7518, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Operations of private keys (RFC 7517, 4.3).
const WITH_PRIVATE: [&str; 3] = ["sign", "decrypt", "unwrapKey"];

/// Maximum length of a public exponent in bytes, as libraries accept it; the usual one is 65537.
const MAX_EXPONENT_BYTES: usize = 4;

pub(super) static PRIVATE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.keys.private",
        sentence: "A public key set has no private members.",
        source: "RFC 7518, 6.3.2",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for (key, place) in keys(exchange) {
            let is_private = |name: &&String| {
                PRIVATE_MEMBERS.contains(&name.as_str()) || name.to_ascii_lowercase().contains("private")
            };
            for name in key.keys().filter(is_private) {
                findings.add(member(&place, name), "nothing private (RFC 7518, 6.3.2)", "present");
            }
        }
    },
};

pub(super) static UNIQUE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.keys.unique",
        sentence: "The keys of a set have different ids.",
        source: "RFC 7517, 4.5",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        let keys = keys(exchange);
        for (key, place) in &keys {
            let set = place.rsplit_once('/').map_or("", |(set, _)| set);
            if let Some(id) = text(key, "kid").filter(|id| !seen.insert((set, *id))) {
                findings.add(member(place, "kid"), "a different one for each key of the set", id);
            }
        }
    },
};

pub(super) static OPERATIONS: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.keys.operations",
        sentence: "The operations of a public key are possible with public keys.",
        source: "RFC 7517, 4.3",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for (key, place) in keys(exchange) {
            let operations = key.get("key_ops").and_then(Value::as_array).into_iter().flatten();
            for operation in operations.filter_map(Value::as_str).filter(|name| WITH_PRIVATE.contains(name)) {
                let expected = "an operation of public keys (RFC 7517, 4.3)";
                findings.add(member(&place, "key_ops"), expected, operation);
            }
        }
    },
};

pub(super) static NUMBERS: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.keys.numbers",
        sentence: "The modulus and exponent of an RSA key are valid.",
        source: "RFC 8017, 3.1",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for (key, place) in keys(exchange).into_iter().filter(|(key, _)| text(key, "kty") == Some("RSA")) {
            if text(key, "n").and_then(number).is_some_and(|modulus| !is_odd(&modulus)) {
                let expected = "a product of odd primes (RFC 8017, 3.1)";
                findings.add(member(&place, "n"), expected, "an even number");
            }
            let Some(exponent) = text(key, "e").filter(|text| number(text).is_some_and(is_invalid_exponent))
            else {
                continue;
            };
            findings.add(member(&place, "e"), "a small odd number of at least 3 (RFC 8017, 3.1)", exponent);
        }
    },
};

/// The keys in the key sets of an answer, with their places.
fn keys<'a>(exchange: &Exchange<'a>) -> Vec<(&'a Map<String, Value>, String)> {
    let mut all = Vec::new();
    for object in &exchange.objects {
        let keys = object.members.get("keys").and_then(Value::as_array).into_iter().flatten();
        let keys = keys.enumerate().filter_map(|(index, key)| Some((index, key.as_object()?)));
        all.extend(keys.map(|(index, key)| (key, object.place(&format!("keys/{index}")))));
    }
    all
}

fn text<'a>(key: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Value::as_str)
}

fn member(key: &str, name: &str) -> String {
    format!("{key}/{}", pointer_token(name))
}

fn is_invalid_exponent(exponent: Vec<u8>) -> bool {
    !is_odd(&exponent) || exponent == [1] || exponent.len() > MAX_EXPONENT_BYTES
}

/// A number as bytes, without leading zeros. The schema reports invalid base64url.
fn number(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&URL_SAFE, lenient).decode(text).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn places(keys: &Value) -> Vec<String> {
        TestExchange::of(&json!({ "keys": keys })).places(&[&PRIVATE, &UNIQUE, &OPERATIONS, &NUMBERS])
    }

    #[test]
    fn a_set_has_public_keys_with_different_ids() {
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
