//! Volatile values, and placeholders that keep the relations between them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use reqwest::Url;
use serde_json::{Map, Value};

/// Minimum length of a learned value; a shorter one could occur in a text by chance.
const MIN_LEARNED: usize = 6;

/// The length of an id, the shortest value that is replaced; times and error ids are longer.
const MIN_ID: usize = 20;

/// The maximum number of learned values. The time grows with its square; no flow needs as many.
const MAX_KNOWN: usize = 1_000;

/// Ids are a prefix of three and seventeen alphanumerics; error ids are `oae`
/// and 22 characters of base64url; times have milliseconds and `Z`.
static PATTERNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<id>\b(?:0oa|00o|00u|00g|oag|rst)[0-9A-Za-z]{17}\b)",
        r"|(?P<error>\boae[0-9A-Za-z_-]{21}[AQgw]\b)",
        r"|(?P<time>\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",
        r"|(?P<name>[?&](?:state|code|client_id)=)(?P<value>[^&#\s\[]+)",
    ))
    .ok()
});

/// Members with a volatile value, and its required form.
static MEMBERS: LazyLock<Vec<(&'static str, &'static str, Regex)>> = LazyLock::new(|| {
    [
        ("kid", "kid", r"^[0-9A-Za-z_-]{43}$"),
        ("n", "modulus", r"^[0-9A-Za-z_-]{342,}$"),
        ("x5t#S256", "thumbprint", r"^[0-9A-Za-z_-]{43}$"),
        ("x5c", "certificate", r"^[0-9A-Za-z+/]{300,}={0,2}$"),
        ("code", "code", r"^[!-~]{6,}$"),
        ("state", "state", r"^[!-~]{6,}$"),
    ]
    .into_iter()
    .filter_map(|(member, kind, form)| Some((member, kind, Regex::new(form).ok()?)))
    .collect()
});

/// The placeholders of one flow run.
#[derive(Debug)]
pub(crate) struct Normaliser {
    /// The org's origin and host in their possible spellings.
    places: Vec<(String, &'static str)>,
    /// Value, kind and number, in order of appearance.
    known: Vec<(String, &'static str, usize)>,
    /// True if ids may have any form, as in a real org.
    any_form: bool,
    /// The ids of answered requests and of their errors, all of them unique.
    requests: HashSet<String>,
    /// The note of the run in the apps that it creates.
    note: Option<String>,
}

impl Normaliser {
    pub(crate) fn new(base: &Url) -> Self {
        let origin = base.origin().ascii_serialization();
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host).to_owned();
        let encoded = origin.replace(':', "%3A").replace('/', "%2F");
        let places = vec![
            (encoded.replace("%3A", "%3a").replace("%2F", "%2f"), "[org]"),
            (encoded, "[org]"),
            (origin, "[org]"),
            (host, "[org-host]"),
        ];
        Self { places, known: Vec::new(), any_form: false, requests: HashSet::new(), note: None }
    }

    /// Removes a text that differs only between runs.
    pub(crate) fn without(mut self, text: &str) -> Self {
        // Plain, and encoded in a query.
        let forms = [" ", "+", "%20"].map(|space| (text.replace(' ', space), ""));
        self.places.extend(forms);
        self
    }

    /// Treats the run's note in its apps like an absent note.
    pub(crate) fn without_note(self, note: String) -> Self {
        Self { note: Some(note), ..self }
    }

    /// Allows ids of any form.
    pub(crate) fn of_any_form(self, any_form: bool) -> Self {
        Self { any_form, ..self }
    }

    /// True if ids may have any form.
    pub(super) fn takes_any_form(&self) -> bool {
        self.any_form
    }

    /// True if a text is the run's own note.
    pub(super) fn is_note(&self, text: &str) -> bool {
        self.note.as_deref() == Some(text)
    }

    /// True if no earlier answer had this request id.
    pub(super) fn is_new_request(&mut self, id: &str) -> bool {
        self.requests.insert(id.to_owned())
    }

    /// Learns an id by its place, whatever its form.
    pub(super) fn learn_app(&mut self, id: &str) {
        if self.any_form && id.len() >= MIN_LEARNED {
            let kind = id_kind(id);
            self.mark(id, if kind == "id" { "app-id" } else { kind });
        }
    }

    /// Replaces the volatile values in a text.
    pub(crate) fn text(&mut self, text: &str) -> String {
        if self.is_plain(text) {
            return text.to_owned();
        }
        let mut replaced = Cow::Borrowed(text);
        for (place, mark) in &self.places {
            if replaced.contains(place.as_str()) {
                replaced = replaced.replace(place.as_str(), mark).into();
            }
        }
        let replaced = self.replace_learned(replaced);
        match PATTERNS.as_ref() {
            Some(patterns) => {
                patterns.replace_all(&replaced, |found: &Captures<'_>| self.pattern(found)).into_owned()
            }
            None => replaced.into_owned(),
        }
    }

    /// True if a text is too short to contain anything to replace, as most member names are.
    fn is_plain(&self, text: &str) -> bool {
        let is_longer = |value: &str| value.len() > text.len();
        text.len() < MIN_ID
            && !text.contains(['?', '&'])
            && self.places.iter().all(|(place, _)| is_longer(place))
            && self.known.iter().all(|(value, ..)| is_longer(value))
    }

    fn pattern(&mut self, found: &Captures<'_>) -> String {
        if let Some(id) = found.name("id") {
            return self.mark(id.as_str(), id_kind(id.as_str()));
        }
        if let Some(error) = found.name("error") {
            return self.error_id(error.as_str());
        }
        if found.name("time").is_some() {
            // Not numbered: two times may be equal by chance.
            return "[time]".to_owned();
        }
        let (Some(name), Some(value)) = (found.name("name"), found.name("value")) else {
            return found[0].to_owned();
        };
        let mark = match name.as_str().trim_matches(['?', '&', '=']) {
            "client_id" => match self.id_inside(value.as_str()) {
                Some(mark) => mark,
                None => self.mark(value.as_str(), "client-id"),
            },
            "state" => self.mark(value.as_str(), "state"),
            _ => self.mark(value.as_str(), "code"),
        };
        format!("{}{mark}", name.as_str())
    }

    fn id_inside(&mut self, value: &str) -> Option<String> {
        let found = PATTERNS.as_ref()?.find(value)?;
        (found.as_str() == value).then(|| self.mark(value, id_kind(value)))
    }

    /// Replaces the volatile values in a JSON value.
    pub(crate) fn value(&mut self, value: &Value) -> Value {
        self.member("", value)
    }

    fn member(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) if self.is_note(text) => Value::Null,
            Value::String(text) => Value::String(self.named(name, text)),
            Value::Array(items) => items.iter().map(|item| self.member(name, item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (self.text(name), self.member(name, value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// Replaces the value of a member or parameter with that name.
    pub(crate) fn named(&mut self, name: &str, text: &str) -> String {
        let kind = MEMBERS
            .iter()
            .find(|(member, _, form)| *member == name && (self.any_form || form.is_match(text)))
            .map(|(_, kind, _)| *kind);
        match kind {
            Some(kind) => self.mark(text, kind),
            None if self.any_form && name == "errorId" => self.error_id(text),
            None => self.text(text),
        }
    }

    /// The placeholder of an error id, which is unique. It is not numbered: the number of earlier errors
    /// depends on the skipped steps.
    fn error_id(&mut self, id: &str) -> String {
        let is_new = self.requests.insert(id.to_owned());
        if is_new { "[error-id]" } else { "[error-id of an earlier answer]" }.to_owned()
    }

    /// The placeholder of a value, a new one for a new value.
    fn mark(&mut self, value: &str, kind: &'static str) -> String {
        let known = self.known.iter().find(|(known, of, _)| known == value && *of == kind);
        let number = match known {
            Some((_, _, number)) => *number,
            None if self.known.len() >= MAX_KNOWN => return format!("[{kind}]"),
            None => {
                let number = 1 + self.known.iter().filter(|(_, of, _)| *of == kind).count();
                self.known.push((value.to_owned(), kind, number));
                number
            }
        };
        format!("[{kind}:{number}]")
    }

    fn replace_learned<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        let stands_in =
            |value: &str| (MIN_LEARNED..=text.len()).contains(&value.len()) && text.contains(value);
        let mut learned: Vec<_> = self.known.iter().filter(|(value, ..)| stands_in(value)).collect();
        learned.sort_by_key(|(value, ..)| std::cmp::Reverse(value.len()));
        learned.into_iter().fold(text.clone(), |text, (value, kind, number)| {
            text.replace(value.as_str(), &format!("[{kind}:{number}]")).into()
        })
    }
}

fn id_kind(id: &str) -> &'static str {
    match id.get(..3) {
        Some("0oa") => "app-id",
        Some("00o") => "org-id",
        Some("00u") => "user-id",
        Some("00g") => "group-id",
        Some("oag") => "grant-id",
        _ => "id",
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
