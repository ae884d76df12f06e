//! Secrets live in the vault only. Everywhere else stands a placeholder; the
//! transport puts the value in when it sends and takes it out, in every
//! encoding, as soon as it has received.

mod decodings;
mod encodings;
mod one_time;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde_json::{Map, Value};

use crate::place::{Place, walk};

use crate::transport::{Body, ResponseRecord};
pub(crate) use one_time::{at as masked_at, masked_request, masked_response, text as masked_text};

/// Shorter values are not searched for: they would be found everywhere.
const SHORTEST: usize = 4;

/// Encodings inside encodings are undone this deep.
const MOST_LAYERS: usize = 3;

/// The name of the runner's own credential.
pub(crate) const CREDENTIAL: &str = "credential";

/// Holds secrets by name.
pub(crate) struct Vault {
    entries: Vec<(String, String)>,
    search: Option<AhoCorasick>,
    replacements: Vec<String>,
    /// The length of the shortest form of a secret: no shorter text holds one, however encoded.
    shortest: usize,
}

/// Where an answer gives back what was sent in confidence: the place and the placeholder.
pub(crate) fn given_back(response: &ResponseRecord) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in &response.headers {
        note(value, || format!("header {name}"), &mut found);
    }
    match &response.body {
        Some(Body::Json(value)) => walk(value, &mut |value, place| match value {
            Value::String(text) => note(text, || format!("body#{place}"), &mut found),
            Value::Object(members) => members.keys().for_each(|name| {
                note(name, || format!("body#{}", Place::Member(place, name)), &mut found);
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

/// How every placeholder begins.
const OPENING: &str = "[secret:";

/// The placeholder that stands for a secret.
pub(crate) fn placeholder(name: &str) -> String {
    format!("{OPENING}{name}]")
}

impl Vault {
    /// Puts secrets away: name and value; of two equal values the first name stays.
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut entries: Vec<(String, String)> = Vec::new();
        for (name, value) in secrets {
            if value.len() >= SHORTEST && entries.iter().all(|(_, known)| *known != value) {
                let name = free_name(&entries, &name);
                entries.push((name, value));
            }
        }
        let mut patterns = Vec::new();
        let mut replacements = Vec::new();
        for (name, value) in &entries {
            for form in encodings::forms(value) {
                patterns.push(form);
                replacements.push(placeholder(name));
            }
        }
        let shortest = patterns.iter().map(String::len).min().unwrap_or_default();
        // One pass, the longest at each place: no tail of a longer secret stays.
        let search = (!patterns.is_empty())
            .then(|| {
                AhoCorasick::builder()
                    // Answers are short, and each flow has its own secrets: what
                    // counts is the time to build, not the time to search.
                    .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                    .match_kind(MatchKind::LeftmostLongest)
                    // A secret in capitals is one still.
                    .ascii_case_insensitive(true)
                    .build(&patterns)
            })
            .transpose()
            .map_err(|error| format!("cannot prepare the search for secrets: {error}"))?;
        Ok(Self { entries, search, replacements, shortest })
    }

    /// Removes every secret from a text.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.redacted(text).unwrap_or_else(|| text.to_owned())
    }

    /// The text without its secrets, if it has any.
    fn redacted(&self, text: &str) -> Option<String> {
        let search = self.search.as_ref().filter(|_| text.len() >= self.shortest)?;
        let replaced = search.is_match(text).then(|| search.replace_all(text, &self.replacements));
        // A secret under an encoding of its own is shown decoded, without it:
        // that a text is shown as it came counts less than that none gets out.
        let decoded = found_under(search, replaced.as_deref().unwrap_or(text), MOST_LAYERS);
        decoded.map(|decoded| search.replace_all(&decoded, &self.replacements)).or(replaced)
    }

    fn redact_owned(&self, text: String) -> String {
        self.redacted(&text).unwrap_or(text)
    }

    /// Removes every secret from a body, from member names as well as values.
    pub(crate) fn redact_body(&self, body: Body) -> Body {
        match body {
            Body::Json(value) => Body::Json(self.redact_value(value)),
            Body::Text(text) => Body::Text(self.redact_owned(text)),
        }
    }

    fn redact_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact_owned(text)),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.redact_value(item)).collect())
            }
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (self.redact_owned(name), self.redact_value(value)))
                .collect::<Map<_, _>>()
                .into(),
            Value::Number(number) => {
                self.redacted(&number.to_string()).map_or(Value::Number(number), Value::String)
            }
            other => other,
        }
    }

    /// Puts the values back where placeholders stand: for the wire only.
    pub(crate) fn reveal(&self, text: &str) -> String {
        let mut revealed = text.to_owned();
        for (name, value) in &self.entries {
            let mark = placeholder(name);
            if revealed.contains(&mark) {
                revealed = revealed.replace(&mark, value);
            }
        }
        revealed
    }

    /// As [`Vault::reveal`], through a whole JSON value.
    pub(crate) fn reveal_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.reveal(text)),
            Value::Array(items) => items.iter().map(|item| self.reveal_value(item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.reveal_value(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// The runner's credential.
    pub(crate) fn credential(&self) -> Option<&str> {
        let found = self.entries.iter().find(|(name, _)| name == CREDENTIAL)?;
        Some(&found.1)
    }
}

fn found_under(search: &AhoCorasick, text: &str, layers: usize) -> Option<String> {
    if layers == 0 {
        return None;
    }
    decodings::undone(text).find_map(|form| match search.is_match(&form) {
        true => Some(form),
        false => found_under(search, &form, layers - 1),
    })
}

fn free_name(entries: &[(String, String)], name: &str) -> String {
    let taken = |name: &str| entries.iter().any(|(known, _)| known == name);
    if !taken(name) {
        return name.to_owned();
    }
    (2..)
        .map(|number| format!("{name}-{number}"))
        .find(|name| !taken(name))
        .unwrap_or_else(|| name.to_owned())
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.entries.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Vault").field("names", &names).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
