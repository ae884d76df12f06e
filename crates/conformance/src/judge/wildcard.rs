//! Replaces ids, times and other volatile parts of finding texts by `*`. Two findings with the same cause
//! differ only in these, from step to step and from run to run.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::judgement::Finding;

/// Identifies equal findings: the check, the place, the expected and the actual value, with `*` for parts
/// that differ between runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Fingerprint {
    pub(crate) check: String,
    pub(crate) place: String,
    pub(crate) expected: String,
    pub(crate) actual: String,
}

impl Fingerprint {
    pub(crate) fn new(finding: &Finding) -> Self {
        Self::of_texts(finding.check.id, &finding.place, &finding.expected, &finding.actual)
    }

    /// The fingerprint of a finding in a report.
    pub(crate) fn of_texts(check: &str, place: &str, expected: &str, actual: &str) -> Self {
        let is_counter = place.to_ascii_lowercase().contains("header x-rate-limit");
        let text = |text: &str| match is_counter {
            true => DIGITS.as_ref().map_or(text.into(), |digits| digits.replace_all(text, "*")).into_owned(),
            false => general(text).into_owned(),
        };
        Self {
            check: check.to_owned(),
            place: general_place(place),
            expected: text(expected),
            actual: text(actual),
        }
    }
}

/// Ids have letters and digits and at least sixteen characters; run ids are eight hexadecimal digits; a mock
/// uses another port each time.
static VOLATILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
        r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
        r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        r"|(?P<host>(?:127\.0\.0\.1|\[::1\]|localhost)(?::|%3A))\d+",
        r"|(?P<kind>\[[a-z-]+:)\d+",
        r"|(?P<word>[0-9A-Za-z_-]{16,})",
        r"|\b[0-9a-f]{8}(?:-\d+)?\b",
        r"|\b\d{9,}\b",
    ))
    .ok()
});

static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d+").ok());

/// Replaces ids, times, ports and long numbers in a text by `*`.
fn general(text: &str) -> Cow<'_, str> {
    let Some(volatile) = VOLATILE.as_ref() else { return text.into() };
    volatile.replace_all(text, |found: &regex::Captures<'_>| {
        if let Some(kept) = found.name("host").or_else(|| found.name("kind")) {
            return format!("{}*", kept.as_str());
        }
        match found.name("word") {
            Some(word) if !is_id(word.as_str()) => word.as_str().to_owned(),
            _ => "*".to_owned(),
        }
    })
}

/// True if a long word is an id and not a name: it begins with a digit, or mixes digits with capital and
/// small letters.
fn is_id(word: &str) -> bool {
    let has = |class: fn(&u8) -> bool| word.bytes().any(|letter| class(&letter));
    word.starts_with(|first: char| first.is_ascii_digit())
        || (has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
}

/// Replaces the indexes of lists in a place by `*`.
fn general_place(place: &str) -> String {
    let is_index = |token: &str| !token.is_empty() && token.bytes().all(|digit| digit.is_ascii_digit());
    let tokens = place.split('/').map(|token| if is_index(token) { "*".into() } else { general(token) });
    tokens.collect::<Vec<_>>().join("/")
}

/// True if a text matches a pattern, in which `*` stands for any characters.
pub(crate) fn is_match(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    // Matching each part as early as possible leaves the most text for later parts.
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn volatile_parts_are_replaced() {
        for (text, pattern) in [
            ("http://127.0.0.1:41234/api/v1/apps/0oa1gjh63g214q0Hq0g4", "http://127.0.0.1:*/api/v1/apps/*"),
            (r#""2026-11-30T08:01:02.003Z""#, r#""*""#),
            ("Mon, 30 Nov 2026 08:01:02 GMT", "*"),
            (r#"{"label":"Slack 09ab12ef-3"}"#, r#"{"label":"Slack *"}"#),
            ("[app-id:12] of [org]", "[app-id:*] of [org]"),
            ("reset 1796025662 of 600", "reset * of 600"),
            ("oaeGo9GXTQrQZ6wZRZXQGmQ1A", "*"),
        ] {
            assert_eq!(general(text), pattern);
        }
    }

    #[test]
    fn other_texts_are_kept() {
        for text in [
            "500",
            "404 Not Found",
            "AUTHENTICATION_PROVIDER_NAME",
            "zscalerbyz",
            "E0000007: Not found: Resource not found: (AppInstance)",
            "office365_license_user2",
            "body#/credentials/userNameTemplate",
        ] {
            assert_eq!(general(text), text);
        }
    }

    #[test]
    fn indexes_of_lists_are_replaced() {
        let at = |place: &str| Fingerprint::of_texts("c", place, "", "").place;
        assert_eq!(at("body#/12/_links/self/href"), "body#/*/_links/self/href");
        assert_eq!(at("$response.body#/0/id"), "$response.body#/*/id");
        assert_eq!(at("status"), "status");
    }

    #[test]
    fn patterns_match_the_expected_texts() {
        for (pattern, text, fits) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acd", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "", true),
            ("a*b*b", "ab", false),
            ("a*b*b", "abb", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(is_match(pattern, text), fits, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_matches_its_own_pattern(text in r"[ -~]{0,80}", id in "0oa[0-9A-Za-z]{17}") {
            let text = format!("{text} {id} {text}");
            prop_assert!(is_match(&general(&text), &text), "{}", general(&text));
        }
    }
}
