//! The members of an object by their type.

use super::checks::wrong_type;
use super::object::{Json, Object};
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// The members of a JSON object of a request. `null` counts as absent, except in
/// [`Members::object_or_null`].
#[derive(Clone, Copy)]
pub(crate) struct Members<'a>(&'a Object<'a>);

impl<'a> From<&'a Object<'a>> for Members<'a> {
    fn from(object: &'a Object<'a>) -> Self {
        Self(object)
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
        self.0.is_empty()
    }

    /// Returns all members as a JSON value and marks them as read.
    #[must_use]
    pub(crate) fn to_value(self) -> serde_json::Value {
        self.0.into()
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
