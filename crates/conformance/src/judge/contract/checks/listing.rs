//! Checks of lists: their items match the query, and their links lead to the right pages.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;
use serde_json::Value;

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::exchange::{RequestRecord, ResponseRecord};
use crate::judge::contract::exchange::Exchange;
use crate::judgement::Findings;

pub(super) static UNIQUE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.list.unique",
        sentence: "A list contains each item once.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let mut seen = BTreeSet::new();
        for (index, item) in exchange.items().into_iter().flatten().enumerate() {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            if !seen.insert(id) {
                findings.add(format!("body#/{index}/id"), "each item once", format!("{id}, again"));
            }
        }
    },
};

pub(super) static LIMIT: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.list.limit",
        sentence: "A page has at most as many items as limit allows.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(apps) = apps(exchange) else { return };
        let limit = requested(exchange.request, "limit").and_then(|limit| limit.parse().ok());
        if let Some(limit) = limit.filter(|limit| apps.len() > *limit) {
            let expected = format!("at most {limit} items (OpenAPI, limit)");
            findings.add("body", expected, apps.len().to_string());
        }
    },
};

pub(super) static SELECTION: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.list.selection",
        sentence: "Each item of a list matches q and filter.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(apps) = apps(exchange) else { return };
        if let Some(text) = requested(exchange.request, "q") {
            items_that(apps, findings, |item| misses_search(item, text));
        }
        if let Some((name, value)) = requested(exchange.request, "filter").and_then(equality) {
            items_that(apps, findings, |item| misses_filter(item, name, value));
        }
    },
};

pub(super) static SELF: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.list.self",
        sentence: "The self link of a page repeats the limit, q and filter of the request.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        if apps(exchange).is_none() {
            return;
        }
        for url in page_links(exchange.answer, "self") {
            let link_query: Vec<_> = url.query_pairs().collect();
            // An org may add defaults.
            let lacks =
                |(name, value): &&(String, String)| !link_query.iter().any(|(a, b)| a == name && b == value);
            let repeated =
                exchange.request.query.iter().filter(|(name, _)| REPEATED.contains(&name.as_str()));
            if let Some((name, value)) = repeated.into_iter().find(lacks) {
                let expected = format!("a link to this page with {name}={value}, as in the request");
                findings.add("header link", expected, url);
            }
        }
    },
};

pub(super) static NEXT: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.list.next",
        sentence: "The next link of a page begins after the last app of this page.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(apps) = apps(exchange) else { return };
        let last = apps.last().and_then(|item| item.get("id")).and_then(Value::as_str);
        // OpenAPI calls the cursor opaque, so one that is not an id is not checked.
        let alike = |one: &str, other: &str| one.len() == other.len() && one.get(..3) == other.get(..3);
        for url in page_links(exchange.answer, "next") {
            let after = url.query_pairs().find(|(name, _)| name == "after");
            let after = after.map(|(_, value)| value.into_owned());
            let is_id = after.as_deref().zip(last).is_none_or(|(after, last)| alike(after, last));
            if is_id && after.as_deref() != last {
                let last = last.unwrap_or("nothing, because this page has no app");
                findings.add("header link", format!("a next page after {last}"), url);
            }
        }
    },
};

pub(super) static PAGES: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.list.pages",
        sentence: "A page has one link of each relation, and its next page belongs to the same list.",
        source: "recorded, RFC 8288",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let mut links = BTreeMap::new();
        for (relation, url) in all_page_links(exchange.answer) {
            if links.insert(relation, url.clone()).is_some_and(|other| other != url) {
                let expected = format!("one link of the relation {relation}");
                findings.add("header link", expected, format!("another: {url}"));
            }
        }
        let (Some(own), Some(next)) = (links.get("self"), links.get("next")) else { return };
        let place = |url: &Url| (url.origin().ascii_serialization(), url.path().to_owned());
        if place(own) != place(next) || kept(own) != kept(next) {
            findings.add("header link", format!("a next page of the list {own}"), next.as_str());
        }
    },
};

/// The request parameters that the link to this page repeats (recorded).
const REPEATED: [&str; 3] = ["limit", "q", "filter"];

/// The apps in a list of apps.
fn apps<'a>(exchange: &Exchange<'a>) -> Option<&'a Vec<Value>> {
    exchange.items().filter(|_| exchange.operation.id == "listApplications")
}

/// The value of a parameter that was sent once; it is unknown which of several values counts.
fn requested<'a>(request: &'a RequestRecord, name: &str) -> Option<&'a str> {
    let mut values = request.query.iter().filter(|(known, _)| known == name);
    values.next().map(|(_, value)| value.as_str()).filter(|_| values.next().is_none())
}

/// Adds a finding for each item that does not match: its member, the expected and the actual value.
fn items_that(
    items: &[Value],
    findings: &mut Findings<'_>,
    misses: impl Fn(&Value) -> Option<(&'static str, String, String)>,
) {
    for (index, item) in items.iter().enumerate() {
        if let Some((member, expected, actual)) = misses(item) {
            findings.add(format!("body#/{index}/{member}"), expected, actual);
        }
    }
}

/// Matches an item against `q` (OpenAPI): the name or label begins with the text. Orgs that also find words
/// in the middle are accepted.
fn misses_search(item: &Value, text: &str) -> Option<(&'static str, String, String)> {
    let member = |name: &str| item.get(name).and_then(Value::as_str);
    let has = |value: &str| value.to_lowercase().contains(&text.to_lowercase());
    let label = member("label")?;
    (!has(label) && !member("name").is_some_and(has)).then(|| {
        ("label", format!("a label or a name that contains `{text}` (OpenAPI, q)"), label.to_owned())
    })
}

/// Matches an item against `filter` (OpenAPI): `name eq \"…\"`, and the same for `id` and `status`.
fn misses_filter(item: &Value, name: &'static str, expected: &str) -> Option<(&'static str, String, String)> {
    let actual = item.get(name).and_then(Value::as_str)?;
    (actual != expected).then(|| (name, format!("{expected} (OpenAPI, filter)"), actual.to_owned()))
}

/// The member and the value of an equality filter.
fn equality(filter: &str) -> Option<(&'static str, &str)> {
    let (name, value) = filter.split_once(" eq ")?;
    let name = ["id", "name", "status"].into_iter().find(|known| *known == name.trim())?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!value.contains('"')).then_some((name, value))
}

/// The parameters of the list in a link to a page, without the cursor.
fn kept(url: &Url) -> Vec<(String, String)> {
    let pairs = url.query_pairs().filter(|(name, _)| name != "after");
    let mut pairs: Vec<(String, String)> =
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    pairs.sort();
    pairs
}

/// The links of one relation.
fn page_links(answer: &ResponseRecord, relation: &str) -> Vec<Url> {
    let links = all_page_links(answer).into_iter().filter(|(known, _)| *known == relation);
    links.map(|(_, url)| url).collect()
}

/// The links to this page and to the next (RFC 8288), in order.
fn all_page_links(record: &ResponseRecord) -> Vec<(&'static str, Url)> {
    let lines = record.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    let mut links = Vec::new();
    for (target, parameters) in lines.flat_map(|(_, line)| link_values(line)) {
        let Ok(url) = Url::parse(target) else { continue };
        let relations = parameters.split(';').filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
        });
        // Relations are case-insensitive (RFC 8288, 2.1.1).
        let named: Vec<String> =
            relations.flat_map(str::split_whitespace).map(str::to_ascii_lowercase).collect();
        let known = ["self", "next"].into_iter().filter(|relation| named.iter().any(|name| name == relation));
        links.extend(known.map(|relation| (relation, url.clone())));
    }
    links
}

/// The values of a Link header: target and raw parameters. A target may contain commas (RFC 8288, 3).
fn link_values(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_once('<')?;
        let (target, from) = from.split_once('>')?;
        let end = from.find('<').unwrap_or(from.len());
        rest = &from[end..];
        Some((target, from[..end].trim_end_matches([',', ' '])))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn places(query: &[(&str, &str)], link: &str, body: &Value) -> Vec<String> {
        let exchange = TestExchange::of(body).with_query(query).with_headers(&[("link", link)]);
        exchange.places(&[&LIMIT, &SELECTION, &SELF, &NEXT])
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn a_list_matches_the_query() {
        let list = json!([
            {"id": "1", "name": "google", "label": "Our Google", "status": "ACTIVE"},
            {"id": "2", "name": "slack", "label": "Our Slack", "status": "INACTIVE"},
        ]);
        let of = |name, value| places(&[(name, value)], "", &list);
        assert_eq!(of("q", "our "), NONE);
        assert_eq!(of("q", "goog"), ["body#/1/label"]);
        assert_eq!(of("filter", "status eq \"ACTIVE\""), ["body#/1/status"]);
        assert_eq!(of("filter", "id eq \"2\""), ["body#/0/id"]);
        assert_eq!(of("filter", "name eq \"slack\" or name eq \"google\""), NONE, "not parsed");
        assert_eq!(of("limit", "2"), NONE);
        assert_eq!(of("limit", "1"), ["body"]);
        assert_eq!(
            places(&[("q", "slack"), ("q", "google")], "", &list),
            NONE,
            "it is unknown which value counts"
        );
    }

    #[test]
    fn the_self_link_repeats_the_query() {
        let link = "<https://o.example/api/v1/apps?limit=20&filter=id%20eq%20%221%22>; rel=\"self\"";
        let of = |query: &[(&str, &str)]| places(query, link, &json!([{"id": "1"}]));
        assert_eq!(of(&[("filter", "id eq \"1\"")]), NONE);
        assert_eq!(of(&[("useOptimization", "true")]), NONE);
        assert_eq!(of(&[("limit", "200")]), ["header link"]);
        assert_eq!(of(&[("q", "x")]), ["header link"]);
    }

    #[test]
    fn the_next_page_begins_after_the_last_app_of_this_page() {
        let next =
            |after: &str| format!("<https://o.example/api/v1/apps?after={after}&limit=1>; rel=\"next\"");
        let list = json!([{"id": "0oaA"}]);
        assert_eq!(places(&[], &next("0oaA"), &list), NONE);
        assert_eq!(places(&[], &next("0oaB"), &list), ["header link"]);
        assert_eq!(places(&[], &next("16278919418571"), &list), NONE, "opaque");
        assert_eq!(
            places(&[], "<https://o.example/api/v1/apps?limit=1>; rel=\"next\"", &list),
            ["header link"]
        );
        assert_eq!(places(&[], "<https://o.example/api/v1/apps?limit=1>; rel=\"self\"", &list), NONE);
    }

    #[test]
    fn a_list_contains_each_item_once() {
        let places = |body: &Value| TestExchange::of(body).places(&[&UNIQUE]);
        assert_eq!(places(&json!([{"id": "1"}, {"id": "2"}, {"name": "x"}, {"name": "x"}])), NONE);
        assert_eq!(places(&json!([{"id": "1"}, {"id": "1"}])), ["body#/1/id"]);
        assert_eq!(places(&json!({"id": "1"})), NONE);
    }

    #[test]
    fn the_next_page_belongs_to_the_same_list() {
        let of =
            |lines: &[(&str, &str)]| TestExchange::of(&json!([])).with_headers(lines).places(&[&PAGES]).len();
        let own = ("link", "<https://o/api/v1/apps?limit=2&q=a>; rel=\"self\"");
        let next = |after: &str| format!("<https://o/api/v1/apps?after={after}&limit=2&q=a>; rel=\"next\"");
        assert_eq!(of(&[own, ("link", &next("x")), ("link", &next("y"))]), 1);
        for (next, wrong) in [
            ("<https://o/api/v1/apps?after=x&limit=2&q=a>; rel=\"next\"", 0),
            ("<https://o/api/v1/apps?after=x&limit=2>;title=\"a, b\";REL=next", 1),
            ("<https://o/api/v1/apps?after=x&q=a>; rel=\"next\"", 1),
            ("<https://o/api/v1/apps?after=x&limit=2>; rel=\"next\"", 1),
            ("<https://p/api/v1/apps?after=x&limit=2&q=a>; rel=\"next\"", 1),
        ] {
            assert_eq!(of(&[own, ("link", next)]), wrong, "{next}");
            let joined = format!("{}, {next}", own.1);
            assert_eq!(of(&[("link", &joined)]), wrong, "{next}");
        }
    }
}
