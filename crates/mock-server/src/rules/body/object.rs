//! The JSON values of a request. An object records which of its members are read.

use std::borrow::Cow;
use std::cell::Cell;

use crate::rules::error::echo;

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

impl From<&Json<'_>> for serde_json::Value {
    fn from(json: &Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Boolean(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.clone()),
            Json::Text(text) => Self::String(text.clone().into_owned()),
            Json::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(object) => Self::from(object),
        }
    }
}

/// Maximum number of ignored parts that are named.
pub(crate) const MAX_IGNORED: usize = 20;

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

impl From<&Object<'_>> for serde_json::Value {
    /// Marks all members as read.
    fn from(object: &Object<'_>) -> Self {
        object.mark_all_read();
        let members = object.0.iter();
        members.map(|member| (member.name.clone().into_owned(), Self::from(&member.value))).collect()
    }
}

impl<'a> Object<'a> {
    /// Creates an object, or returns `None` if a name occurs more than once.
    pub(super) fn new(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Option<Self> {
        let members = members.into_iter();
        let members = members.map(|(name, value)| Member { name, value, was_read: Cell::new(false) });
        let object = Self(members.collect());
        (!object.has_duplicate_name()).then_some(object)
    }

    /// Returns true if the object has no members.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

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
