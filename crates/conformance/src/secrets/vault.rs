//! The vault: what is secret, and what stands in its place.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};

use super::by_place::Exposure;
use super::search::{Budget, Search};
use super::words::is_a_word_of_answers;
use crate::exchange::{Body, ResponseRecord};
use crate::value_path::{ValuePath, walk};

/// Shorter values are not searched for: they would be found everywhere.
pub(super) const SHORTEST: usize = 4;

/// Values that are secret by their place alone are not searched for where they are shorter than this:
/// ids are random, and would hold them by chance.
const SHORTEST_BY_PLACE: usize = 8;

/// So many values that are known by their place are remembered for one flow run. More are removed
/// from their places, and not searched for elsewhere.
const MOST_FOUND: usize = 64;

/// The name of the runner's own credential.
pub(crate) const CREDENTIAL: &str = "credential";

/// How the placeholder of a secret begins that was sent in confidence.
pub(super) const OPENING: &str = "[secret:";

/// How the placeholder of one begins that the org told, or that it may show.
pub(super) const OPENING_SHOWN: &str = "[hidden:";

/// Holds secrets by name.
pub(crate) struct Vault {
    declared: Arc<Entries>,
    /// What this flow run has found by its place.
    found: RwLock<Arc<Entries>>,
}

/// Secrets, each with its placeholder, and the search for them.
#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    search: Search,
}

#[derive(Clone)]
struct Entry {
    name: String,
    mark: String,
    value: String,
    /// Whether the value is looked for wherever it may stand.
    is_searched: bool,
}

impl Entries {
    fn new(entries: Vec<Entry>) -> Result<Self, String> {
        let searched = entries.iter().filter(|entry| entry.is_searched);
        let search = Search::new(searched.map(|entry| (entry.value.as_str(), entry.mark.as_str())))?;
        Ok(Self { entries, search })
    }
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

/// The first placeholder in a text: what is before it, the name in it, and what is after it.
pub(crate) fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let first =
        [OPENING, OPENING_SHOWN].into_iter().filter_map(|opening| Some((text.find(opening)?, opening)));
    let (at, opening) = first.min()?;
    let (name, after) = text[at + opening.len()..].split_once(']')?;
    Some((&text[..at], name, after))
}

/// What a request to be sent holds at places that are secret, with the names.
pub(crate) fn placed(value: &Value) -> Vec<(String, String)> {
    let mut placed = Vec::new();
    super::by_place::json(value.clone(), &mut collecting(&mut placed));
    placed
}

/// The same for a header, parameter or form field.
pub(crate) fn placed_in(name: &str, value: &str) -> Vec<(String, String)> {
    let mut placed = Vec::new();
    match super::by_place::is_secret(name) {
        true => drop(super::by_place::header(name, value, &mut collecting(&mut placed))),
        false => drop(super::by_place::body_text(value, &mut collecting(&mut placed))),
    }
    placed
}

fn collecting(placed: &mut Vec<(String, String)>) -> impl FnMut(&str, &str, Exposure) -> String {
    |name, value, told| {
        if told == Exposure::Confidential {
            placed.push((name.to_owned(), value.to_owned()));
        }
        value.to_owned()
    }
}

/// Whether a value that was sent in confidence can be removed wherever it stands.
pub(crate) fn is_removable(value: &str) -> bool {
    is_worth_a_search(value)
}

/// Whether a value can be removed wherever it stands: a word of every answer cannot.
fn is_worth_a_search(value: &str) -> bool {
    value.len() >= SHORTEST_BY_PLACE && !is_a_word_of_answers(value)
}

impl Vault {
    /// Puts secrets away: name and value; of two equal values the first name stays.
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut entries: Vec<Entry> = Vec::new();
        for (name, value) in secrets {
            if value.len() >= SHORTEST && entries.iter().all(|known| known.value != value) {
                let name = free_name(entries.iter(), &name);
                entries.push(Entry { mark: format!("{OPENING}{name}]"), name, value, is_searched: true });
            }
        }
        Ok(Self { declared: Arc::new(Entries::new(entries)?), found: RwLock::default() })
    }

    /// The same secrets for another flow run, which has found none by their place yet.
    pub(crate) fn for_another_run(&self) -> Self {
        Self { declared: self.declared.clone(), found: RwLock::default() }
    }

    fn found(&self) -> Arc<Entries> {
        // A panic elsewhere leaves the entries whole: they are replaced as one.
        self.found.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Removes every secret from a text.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.pass().redacted(text).unwrap_or_else(|| text.to_owned())
    }

    /// Removes every secret from a body, from member names as well as values.
    pub(crate) fn redact_body(&self, body: Body) -> Body {
        self.pass().body(body)
    }

    fn pass(&self) -> RedactionPass<'_> {
        RedactionPass { declared: &self.declared, found: self.found(), budget: Budget::default() }
    }

    /// The body of an answer without secrets: those that are known, then those whose place says so.
    pub(crate) fn received(&self, body: Body) -> Body {
        match self.redact_body(body) {
            Body::Json(value) => Body::Json(super::by_place::json(value, &mut |name, value, _| {
                self.hide(name, value, Exposure::Shown)
            })),
            Body::Text(text) => {
                let mut hide = |name: &str, value: &str, _| self.hide(name, value, Exposure::Shown);
                Body::Text(super::by_place::body_text(&text, &mut hide).unwrap_or(text))
            }
        }
    }

    /// A header of an answer without secrets.
    pub(crate) fn received_header(&self, name: &str, value: &str) -> String {
        let value = self.redact(value);
        let mut hide = |name: &str, value: &str, _| self.hide(name, value, Exposure::Shown);
        super::by_place::header(name, &value, &mut hide).unwrap_or(value)
    }

    /// The body of a request as it may be kept.
    pub(crate) fn sent(&self, body: Body) -> Body {
        let mut hide = |name: &str, value: &str, told| self.hide(name, value, told);
        let body = match body {
            Body::Json(value) => Body::Json(super::by_place::json(value, &mut hide)),
            Body::Text(text) => Body::Text(super::by_place::body_text(&text, &mut hide).unwrap_or(text)),
        };
        self.redact_body(body)
    }

    /// A header of a request as it may be kept.
    pub(crate) fn sent_header(&self, name: &str, value: &str) -> String {
        let mut hide = |name: &str, value: &str, told| self.hide(name, value, told);
        let hidden = super::by_place::header(name, value, &mut hide);
        self.redact(hidden.as_deref().unwrap_or(value))
    }

    /// The URL of a request as it may be kept.
    pub(crate) fn sent_url(&self, url: &str) -> String {
        let url = self.redact(url);
        let mut hide = |name: &str, value: &str, told| self.hide(name, value, told);
        super::by_place::body_text(&url, &mut hide).unwrap_or(url)
    }

    /// A query parameter or form field of a request as it may be kept.
    pub(crate) fn sent_parameter(&self, name: &str, value: &str) -> String {
        match super::by_place::is_secret(name) && !value.is_empty() {
            true => self.hide(name, value, Exposure::Confidential),
            false => self.redact(value),
        }
    }

    /// The placeholder of a value that is a secret by its place. It is remembered, so that it is found
    /// wherever an answer gives it back, and can be sent where a flow takes it from an answer.
    fn hide(&self, name: &str, value: &str, told: Exposure) -> String {
        match next_placeholder(value) {
            Some(("", _, "")) => return value.to_owned(),
            // What an answer has beside a known secret says where that one stands.
            Some(_) if told == Exposure::Shown => return value.to_owned(),
            _ => {}
        }
        let value = self.reveal(value);
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        let opening = if told == Exposure::Confidential { OPENING } else { OPENING_SHOWN };
        let mut known = self.declared.entries.iter().chain(&found.entries);
        if let Some(entry) = known.find(|entry| entry.value == value) {
            return entry.mark.clone();
        }
        if found.entries.len() == MOST_FOUND {
            return format!("{opening}{name}]");
        }
        let name = free_name(self.declared.entries.iter().chain(&found.entries), name);
        let mark = format!("{opening}{name}]");
        let is_searched = is_worth_a_search(&value);
        let mut entries = found.entries.clone();
        entries.push(Entry { name, mark: mark.clone(), value, is_searched });
        // A search that cannot be prepared leaves the one that there is.
        if let Ok(more) = Entries::new(entries) {
            *found = Arc::new(more);
        }
        mark
    }

    /// Puts placeholders where secrets stand as they are, so that [`Vault::reveal`] gives back the same.
    pub(crate) fn seal(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.sealed(text)),
            Value::Array(items) => items.into_iter().map(|item| self.seal(item)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (name, self.seal(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other,
        }
    }

    fn sealed(&self, text: String) -> String {
        let mut entries: Vec<&Entry> = self.declared.entries.iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.value.len()));
        entries.into_iter().fold(text, |text, entry| match text.contains(&entry.value) {
            true => text.replace(&entry.value, &entry.mark),
            false => text,
        })
    }

    /// Puts the values back where placeholders stand: for the wire only.
    pub(crate) fn reveal(&self, text: &str) -> String {
        if next_placeholder(text).is_none() {
            return text.to_owned();
        }
        let found = self.found();
        let entries = self.declared.entries.iter().chain(&found.entries);
        entries.fold(text.to_owned(), |text, entry| match text.contains(&entry.mark) {
            true => text.replace(&entry.mark, &entry.value),
            false => text,
        })
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
        let found = self.declared.entries.iter().find(|entry| entry.name == CREDENTIAL)?;
        Some(&found.value)
    }
}

/// One pass over a text or a body, with the work that it may cost.
struct RedactionPass<'v> {
    declared: &'v Entries,
    found: Arc<Entries>,
    budget: Budget,
}

impl RedactionPass<'_> {
    fn redacted(&mut self, text: &str) -> Option<String> {
        let first = self.declared.search.redacted(text, &mut self.budget);
        let second = self.found.search.redacted(first.as_deref().unwrap_or(text), &mut self.budget);
        second.or(first)
    }

    fn text(&mut self, text: String) -> String {
        self.redacted(&text).unwrap_or(text)
    }

    fn body(&mut self, body: Body) -> Body {
        match body {
            Body::Json(value) => Body::Json(self.value(value)),
            Body::Text(text) => Body::Text(self.text(text)),
        }
    }

    fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (self.text(name), self.value(value)))
                .collect::<Map<_, _>>()
                .into(),
            Value::Number(number) => {
                self.redacted(&number.to_string()).map_or(Value::Number(number), Value::String)
            }
            other => other,
        }
    }
}

fn free_name<'e>(entries: impl Iterator<Item = &'e Entry> + Clone, name: &str) -> String {
    let taken = |name: &str| entries.clone().any(|known| known.name == name);
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
        let names: Vec<&str> = self.declared.entries.iter().map(|entry| entry.name.as_str()).collect();
        f.debug_struct("Vault").field("names", &names).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
