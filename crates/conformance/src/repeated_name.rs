//! Detects JSON objects that contain a name twice; readers differ in the value they use (RFC 8259, 4).

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The first repeated name in one object of a well-formed text, and the line of its second occurrence.
pub(crate) fn repeated_name(text: &[u8]) -> Option<(String, usize)> {
    let error = serde_json::from_slice::<UniqueMembers>(text).err()?;
    let message = error.to_string();
    let name = message.strip_prefix(MARK)?;
    Some((name.rsplit_once(" at line ").map_or(name, |(name, _)| name).to_owned(), error.line()))
}

const MARK: &str = "twice: ";

/// A value that is discarded.
struct UniqueMembers;

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for UniqueMembers {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value::<Self>()?;
            if let Some(name) = names.replace(name) {
                return Err(de::Error::custom(format_args!("{MARK}{name}")));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::repeated_name;

    #[test]
    fn repeated_names_in_an_object_are_found() {
        let name = |text: &str| repeated_name(text.as_bytes()).map(|(name, line)| format!("{name}, {line}"));
        assert_eq!(name(r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#), None);
        assert_eq!(name("{\"status\":\"A\",\n\"x\":[],\n\"status\":\"B\"}").as_deref(), Some("status, 3"));
        assert_eq!(name(r#"[{"a":{"b":1,"\u0062":2}}]"#).as_deref(), Some("b, 1"));
        assert_eq!(name("{"), None, "malformed JSON is reported elsewhere");
    }
}
