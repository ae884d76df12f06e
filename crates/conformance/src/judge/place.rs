//! The places of findings, as entries of known deviations and tolerances name them.

use super::wildcard::is_match;

/// True if a pointer matches a place; `*` stands for any characters of one token.
pub(super) fn fits(pointer: &str, place: &str) -> bool {
    let (pointer, place) = (one_name(pointer), one_name(place));
    let (expected, actual) = (pointer.split('/'), place.split('/'));
    expected.clone().count() == actual.clone().count()
        && expected.zip(actual).all(|(expected, actual)| is_match(expected, actual))
}

/// The common name of a place, which the judgements write in three ways: `$response.body#/status`,
/// `body#/status` and `/response/body/status`.
pub(super) fn one_name(place: &str) -> String {
    if let Some(place) = place.strip_prefix("/response/") {
        return match place.split_once('/') {
            Some(("body", rest)) => format!("body#/{rest}"),
            Some(("headers", name)) => format!("header {}", name.to_ascii_lowercase()),
            _ => place.to_owned(),
        };
    }
    let place = place.strip_prefix("$response.").unwrap_or(place);
    match place.strip_prefix("header.").or_else(|| place.strip_prefix("header ")) {
        Some(name) => format!("header {}", name.to_ascii_lowercase()),
        None if place == "$statusCode" => "status".to_owned(),
        None => place.to_owned(),
    }
}
