//! The path to a place in a JSON value during a traversal: a JSON Pointer (RFC 6901) that is formatted only
//! when it is displayed.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// A place in a JSON value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValuePath<'a> {
    Root,
    Member(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(parent, name) => write!(f, "{parent}/{}", pointer_token(name)),
            Self::Item(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// One token of a JSON pointer, escaped (RFC 6901, section 3).
pub(crate) fn pointer_token(name: &str) -> Cow<'_, str> {
    match name.contains(['~', '/']) {
        true => name.replace('~', "~0").replace('/', "~1").into(),
        false => name.into(),
    }
}

/// Visits a value and everything in it, parents first.
pub(crate) fn walk<'v>(value: &'v Value, visit: &mut impl FnMut(&'v Value, &ValuePath<'_>)) {
    step(value, &ValuePath::Root, visit);
}

fn step<'v>(value: &'v Value, place: &ValuePath<'_>, visit: &mut impl FnMut(&'v Value, &ValuePath<'_>)) {
    visit(value, place);
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| step(member, &ValuePath::Member(place, name), visit));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| step(item, &ValuePath::Item(place, index), visit));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_path_of_every_value_leads_to_it() {
        let value = json!({"a/b": [1, {"~": null}], "": 2});
        let mut places = Vec::new();
        walk(&value, &mut |found, place| {
            assert_eq!(value.pointer(&place.to_string()), Some(found));
            places.push(place.to_string());
        });
        assert_eq!(places, ["", "/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/~0", "/"]);
    }
}
