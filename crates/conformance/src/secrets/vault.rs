//! The vault: secrets and their placeholders.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};

use super::by_place::Exposure;
use super::placeholder::{OPENING, OPENING_SHOWN, next_placeholder};
use super::search::{Budget, MIN_LENGTH, Search};
use super::words::is_a_word_of_answers;
use crate::exchange::Body;

/// Minimum length for searching a value that is secret only by its place. Random ids could contain shorter
/// ones by chance.
const MIN_LENGTH_BY_PLACE: usize = 8;

/// Maximum number of values that are remembered by place for one flow run. Further values are removed from
/// their places but not searched for elsewhere.
const MAX_FOUND: usize = 64;

/// The name of the runner's own credential.
pub(crate) const CREDENTIAL: &str = "credential";

/// Holds secrets by name.
pub(crate) struct Vault {
    declared: Arc<Entries>,
    /// The secrets that this flow run found by their place.
    found: RwLock<Arc<Entries>>,
}

/// Secrets with their placeholders, and the search for them.
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
    /// True if the value is searched for everywhere.
    is_searched: bool,
}

impl Entries {
    fn new(entries: Vec<Entry>) -> Result<Self, String> {
        let searched = entries.iter().filter(|entry| entry.is_searched);
        let search = Search::new(searched.map(|entry| (entry.value.as_str(), entry.mark.as_str())))?;
        Ok(Self { entries, search })
    }
}

/// The values at secret places of a request to be sent, by name.
pub(crate) fn placed(value: &Value) -> Vec<(String, String)> {
    let mut placed = Vec::new();
    super::by_place::json(value.clone(), &mut collecting(&mut placed));
    placed
}

/// The secret values in a header, parameter or form field.
pub(crate) fn placed_in(name: &str, value: &str) -> Vec<(String, String)> {
    let mut placed = Vec::new();
    match super::by_place::is_secret(name) {
        true => drop(super::by_place::header(name, value, &mut collecting(&mut placed))),
        false => drop(super::by_place::body_text(value, &mut collecting(&mut placed))),
    }
    placed
}

fn collecting(placed: &mut Vec<(String, String)>) -> impl FnMut(&str, &str, Exposure) -> String {
    |name, value, exposure| {
        if exposure == Exposure::Confidential {
            placed.push((name.to_owned(), value.to_owned()));
        }
        value.to_owned()
    }
}

/// True if a confidential value can be removed wherever it occurs.
pub(crate) fn is_removable(value: &str) -> bool {
    is_worth_a_search(value)
}

/// True if a value can be removed wherever it occurs; a word that answers contain anyway cannot.
fn is_worth_a_search(value: &str) -> bool {
    value.len() >= MIN_LENGTH_BY_PLACE && !is_a_word_of_answers(value)
}

impl Vault {
    /// Stores secrets by name; of two equal values the first name is used.
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut entries: Vec<Entry> = Vec::new();
        for (name, value) in secrets {
            if value.len() >= MIN_LENGTH && entries.iter().all(|known| known.value != value) {
                let name = free_name(entries.iter(), &name);
                entries.push(Entry { mark: format!("{OPENING}{name}]"), name, value, is_searched: true });
            }
        }
        Ok(Self { declared: Arc::new(Entries::new(entries)?), found: RwLock::default() })
    }

    /// The same declared secrets, for another flow run.
    pub(crate) fn for_another_run(&self) -> Self {
        Self { declared: self.declared.clone(), found: RwLock::default() }
    }

    fn found(&self) -> Arc<Entries> {
        // A panic elsewhere leaves the entries whole, because they are replaced as a whole.
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

    /// Removes secrets from the body of an answer: known values, then values at secret places.
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

    /// Removes secrets from a header of an answer.
    pub(crate) fn received_header(&self, name: &str, value: &str) -> String {
        let value = self.redact(value);
        let mut hide = |name: &str, value: &str, _| self.hide(name, value, Exposure::Shown);
        super::by_place::header(name, &value, &mut hide).unwrap_or(value)
    }

    /// Removes secrets from the body of a request.
    pub(crate) fn sent(&self, body: Body) -> Body {
        let mut hide = |name: &str, value: &str, exposure| self.hide(name, value, exposure);
        let body = match body {
            Body::Json(value) => Body::Json(super::by_place::json(value, &mut hide)),
            Body::Text(text) => Body::Text(super::by_place::body_text(&text, &mut hide).unwrap_or(text)),
        };
        self.redact_body(body)
    }

    /// Removes secrets from a header of a request.
    pub(crate) fn sent_header(&self, name: &str, value: &str) -> String {
        let mut hide = |name: &str, value: &str, exposure| self.hide(name, value, exposure);
        let hidden = super::by_place::header(name, value, &mut hide);
        self.redact(hidden.as_deref().unwrap_or(value))
    }

    /// Removes secrets from the URL of a request.
    pub(crate) fn sent_url(&self, url: &str) -> String {
        let url = self.redact(url);
        let mut hide = |name: &str, value: &str, exposure| self.hide(name, value, exposure);
        super::by_place::body_text(&url, &mut hide).unwrap_or(url)
    }

    /// Removes secrets from a query parameter or form field of a request.
    pub(crate) fn sent_parameter(&self, name: &str, value: &str) -> String {
        match super::by_place::is_secret(name) && !value.is_empty() {
            true => self.hide(name, value, Exposure::Confidential),
            false => self.redact(value),
        }
    }

    /// The placeholder of a value at a secret place. The value is remembered, so that it is found wherever an
    /// answer returns it, and can be sent if a flow takes it from an answer.
    fn hide(&self, name: &str, value: &str, exposure: Exposure) -> String {
        match next_placeholder(value) {
            Some(("", _, "")) => return value.to_owned(),
            // In an answer, text next to a known secret shows the place of that secret.
            Some(_) if exposure == Exposure::Shown => return value.to_owned(),
            _ => {}
        }
        let value = self.reveal(value);
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        let opening = if exposure == Exposure::Confidential { OPENING } else { OPENING_SHOWN };
        let mut known = self.declared.entries.iter().chain(&found.entries);
        if let Some(entry) = known.find(|entry| entry.value == value) {
            return entry.mark.clone();
        }
        if found.entries.len() == MAX_FOUND {
            return format!("{opening}{name}]");
        }
        let name = free_name(self.declared.entries.iter().chain(&found.entries), name);
        let mark = format!("{opening}{name}]");
        let is_searched = is_worth_a_search(&value);
        let mut entries = found.entries.clone();
        entries.push(Entry { name, mark: mark.clone(), value, is_searched });
        // If the new search cannot be built, the old one stays.
        if let Ok(more) = Entries::new(entries) {
            *found = Arc::new(more);
        }
        mark
    }

    /// Replaces secrets by placeholders; [`Vault::reveal`] reverses it.
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

    /// Replaces placeholders by their values. Only for requests to be sent.
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

    /// Does the same as [`Vault::reveal`] for a JSON value.
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

/// One pass over a text or body, with a limit on its work.
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
