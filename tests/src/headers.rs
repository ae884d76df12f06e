//! The allow-list of response headers. Finds headers that are not listed and headers that are missing.

use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

use crate::{Answer, json_file};

/// The list in `fixtures/contract/headers.json`.
#[derive(Debug)]
pub struct HeaderList {
    headers: HashMap<String, Listed>,
}

#[derive(Debug)]
struct Listed {
    value: Regex,
    values: HashMap<String, Regex>,
    answers: HashMap<String, bool>,
}

/// Headers of the transport itself.
const HOP_BY_HOP: [&str; 3] = ["connection", "keep-alive", "transfer-encoding"];

impl HeaderList {
    /// Reads the list.
    ///
    /// # Panics
    /// If it does not have the expected form.
    #[must_use]
    pub fn load() -> Self {
        let list = json_file("fixtures/contract/headers.json");
        let headers = list["headers"].as_array().expect("headers").iter().map(Listed::read).collect();
        Self { headers }
    }

    /// The faults of the headers of an org's answer.
    #[must_use]
    pub fn faults(&self, method: &str, answer: &Answer) -> Vec<String> {
        let kind = kind(method, answer);
        let mut faults = Vec::new();
        for (name, value) in answer.headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(&name.as_str())) {
            let Some(listed) = self.headers.get(name).filter(|it| it.answers.contains_key(kind)) else {
                faults.push(format!("header {name}: {value} in a {kind} answer, which may not have it"));
                continue;
            };
            if !listed.values.get(kind).unwrap_or(&listed.value).is_match(value) {
                faults.push(format!("header {name} has the value {value:?}"));
            }
            let count = answer.headers.iter().filter(|(other, _)| other == name).count();
            if count > 1 && name != "link" {
                faults.push(format!("header {name} occurs {count} times"));
            }
        }
        for (name, listed) in &self.headers {
            if listed.answers.get(kind) == Some(&true) && answer.header(name).is_none() {
                faults.push(format!("header {name} is missing from a {kind} answer"));
            }
        }
        faults
    }

    /// The names that a kind of answer always has.
    #[must_use]
    pub fn always(&self, kind: &str) -> Vec<&str> {
        let always = |listed: &Listed| listed.answers.get(kind) == Some(&true);
        let mut names: Vec<_> =
            self.headers.iter().filter(|(_, listed)| always(listed)).map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

impl Listed {
    fn read(header: &Value) -> (String, Self) {
        let pattern = |value: &Value| Regex::new(value.as_str().expect("a pattern")).expect("a pattern");
        let map = |name: &str| header[name].as_object().cloned().unwrap_or_default();
        let listed = Self {
            value: pattern(&header["value"]),
            values: map("values").iter().map(|(kind, value)| (kind.clone(), pattern(value))).collect(),
            answers: map("answers").into_iter().map(|(kind, when)| (kind, when == "always")).collect(),
        };
        (header["name"].as_str().expect("a name").to_owned(), listed)
    }
}

/// The kind of answer, in the words of the list.
#[must_use]
pub fn kind(method: &str, answer: &Answer) -> &'static str {
    match answer.status {
        204 => "no-content",
        429 => "rate-limited",
        405 => "container-refusal",
        400 if answer.error_code() == "E0000019" => "container-refusal",
        // An answer to HEAD has no body with the code; 400 without these headers can only be that refusal.
        400 if method == "HEAD" && answer.header("cache-control").is_none() => "container-refusal",
        400 | 401 | 403 if answer.body.is_empty() && answer.header("www-authenticate").is_some() => {
            "bearer-refusal"
        }
        _ if answer.header("content-type") == Some("application/xml") => "xml",
        _ => "json",
    }
}
