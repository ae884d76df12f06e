//! Optional members of a request, each merged over its current value.

use std::cell::RefCell;

use serde_json::Value;

use super::checks::{TEXT_LIMIT, check_length, wrong_type};
use super::members::Members;
use super::object::Json;
use crate::rules::behaviour as rule;
use crate::rules::error::{OktaError, Refusals};

/// Maximum length of JSON that is stored as sent, in characters (the mock's own limit).
pub(crate) const MAX_JSON_LENGTH: usize = 4096;
/// Maximum number of list entries (the mock's own limit).
pub(crate) const MAX_ENTRIES: usize = 100;

/// Optional members, each merged over its current value. A refused value is recorded, and the current value
/// is used instead.
#[derive(Clone, Copy)]
pub(crate) struct Merge<'a, 'r> {
    members: Option<Members<'a>>,
    refusals: &'r RefCell<&'r mut Refusals>,
}

impl<'a, 'r> Merge<'a, 'r> {
    /// Creates the members of an object, or none.
    pub(crate) const fn new(members: Option<Members<'a>>, refusals: &'r RefCell<&'r mut Refusals>) -> Self {
        Self { members, refusals }
    }

    /// Returns all members as a JSON value, if there is an object.
    pub(crate) fn to_value(self) -> Option<Value> {
        self.members.map(Members::to_value)
    }

    /// Returns the value, or records the refusal and returns a substitute.
    pub(crate) fn take<T>(self, outcome: Result<T, OktaError>, otherwise: T) -> T {
        self.refusals.borrow_mut().take(outcome, otherwise)
    }

    /// Returns the raw value of a member.
    pub(crate) fn get(self, name: &str) -> Option<&'a Json<'a>> {
        self.members.and_then(|members| members.get(name))
    }

    /// Returns the members of an object member.
    pub(crate) fn object(self, name: &str) -> Self {
        let object = self.members.map(|members| members.object(name)).transpose();
        Self { members: self.take(object, None).flatten(), ..self }
    }

    /// Marks members as read whose values the operation documents as ignored.
    pub(crate) fn mark_read(self, names: &[&str]) {
        if let Some(members) = self.members {
            members.mark_read(names);
        }
    }

    /// Merges a boolean.
    pub(crate) fn flag(self, name: &str, current: bool) -> bool {
        match self.get(name) {
            None | Some(Json::Null) => current,
            Some(Json::Boolean(value)) => *value,
            Some(_) => self.take(Err(wrong_type()), current),
        }
    }

    /// Merges a whole number.
    pub(crate) fn whole_number(self, name: &str, current: u32) -> u32 {
        let sent = match self.get(name) {
            None | Some(Json::Null) => return current,
            Some(Json::Number(number)) => number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| OktaError::invalid(&rule::APP_MEMBER_VALUE, name)),
            Some(_) => Err(wrong_type()),
        };
        self.take(sent, current)
    }

    /// Merges text that `null` clears; these members are `null` in app objects.
    pub(crate) fn text(self, name: &str, current: &Option<Box<str>>) -> Option<Box<str>> {
        self.text_within(name, current, TEXT_LIMIT)
    }

    /// Like [`Merge::text`], with another maximum length.
    pub(crate) fn text_within(
        self,
        name: &str,
        current: &Option<Box<str>>,
        limit: usize,
    ) -> Option<Box<str>> {
        let sent = match self.get(name) {
            None => return current.clone(),
            Some(Json::Null) => Ok(None),
            Some(Json::Text(text)) => check_length(text, name, limit).map(|text| Some(text.into())),
            Some(_) => Err(wrong_type()),
        };
        self.take(sent, None)
    }

    /// Like [`Merge::text`], but empty text clears the member too (recorded of google).
    pub(crate) fn override_text(self, name: &str, current: &Option<Box<str>>) -> Option<Box<str>> {
        self.text(name, current).filter(|text| !text.is_empty())
    }

    /// Merges a text that has one of these values.
    pub(crate) fn one_of(self, name: &str, current: &str, values: &[&str]) -> Box<str> {
        let sent = match self.get(name) {
            None | Some(Json::Null) => return current.into(),
            Some(Json::Text(text)) if values.contains(&&**text) => Ok(Box::from(&**text)),
            Some(Json::Text(_)) => Err(OktaError::invalid(&rule::APP_MEMBER_VALUE, name)),
            Some(_) => Err(wrong_type()),
        };
        self.take(sent, current.into())
    }

    /// Merges a list of objects, stored as sent.
    pub(crate) fn objects(self, name: &str, current: &[Value]) -> Vec<Value> {
        let sent = match self.get(name) {
            None | Some(Json::Null) => return current.to_vec(),
            Some(Json::Array(items)) if items.iter().all(|item| matches!(item, Json::Object(_))) => {
                let values: Vec<_> = items.iter().map(Value::from).collect();
                check_length(&Value::from(values.clone()).to_string(), name, MAX_JSON_LENGTH).map(|_| values)
            }
            Some(_) => Err(wrong_type()),
        };
        self.take(sent, Vec::new())
    }

    /// Merges a list of texts.
    pub(crate) fn texts(self, name: &str, current: &[Box<str>]) -> Box<[Box<str>]> {
        let sent = match self.get(name) {
            None | Some(Json::Null) => return current.into(),
            Some(Json::Array(items)) if items.len() > MAX_ENTRIES => {
                let cause = format!("{name}: The field has too many entries");
                Err(OktaError::validation(&rule::BODY_TEXT_TOO_LONG, name, cause))
            }
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::Text(text) => Ok(Box::from(check_length(text, name, TEXT_LIMIT)?)),
                    _ => Err(wrong_type()),
                })
                .collect(),
            Some(_) => Err(wrong_type()),
        };
        self.take(sent, Box::default())
    }

    /// Merges a list of texts that each have one of these values.
    pub(crate) fn each_of(
        self,
        name: &str,
        current: &[&'static str],
        values: &[&'static str],
    ) -> Box<[&'static str]> {
        if self.get(name).is_none_or(|value| *value == Json::Null) {
            return current.into();
        }
        let known = |text: &str| values.iter().copied().find(|value| *value == text);
        let sent: Option<Box<_>> = self.texts(name, &[]).iter().map(|text| known(text)).collect();
        self.take(sent.ok_or_else(|| OktaError::invalid(&rule::APP_MEMBER_VALUE, name)), current.into())
    }

    /// Merges a text that has one of these values, and returns the value itself.
    pub(crate) fn known(self, name: &str, current: &'static str, values: &[&'static str]) -> &'static str {
        let sent = self.one_of(name, current, values);
        values.iter().copied().find(|value| **value == *sent).unwrap_or(current)
    }
}
