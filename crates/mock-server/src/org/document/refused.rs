//! Why a document is refused: the place, the reason, and what the member could be instead.

use super::position::{Position, position};
use super::schema::AppSchema;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::body::{Json, Object};
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::nearest::nearest;

/// The error of an org file: a position and a reason.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {}{reason}", self.prefix())]
#[non_exhaustive]
pub struct LoadError {
    /// The line, counted from one.
    pub line: usize,
    /// The column, counted from one.
    pub column: usize,
    /// JSON Pointer of the invalid member; empty for the whole document.
    pub place: String,
    /// The reason.
    pub reason: String,
    /// The entry of the rule book that refuses the member.
    pub(super) rule: &'static Rule,
}

impl LoadError {
    /// Returns the entry of the rule book that refuses the document.
    pub(crate) const fn rule(&self) -> &'static Rule {
        self.rule
    }

    fn prefix(&self) -> String {
        if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) }
    }
}

/// Why a part of a document is refused.
pub(super) struct Refused {
    /// JSON Pointer, relative to the part.
    place: String,
    /// The name of the member, if only the name is known.
    member: Option<String>,
    reason: String,
    rule: &'static Rule,
}

impl Refused {
    pub(super) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        rule::CONTROL_STATE.apply();
        Self { place: place.into(), member: None, reason: reason.into(), rule: &rule::CONTROL_STATE }
    }

    /// Moves the place into an outer part.
    pub(super) fn within(self, outer: &str) -> Self {
        Self { place: format!("{outer}{}", self.place), ..self }
    }

    /// Finds the place in an app from the name of the member, and says which values it may have.
    pub(super) fn in_app(mut self, app: &Object<'_>) -> Self {
        let schema = AppSchema::new();
        let found = match &self.member {
            _ if self.rule.name == rule::BODY_WRONG_TYPE.name => schema.wrong_type(app),
            Some(member) => find(app, member).filter(|found| found.starts_with(&self.place)),
            None => None,
        };
        let Some(place) = found else { return self };
        let values = schema.values(&place);
        let given = text_at(app, &place).unwrap_or_default();
        if let Some(similar) = nearest(given, values.iter().copied()).filter(|similar| *similar != given) {
            self.reason = format!("{}; {}", self.reason, did_you_mean(similar));
        } else if !values.is_empty() && !values.contains(&given) {
            self.reason = format!("{}; known are {}", self.reason, values.join(", "));
        }
        Self { place, ..self }
    }

    pub(super) fn at(self, document: &str) -> LoadError {
        let Position { line, column } = position(document, &self.place);
        LoadError { line, column, place: self.place, reason: self.reason, rule: self.rule }
    }
}

impl From<OktaError> for Refused {
    fn from(error: OktaError) -> Self {
        let rule = error.rule;
        let named = error.causes.first().and_then(|cause| cause.split_once(": "));
        let member = named.map(|(member, _)| member.to_owned());
        let reason = match error.code {
            ErrorCode::MalformedBody => "a member has a type that it cannot have".to_owned(),
            _ if error.causes.is_empty() => error.summary.into_owned(),
            _ => error.causes.join(", "),
        };
        Self { place: String::new(), member, reason: format!("{reason} ({})", rule.name), rule }
    }
}

/// Returns the JSON Pointer of the first member with this name, outer ones first.
fn find(members: &Object<'_>, name: &str) -> Option<String> {
    if members.get(name).is_some() {
        return Some(format!("/{name}"));
    }
    members.names().find_map(|outer| match members.get(outer) {
        Some(Json::Object(inner)) => find(inner, name).map(|found| format!("/{outer}{found}")),
        _ => None,
    })
}

/// Returns the text at a JSON Pointer without escapes.
fn text_at<'a>(members: &'a Object<'_>, pointer: &str) -> Option<&'a str> {
    let (name, rest) = pointer.strip_prefix('/')?.split_once('/').unwrap_or((pointer.strip_prefix('/')?, ""));
    match members.get(name)? {
        Json::Object(inner) => text_at(inner, &format!("/{rest}")),
        Json::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns a suggestion.
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}
