//! Request bodies: JSON without duplicate names, and its members by type.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::behaviour as rule;
use super::error::{OktaError, Refusals, echo};

/// A JSON value of a request. Text without escapes is borrowed from the request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    /// `null`
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number. Only the control plane and `seatCount` take one.
    Number(serde_json::Number),
    /// Text.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// A JSON object without duplicate names, in the order of the request.
///
/// It records which members are read, so that ignored members can be named.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object<'a>(Vec<Member<'a>>);

#[derive(Clone, Debug)]
struct Member<'a> {
    name: Cow<'a, str>,
    value: Json<'a>,
    was_read: Cell<bool>,
}

impl PartialEq for Member<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl<'a> Object<'a> {
    /// Returns the value of a member and marks it as read.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        let member = self.0.iter().find(|member| member.name == name)?;
        member.was_read.set(true);
        Some(&member.value)
    }

    /// Returns the names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|member| &*member.name)
    }

    /// Marks members as read whose values the operation documents as ignored.
    pub(crate) fn mark_read(&self, names: &[&str]) {
        for member in self.0.iter().filter(|member| names.contains(&&*member.name)) {
            member.was_read.set(true);
            if let Json::Object(inner) = &member.value {
                inner.mark_all_read();
            }
        }
    }

    /// Marks members as read that equal those of the resource: they request no change.
    pub(crate) fn mark_unchanged(&self, resource: &serde_json::Value) {
        for member in &self.0 {
            match (&member.value, resource.get(&*member.name)) {
                (Json::Object(inner), Some(current @ serde_json::Value::Object(_))) => {
                    member.was_read.set(true);
                    inner.mark_unchanged(current);
                }
                (value, Some(current)) if serde_json::Value::from(value) == *current => {
                    member.was_read.set(true);
                }
                _ => {}
            }
        }
    }

    fn mark_all_read(&self) {
        for member in &self.0 {
            member.was_read.set(true);
            if let Json::Object(inner) = &member.value {
                inner.mark_all_read();
            }
        }
    }

    /// Returns the JSON Pointers (RFC 6901) of the first twenty members that were not read, without null
    /// members.
    #[must_use]
    pub(crate) fn ignored(&self) -> Vec<String> {
        let mut pointers = Vec::new();
        self.note_ignored(None, &mut pointers);
        pointers
    }

    fn note_ignored(&self, parent: Option<&MemberPath<'_>>, pointers: &mut Vec<String>) {
        for member in self.unread() {
            if pointers.len() >= MAX_IGNORED {
                return;
            }
            let path = MemberPath { parent, name: &member.name };
            match &member.value {
                Json::Object(inner) if member.was_read.get() => inner.note_ignored(Some(&path), pointers),
                _ => pointers.push(path.pointer()),
            }
        }
    }

    /// Returns true if all members were read, including nested members.
    #[must_use]
    pub(crate) fn is_fully_read(&self) -> bool {
        self.unread().next().is_none()
    }

    /// Returns the members that were not read, and those with a nested member that was not read.
    fn unread(&self) -> impl Iterator<Item = &Member<'a>> {
        self.0.iter().filter(|member| match (&member.value, member.was_read.get()) {
            (Json::Object(inner), true) => !inner.is_fully_read(),
            (Json::Null, _) => false,
            (_, was_read) => !was_read,
        })
    }

    /// Returns true if a name occurs more than once.
    fn has_duplicate_name(&self) -> bool {
        if self.0.len() < 2 {
            return false;
        }
        let mut names: Vec<_> = self.names().collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// The names that lead to a member, linked from the last to the first.
struct MemberPath<'a> {
    parent: Option<&'a MemberPath<'a>>,
    name: &'a str,
}

impl MemberPath<'_> {
    /// Returns the JSON Pointer (RFC 6901) of the member, truncated as in all errors.
    fn pointer(&self) -> String {
        let parent = self.parent.map(Self::pointer).unwrap_or_default();
        let pointer = format!("{parent}/{}", self.name.replace('~', "~0").replace('/', "~1"));
        echo(&pointer).into_owned()
    }
}

/// Refuses a body with ignored members, for strict mode.
///
/// # Errors
/// E0000001 with a cause for each ignored member.
pub(crate) fn check_nothing_ignored(body: &Object<'_>) -> Result<(), OktaError> {
    refuse_ignored(&rule::BODY_STRICT, &body.ignored())
}

/// Refuses a request if parts of it are ignored.
///
/// # Errors
/// E0000001 with a cause for each part.
pub(crate) fn refuse_ignored(rule: &'static rule::Rule, pointers: &[String]) -> Result<(), OktaError> {
    let mut refusals = Refusals::default();
    for pointer in pointers {
        let cause = format!("{pointer}: The mock ignores this, and --strict refuses it");
        refusals.check(Err(OktaError::validation(rule, pointer, cause)));
    }
    refusals.into_result(())
}

/// Maximum number of ignored parts that are named.
pub(crate) const MAX_IGNORED: usize = 20;

/// Checks the length of a text that is stored, in characters.
///
/// # Errors
/// E0000001 naming the member.
pub(crate) fn check_length<'t>(text: &'t str, member: &str, limit: usize) -> Result<&'t str, OktaError> {
    // A text never has more characters than bytes, so most need not be counted.
    if text.len() > limit && text.chars().count() > limit {
        let cause = format!("{member}: The field is too long");
        return Err(OktaError::validation(&rule::BODY_TEXT_TOO_LONG, member, cause));
    }
    Ok(text)
}

/// Default maximum length of a stored text, in characters: OpenAPI's usual limit.
pub(crate) const TEXT_LIMIT: usize = 1024;

/// Parses a body that must be a JSON object.
///
/// # Errors
/// E0000003 if there is no body, if it is not JSON (or nested deeper than 128 levels), if an object has
/// duplicate names, or if the body is not an object.
pub(crate) fn parse_object(bytes: &[u8]) -> Result<Object<'_>, OktaError> {
    if bytes.is_empty() {
        return Err(OktaError::malformed(&rule::BODY_MISSING));
    }
    match serde_json::from_slice(bytes) {
        Ok(Json::Object(object)) => Ok(object),
        Ok(_) => Err(OktaError::malformed(&rule::BODY_WRONG_TYPE)),
        Err(error) if error.to_string().starts_with(DUPLICATE) => {
            Err(OktaError::malformed(&rule::BODY_DUPLICATE_MEMBER))
        }
        Err(_) => Err(OktaError::malformed(&rule::BODY_NOT_JSON)),
    }
}

/// The members of a JSON object of a request. `null` counts as absent, except in
/// [`Members::object_or_null`].
#[derive(Clone, Copy)]
pub(crate) struct Members<'a>(&'a Object<'a>);

impl<'a> From<&'a Object<'a>> for Members<'a> {
    fn from(object: &'a Object<'a>) -> Self {
        Self(object)
    }
}

impl From<&Json<'_>> for serde_json::Value {
    fn from(json: &Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Boolean(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.clone()),
            Json::Text(text) => Self::String(text.clone().into_owned()),
            Json::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(object) => Members(object).to_value(),
        }
    }
}

impl From<&Object<'_>> for serde_json::Value {
    fn from(object: &Object<'_>) -> Self {
        Members(object).to_value()
    }
}

/// The presence of a member, where `null` and absent differ.
pub(crate) enum Presence<T> {
    /// The member is not there.
    Absent,
    /// The member is `null`.
    Null,
    /// The member has a value.
    Value(T),
}

impl<'a> Members<'a> {
    /// Returns a text member.
    ///
    /// # Errors
    /// E0000003 for another JSON type.
    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, OktaError> {
        match self.0.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type()),
        }
    }

    /// Returns a boolean member.
    ///
    /// # Errors
    /// E0000003 for another JSON type.
    pub(crate) fn boolean(self, name: &str) -> Result<Option<bool>, OktaError> {
        match self.0.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Boolean(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong_type()),
        }
    }

    /// Returns an object member.
    ///
    /// # Errors
    /// E0000003 for another JSON type.
    pub(crate) fn object(self, name: &str) -> Result<Option<Members<'a>>, OktaError> {
        match self.object_or_null(name)? {
            Presence::Value(object) => Ok(Some(object)),
            Presence::Absent | Presence::Null => Ok(None),
        }
    }

    /// Returns an object member, where `null` has its own meaning.
    ///
    /// # Errors
    /// E0000003 for another JSON type.
    pub(crate) fn object_or_null(self, name: &str) -> Result<Presence<Members<'a>>, OktaError> {
        match self.0.get(name) {
            None => Ok(Presence::Absent),
            Some(Json::Null) => Ok(Presence::Null),
            Some(Json::Object(object)) => Ok(Presence::Value(Members(object))),
            Some(_) => Err(wrong_type()),
        }
    }

    /// Returns a text member that the sources spell in two ways.
    ///
    /// # Errors
    /// E0000003 for another JSON type, or if both spellings are present with different values.
    pub(crate) fn text_by_either_name(self, one: &str, other: &str) -> Result<Option<&'a str>, OktaError> {
        match (self.text(one)?, self.text(other)?) {
            (Some(first), Some(second)) if first != second => {
                Err(OktaError::malformed(&rule::BODY_SPELLINGS_DISAGREE))
            }
            (first, second) => Ok(first.or(second)),
        }
    }

    /// Marks members as read whose values the operation documents as ignored.
    pub(crate) fn mark_read(self, names: &[&str]) {
        self.0.mark_read(names);
    }

    /// Returns true if the object has no members.
    #[must_use]
    pub(crate) fn is_empty(self) -> bool {
        self.0.0.is_empty()
    }

    /// Returns all members as a JSON value and marks them as read.
    #[must_use]
    pub(crate) fn to_value(self) -> serde_json::Value {
        self.0.mark_all_read();
        let members = self.0.0.iter();
        members
            .map(|member| (member.name.clone().into_owned(), serde_json::Value::from(&member.value)))
            .collect()
    }

    /// Returns the object itself.
    #[must_use]
    pub(crate) const fn into_object(self) -> &'a Object<'a> {
        self.0
    }

    /// Returns the raw value of a member.
    #[must_use]
    pub(crate) fn get(self, name: &str) -> Option<&'a Json<'a>> {
        self.0.get(name)
    }
}

/// Returns the refusal of a member of the wrong JSON type.
#[must_use]
pub(crate) fn wrong_type() -> OktaError {
    OktaError::malformed(&rule::BODY_WRONG_TYPE)
}

/// Returns true if a required text is missing: absent, empty or only white space.
#[must_use]
pub(crate) fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

const DUPLICATE: &str = "duplicate member";

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        // JSON has no infinite or NaN numbers.
        Ok(serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            object.push(Member { name, value: members.next_value()?, was_read: Cell::new(false) });
        }
        let object = Object(object);
        if object.has_duplicate_name() {
            return Err(de::Error::custom(DUPLICATE));
        }
        Ok(Json::Object(object))
    }
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a member")
            }

            fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(value)))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
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
}
