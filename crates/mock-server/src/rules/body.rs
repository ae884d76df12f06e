//! Reading request bodies: JSON in which every name stands once, then its members by type.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::behaviour as rule;
use super::error::OktaError;

/// Reads a body that must be a JSON object.
///
/// # Errors
/// E0000003 when there is no body, when it is not JSON (nesting beyond 128 levels included),
/// when a name stands twice in one object, or when it is not an object.
pub fn parse_object(octets: &[u8]) -> Result<Map<String, Value>, OktaError> {
    if octets.is_empty() {
        return Err(OktaError::malformed(&rule::BODY_MISSING));
    }
    match serde_json::from_slice::<UniqueNames>(octets) {
        Ok(UniqueNames(Value::Object(object))) => Ok(object),
        Ok(_) => Err(OktaError::malformed(&rule::BODY_WRONG_TYPE)),
        Err(error) if error.to_string().starts_with(DUPLICATE) => {
            Err(OktaError::malformed(&rule::BODY_DUPLICATE_MEMBER))
        }
        Err(_) => Err(OktaError::malformed(&rule::BODY_NOT_JSON)),
    }
}

/// The members of one JSON object of a request. A `null` counts as absent unless asked for.
#[derive(Clone, Copy)]
pub struct Members<'a>(&'a Map<String, Value>);

impl<'a> From<&'a Map<String, Value>> for Members<'a> {
    fn from(object: &'a Map<String, Value>) -> Self {
        Self(object)
    }
}

/// What a member holds, where `null` and absent are different things.
pub enum Presence<T> {
    /// The member is not there.
    Absent,
    /// The member is `null`.
    Null,
    /// The member has a value.
    Value(T),
}

impl<'a> Members<'a> {
    /// A text member.
    ///
    /// # Errors
    /// E0000003 when it has another JSON type.
    pub fn text(self, name: &str) -> Result<Option<&'a str>, OktaError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type()),
        }
    }

    /// A boolean member.
    ///
    /// # Errors
    /// E0000003 when it has another JSON type.
    pub fn boolean(self, name: &str) -> Result<Option<bool>, OktaError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong_type()),
        }
    }

    /// A member that is an object.
    ///
    /// # Errors
    /// E0000003 when it has another JSON type.
    pub fn object(self, name: &str) -> Result<Option<Members<'a>>, OktaError> {
        match self.object_or_null(name)? {
            Presence::Value(object) => Ok(Some(object)),
            Presence::Absent | Presence::Null => Ok(None),
        }
    }

    /// A member that is an object, or `null` where that has a meaning of its own.
    ///
    /// # Errors
    /// E0000003 when it has another JSON type.
    pub fn object_or_null(self, name: &str) -> Result<Presence<Members<'a>>, OktaError> {
        match self.0.get(name) {
            None => Ok(Presence::Absent),
            Some(Value::Null) => Ok(Presence::Null),
            Some(Value::Object(object)) => Ok(Presence::Value(Members(object))),
            Some(_) => Err(wrong_type()),
        }
    }

    /// A text member that the sources spell in two ways.
    ///
    /// # Errors
    /// E0000003 when it has another JSON type or both spellings are there and disagree.
    pub fn text_of_either(self, one: &str, other: &str) -> Result<Option<&'a str>, OktaError> {
        match (self.text(one)?, self.text(other)?) {
            (Some(first), Some(second)) if first != second => {
                Err(OktaError::malformed(&rule::BODY_SPELLINGS_DISAGREE))
            }
            (first, second) => Ok(first.or(second)),
        }
    }

    /// Whether the object has no members at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The raw value of a member.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    /// All members, in the order of the request.
    pub fn iter(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.0.iter()
    }
}

/// The refusal of a member whose JSON type is not the documented one.
#[must_use]
pub fn wrong_type() -> OktaError {
    OktaError::malformed(&rule::BODY_WRONG_TYPE)
}

/// Whether a required text is missing: absent, empty or white space only.
#[must_use]
pub fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

const DUPLICATE: &str = "duplicate member";

/// A JSON value in which no object has the same name twice.
struct UniqueNames(Value);

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueNamesVisitor)
    }
}

struct UniqueNamesVisitor;

impl<'de> Visitor<'de> for UniqueNamesVisitor {
    type Value = UniqueNames;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<UniqueNames, E> {
        Ok(UniqueNames(Value::Null))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<UniqueNames, E> {
        Ok(UniqueNames(Value::Bool(value)))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<UniqueNames, E> {
        Ok(UniqueNames(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<UniqueNames, E> {
        Ok(UniqueNames(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<UniqueNames, E> {
        Ok(UniqueNames(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<UniqueNames, E> {
        Ok(UniqueNames(value.into()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<UniqueNames, E> {
        Ok(UniqueNames(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<UniqueNames, A::Error> {
        let mut array = Vec::new();
        while let Some(UniqueNames(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(UniqueNames(Value::Array(array)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<UniqueNames, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let UniqueNames(value) = members.next_value()?;
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom(DUPLICATE));
            }
        }
        Ok(UniqueNames(Value::Object(object)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rule_of(octets: &[u8]) -> &'static str {
        parse_object(octets).unwrap_err().rule.name
    }

    #[test]
    fn each_way_of_being_malformed_has_its_rule() {
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
    fn names_are_compared_after_escapes() {
        assert_eq!(rule_of(br#"{"a":1,"\u0061":2}"#), "body.duplicate-member");
    }
}
