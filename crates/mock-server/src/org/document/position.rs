//! The position of a member in a JSON text, for errors.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

/// A line and a column of a text, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Returns the position of the value at a JSON Pointer (RFC 6901), or of the last value on the way to it.
pub(super) fn position(document: &str, pointer: &str) -> Position {
    let mut value = document.trim_start();
    for name in pointer.split('/').skip(1) {
        match member(value, &name.replace("~1", "/").replace("~0", "~")) {
            Some(inner) => value = inner,
            None => break,
        }
    }
    // Every value is a part of the document.
    let start = (value.as_ptr() as usize).saturating_sub(document.as_ptr() as usize);
    let before = document.get(..start).unwrap_or(document);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    Position { line, column }
}

fn member<'d>(value: &'d str, name: &str) -> Option<&'d str> {
    if value.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(value).ok()?;
        return items.get(name.parse::<usize>().ok()?).map(|item| item.get());
    }
    let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(value).ok()?;
    members.get(name).map(|member| member.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_pointer() {
        let document = "{\n  \"a\": [1, {\"b/c\": \"é\",\n \"d\": 2}]\n}";
        for (pointer, line, column) in [
            ("", 1, 1),
            ("/a", 2, 8),
            ("/a/1", 2, 12),
            ("/a/1/b~1c", 2, 20),
            ("/a/1/d", 3, 7),
            ("/a/1/nothing", 2, 12),
            ("/a/9", 2, 8),
        ] {
            assert_eq!(position(document, pointer), Position { line, column }, "{pointer}");
        }
        assert_eq!(position("\n []", "/0"), Position { line: 2, column: 2 });
    }
}
