//! What the operation listApplications lets through has to fit its query.

use serde_json::Value;

use super::consistency::page_links;
use crate::check;
use crate::event::Finding;
use crate::transport::{RequestRecord, ResponseRecord};

/// Checks the list that was answered to a request.
pub(super) fn check(
    request: &RequestRecord,
    answer: &ResponseRecord,
    body: &Value,
    findings: &mut Vec<Finding>,
) {
    let Some(items) = body.as_array() else { return };
    let asked = |name: &str| {
        let mut values = request.query.iter().filter(|(known, _)| known == name);
        values.next().map(|(_, value)| value.as_str()).filter(|_| values.next().is_none())
    };
    if let Some(text) = asked("q") {
        items_that(items, findings, |item| misses_search(item, text));
    }
    if let Some((name, wanted)) = asked("filter").and_then(equality) {
        items_that(items, findings, |item| misses_filter(item, name, wanted));
    }
    if let Some(limit) =
        asked("limit").and_then(|limit| limit.parse().ok()).filter(|limit| items.len() > *limit)
    {
        findings.push(Finding {
            check: &check::CONTRACT_LIST_LIMIT,
            place: "body".to_owned(),
            wanted: format!("at most {limit} items (OpenAPI, limit)"),
            came: items.len().to_string(),
        });
    }
    this_page(request, answer, findings);
    next_page(items, answer, findings);
}

/// Recorded: what the link to this page repeats of the request.
const REPEATED: [&str; 3] = ["limit", "q", "filter"];

/// Recorded: the link to this page is what was asked for; an org may add what it assumed.
fn this_page(request: &RequestRecord, answer: &ResponseRecord, findings: &mut Vec<Finding>) {
    for url in page_links(answer).into_iter().filter(|(relation, _)| *relation == "self").map(|(_, url)| url)
    {
        let said: Vec<_> = url.query_pairs().collect();
        let lacks = |(name, value): &&(String, String)| !said.iter().any(|(a, b)| a == name && b == value);
        let repeated = request.query.iter().filter(|(name, _)| REPEATED.contains(&name.as_str()));
        if let Some((name, value)) = repeated.into_iter().find(lacks) {
            findings.push(Finding {
                check: &check::CONTRACT_LIST_SELF,
                place: "header link".to_owned(),
                wanted: format!("a link to this page with {name}={value}, as it was asked for"),
                came: url.to_string(),
            });
        }
    }
}

/// Puts down each item that does not fit: its member, what it should be, and what it is.
fn items_that(
    items: &[Value],
    findings: &mut Vec<Finding>,
    misses: impl Fn(&Value) -> Option<(&'static str, String, String)>,
) {
    for (index, item) in items.iter().enumerate() {
        if let Some((member, wanted, came)) = misses(item) {
            findings.push(Finding {
                check: &check::CONTRACT_LIST_SELECTION,
                place: format!("body#/{index}/{member}"),
                wanted,
                came,
            });
        }
    }
}

/// OpenAPI, `q`: apps whose name or label begins with the text. Where in it is not looked at: that
/// orgs find words in the middle, too, would be no deviation that anybody minds.
fn misses_search(item: &Value, text: &str) -> Option<(&'static str, String, String)> {
    let member = |name: &str| item.get(name).and_then(Value::as_str);
    let has = |value: &str| value.to_lowercase().contains(&text.to_lowercase());
    let label = member("label")?;
    (!has(label) && !member("name").is_some_and(has))
        .then(|| ("label", format!("a label or a name with `{text}` in it (OpenAPI, q)"), label.to_owned()))
}

/// OpenAPI, `filter`: `name eq \"…\"`, and the same of `id` and `status`.
fn misses_filter(item: &Value, name: &'static str, wanted: &str) -> Option<(&'static str, String, String)> {
    let came = item.get(name).and_then(Value::as_str)?;
    (came != wanted).then(|| (name, format!("{wanted} (OpenAPI, filter)"), came.to_owned()))
}

/// The member and the value of a filter that compares one for equality.
fn equality(filter: &str) -> Option<(&'static str, &str)> {
    let (name, value) = filter.split_once(" eq ")?;
    let name = ["id", "name", "status"].into_iter().find(|known| *known == name.trim())?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!value.contains('"')).then_some((name, value))
}

/// Recorded: the cursor of the next page is the id of the last app of this one. OpenAPI calls it
/// opaque: one that is no id says nothing.
fn next_page(items: &[Value], answer: &ResponseRecord, findings: &mut Vec<Finding>) {
    let last = items.last().and_then(|item| item.get("id")).and_then(Value::as_str);
    let alike = |one: &str, other: &str| one.len() == other.len() && one.get(..3) == other.get(..3);
    for url in page_links(answer).into_iter().filter(|(relation, _)| *relation == "next").map(|(_, url)| url)
    {
        let after = url.query_pairs().find(|(name, _)| name == "after").map(|(_, value)| value.into_owned());
        let is_id = after.as_deref().zip(last).is_none_or(|(after, last)| alike(after, last));
        if is_id && after.as_deref() != last {
            findings.push(Finding {
                check: &check::CONTRACT_LIST_NEXT,
                place: "header link".to_owned(),
                wanted: format!(
                    "a next page after {}",
                    last.unwrap_or("nothing: there is no app on this one")
                ),
                came: url.to_string(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::CredentialUse;
    use serde_json::json;

    fn places(query: &[(&str, &str)], link: &str, body: &Value) -> Vec<String> {
        let request = RequestRecord {
            method: "GET".to_owned(),
            url: String::new(),
            path: "/api/v1/apps".to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            path_parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
            credential: CredentialUse::Runner,
        };
        let headers = vec![("link".to_owned(), link.to_owned())];
        let answer = ResponseRecord { status: 200, headers, body: None, broken_json: None };
        let mut findings = Vec::new();
        check(&request, &answer, body, &mut findings);
        findings.into_iter().map(|finding| finding.place).collect()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn a_list_has_what_was_asked_for() {
        let list = json!([
            {"id": "1", "name": "google", "label": "Our Google", "status": "ACTIVE"},
            {"id": "2", "name": "slack", "label": "Our Slack", "status": "INACTIVE"},
        ]);
        let of = |name, value| places(&[(name, value)], "", &list);
        assert_eq!(of("q", "our "), NONE);
        assert_eq!(of("q", "goog"), ["body#/1/label"]);
        assert_eq!(of("filter", "status eq \"ACTIVE\""), ["body#/1/status"]);
        assert_eq!(of("filter", "id eq \"2\""), ["body#/0/id"]);
        assert_eq!(of("filter", "name eq \"slack\" or name eq \"google\""), NONE, "not read");
        assert_eq!(of("limit", "2"), NONE);
        assert_eq!(of("limit", "1"), ["body"]);
        assert_eq!(places(&[("q", "slack"), ("q", "google")], "", &list), NONE, "which counts is not known");
    }

    #[test]
    fn the_link_to_this_page_is_what_was_asked_for() {
        let link = "<https://o.example/api/v1/apps?limit=20&filter=id%20eq%20%221%22>; rel=\"self\"";
        let of = |query: &[(&str, &str)]| places(query, link, &json!([{"id": "1"}]));
        assert_eq!(of(&[("filter", "id eq \"1\"")]), NONE);
        assert_eq!(of(&[("useOptimization", "true")]), NONE);
        assert_eq!(of(&[("limit", "200")]), ["header link"]);
        assert_eq!(of(&[("q", "x")]), ["header link"]);
    }

    #[test]
    fn the_next_page_begins_after_the_last_app_of_this_one() {
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
}
