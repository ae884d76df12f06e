//! The placeholders of secrets in texts and answers.

use serde_json::Value;

use crate::exchange::{Body, ResponseRecord};
use crate::value_path::{ValuePath, walk};

/// The beginning of the placeholder of a confidential secret.
pub(super) const OPENING: &str = "[secret:";

/// The beginning of the placeholder of a secret that an answer showed, or that the org may show.
pub(super) const OPENING_SHOWN: &str = "[hidden:";

/// The places where an answer returns a confidential secret, with its placeholder.
pub(crate) fn returned_secrets(response: &ResponseRecord) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in &response.headers {
        note(value, || format!("header {name}"), &mut found);
    }
    match &response.body {
        Some(Body::Json(value)) => walk(value, &mut |value, place| match value {
            Value::String(text) => note(text, || format!("body#{place}"), &mut found),
            Value::Object(members) => members.keys().for_each(|name| {
                note(name, || format!("body#{}", ValuePath::Member(place, name)), &mut found);
            }),
            _ => {}
        }),
        Some(Body::Text(text)) => note(text, || "body".to_owned(), &mut found),
        None => {}
    }
    found
}

fn note(text: &str, place: impl FnOnce() -> String, found: &mut Vec<(String, String)>) {
    let mark = text.find(OPENING).and_then(|at| text[at..].split_inclusive(']').next());
    if let Some(mark) = mark {
        found.push((place(), mark.to_owned()));
    }
}

/// Splits a text at its first placeholder: the text before it, its name, and the text after it.
pub(crate) fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let first =
        [OPENING, OPENING_SHOWN].into_iter().filter_map(|opening| Some((text.find(opening)?, opening)));
    let (at, opening) = first.min()?;
    let (name, after) = text[at + opening.len()..].split_once(']')?;
    Some((&text[..at], name, after))
}
