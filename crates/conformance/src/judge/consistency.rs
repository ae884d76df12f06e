//! What an answer says twice has to agree with itself. No schema can compare two
//! members or two headers.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;
use serde_json::{Map, Value};

use crate::check;
use crate::event::Finding;
use crate::place::Place;
use crate::transport::ResponseRecord;

/// A window is a minute (docs, rate limits); clocks may differ by as much.
const SKEW_SECONDS: i64 = 60;
/// No window that could be waited for is longer.
const LONGEST_WINDOW: i64 = 60 * 60;

/// Checks one object of the body of an answer.
pub(super) fn object(
    object: &Map<String, Value>,
    place: &Place<'_>,
    answer: &ResponseRecord,
    findings: &mut Vec<Finding>,
) {
    times(object, place, answer, findings);
    twice(object, place, findings);
    spellings(object, place, findings);
    scheme(object, place, findings);
    resource_name(object, place, findings);
    authorize_link(object, place, findings);
    origins(object, place, findings);
}

/// A list has each item once.
pub(super) fn items(body: &Value, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for (index, item) in body.as_array().into_iter().flatten().enumerate() {
        let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
        if !seen.insert(id) {
            findings.push(Finding {
                check: &check::CONTRACT_LIST_UNIQUE,
                place: format!("body#/{index}/id"),
                wanted: "each item once".to_owned(),
                came: format!("{id}, again"),
            });
        }
    }
}

/// OpenAPI, ProvisioningConnectionProfileToken: clients and their keys belong to the scheme OAUTH2.
fn scheme(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    let Some(profile) = object.get("profile").and_then(Value::as_object) else { return };
    let is_asked = object.get("_links").and_then(|links| links.get("authorize")).is_some();
    if is_asked && profile.get("clientId").is_some_and(Value::is_string) {
        findings.push(Finding {
            check: &check::CONTRACT_CONNECTION_SCHEME,
            place: format!("body#{place}/_links/authorize"),
            wanted: "absent: a client of its own signs in without a person (guide-o2o)".to_owned(),
            came: "present".to_owned(),
        });
    }
    if profile.get("authScheme").and_then(Value::as_str) != Some("TOKEN") {
        return;
    }
    for name in ["clientId", "signing"].into_iter().filter(|name| profile.contains_key(*name)) {
        findings.push(Finding {
            check: &check::CONTRACT_CONNECTION_SCHEME,
            place: format!("body#{place}/profile/{name}"),
            wanted: "absent where the scheme is TOKEN".to_owned(),
            came: "present".to_owned(),
        });
    }
}

/// OpenAPI and guide have a name each; where an org writes both, they say the same.
const SPELLINGS: [(&str, &str); 2] = [("timezone", "timeZone"), ("userNameFormat", "usernameFormat")];

fn spellings(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    for (one, other) in SPELLINGS {
        if let (Some(value), Some(again)) = (object.get(one), object.get(other))
            && value != again
        {
            findings.push(Finding {
                check: &check::CONTRACT_FEATURE_SPELLINGS,
                place: format!("body#{place}/{other}"),
                wanted: format!("{value}, as in {one}"),
                came: again.to_string(),
            });
        }
    }
}

/// What a connection says beside its profile and in it (guide-o2o).
fn twice(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    for name in ["authScheme", "clientId"] {
        let own = object.get(name).and_then(Value::as_str);
        let inner = object.get("profile").and_then(|profile| profile.get(name)).and_then(Value::as_str);
        if let (Some(own), Some(inner)) = (own, inner)
            && own != inner
        {
            findings.push(Finding {
                check: &check::CONTRACT_CONNECTION_PROFILE,
                place: format!("body#{place}/{name}"),
                wanted: format!("as in the profile, {inner}"),
                came: own.to_owned(),
            });
        }
    }
}

/// OpenAPI, the links of connections, features and apps to the API itself.
const OWN: [&str; 7] = ["self", "users", "groups", "policies", "uploadLogo", "activate", "deactivate"];

/// The links of a resource to the API, by their relations.
fn own_links(object: &Map<String, Value>) -> impl Iterator<Item = (&'static str, Url)> {
    let links = object.get("_links");
    let link = move |relation: &str| Url::parse(links?.get(relation)?.get("href")?.as_str()?).ok();
    OWN.into_iter().filter_map(move |relation| Some((relation, link(relation)?)))
}

/// The first of them.
pub(super) fn own_link(object: &Map<String, Value>) -> Option<(&'static str, Url)> {
    own_links(object).next()
}

/// The links of one resource lead to one org.
fn origins(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    let mut links = own_links(object);
    let Some((first, own)) = links.next() else { return };
    for (relation, other) in links.filter(|(_, other)| other.origin() != own.origin()) {
        findings.push(Finding {
            check: &check::CONTRACT_LINKS_ORIGIN,
            place: format!("body#{place}/_links/{relation}/href"),
            wanted: format!("a link to {}, as {first}", own.origin().ascii_serialization()),
            came: other.to_string(),
        });
    }
}

/// The link goes through a browser (RFC 6749, 3.1): nothing secret belongs into it.
fn authorize_link(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    let link =
        object.get("_links").and_then(|links| links.pointer("/authorize/href")).and_then(Value::as_str);
    let Some(url) = link.and_then(|link| Url::parse(link).ok()) else { return };
    let secret = |name: &str| matches!(name, "client_secret" | "code" | "access_token" | "refresh_token");
    for (name, _) in url.query_pairs().filter(|(name, _)| secret(name)) {
        findings.push(Finding {
            check: &check::CONTRACT_LINKS_AUTHORIZE,
            place: format!("body#{place}/_links/authorize/href"),
            wanted: format!("a link without {name}"),
            came: "a link with it".to_owned(),
        });
    }
}

fn times(
    object: &Map<String, Value>,
    place: &Place<'_>,
    answer: &ResponseRecord,
    findings: &mut Vec<Finding>,
) {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let time = |name: &str| text(name).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if let (Some(created), Some(updated)) = (time("created"), time("lastUpdated"))
        && updated < created
    {
        findings.push(Finding {
            check: &check::CONTRACT_TIMES,
            place: format!("body#{place}/lastUpdated"),
            wanted: format!("not before created, {created}"),
            came: updated.to_string(),
        });
    }
    let Some(now) = clock(answer) else { return };
    for name in ["created", "lastUpdated"] {
        if let Some(time) = time(name).filter(|time| time.as_second() > now + SKEW_SECONDS) {
            findings.push(Finding {
                check: &check::CONTRACT_TIMES,
                place: format!("body#{place}/{name}"),
                wanted: "not after the Date of the answer".to_owned(),
                came: time.to_string(),
            });
        }
    }
}

fn resource_name(object: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    // Recorded: orn:{partition}:idp:{orgId}:apps:{name}:{appId}.
    if let (Some(orn), Some(name), Some(id)) = (text("orn"), text("name"), text("id"))
        && orn.contains(":apps:")
        && !orn.ends_with(&format!(":apps:{name}:{id}"))
    {
        findings.push(Finding {
            check: &check::CONTRACT_APP_ORN,
            place: format!("body#{place}/orn"),
            wanted: format!("to end in :apps:{name}:{id}"),
            came: orn.to_owned(),
        });
    }
}

/// Checks the headers of an answer.
pub(super) fn headers(record: &ResponseRecord, findings: &mut Vec<Finding>) {
    if let (Some(date), None) = (record.header("date"), clock(record)) {
        findings.push(Finding {
            check: &check::CONTRACT_HEADERS_DATE,
            place: "header date".to_owned(),
            wanted: "a date as HTTP has it (RFC 9110, 5.6.7)".to_owned(),
            came: date.to_owned(),
        });
    }
    once(record, findings);
    charset(record, findings);
    limits(record, findings);
    pages(record, findings);
}

/// Header fields that are one value (RFC 9110, 5.3), and those that count one request.
const SINGLE: [&str; 6] = [
    "content-type",
    "date",
    "x-okta-request-id",
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
];

fn once(record: &ResponseRecord, findings: &mut Vec<Finding>) {
    for name in SINGLE {
        let lines: Vec<&str> = record
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, line)| line.as_str())
            .collect();
        if lines.len() > 1 {
            findings.push(Finding {
                check: &check::CONTRACT_HEADERS_ONCE,
                place: format!("header {name}"),
                wanted: "one line".to_owned(),
                came: lines.join(", and "),
            });
        }
    }
}

/// JSON is UTF-8 (RFC 8259, 8.1).
fn charset(record: &ResponseRecord, findings: &mut Vec<Finding>) {
    let line = record.header("content-type").unwrap_or_default();
    let charset = line.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let is_json = record.media_type().is_some_and(|media| media.ends_with("json"));
    if let (true, Some(charset)) = (is_json, charset)
        && !charset.eq_ignore_ascii_case("utf-8")
        && !charset.eq_ignore_ascii_case("utf8")
    {
        findings.push(Finding {
            check: &check::CONTRACT_HEADERS_CHARSET,
            place: "header content-type".to_owned(),
            wanted: "JSON in UTF-8 (RFC 8259, 8.1)".to_owned(),
            came: line.to_owned(),
        });
    }
}

/// The numbers of the rate limit fit each other, and the clock of the answer.
fn limits(record: &ResponseRecord, findings: &mut Vec<Finding>) {
    let number = |name: &str| record.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    let (limit, remaining) = (number("x-rate-limit-limit"), number("x-rate-limit-remaining"));
    if let (Some(limit), Some(remaining)) = (limit, remaining)
        && remaining > limit
    {
        findings.push(Finding {
            check: &check::CONTRACT_RATE_LIMIT,
            place: "header x-rate-limit-remaining".to_owned(),
            wanted: format!("at most x-rate-limit-limit, {limit}"),
            came: remaining.to_string(),
        });
    }
    if let (200..=299, Some(0)) = (record.status, limit) {
        findings.push(Finding {
            check: &check::CONTRACT_RATE_LIMIT,
            place: "header x-rate-limit-limit".to_owned(),
            wanted: "a limit that lets this request through".to_owned(),
            came: "0".to_owned(),
        });
    }
    if let (Some(reset), Some(now)) = (number("x-rate-limit-reset"), clock(record))
        && !(now - SKEW_SECONDS..=now + LONGEST_WINDOW).contains(&reset)
    {
        findings.push(Finding {
            check: &check::CONTRACT_RATE_LIMIT,
            place: "header x-rate-limit-reset".to_owned(),
            wanted: format!("the end of the window, soon after {now}"),
            came: reset.to_string(),
        });
    }
}

/// The time of an answer by its own Date, in seconds since the epoch.
fn clock(record: &ResponseRecord) -> Option<i64> {
    let date = httpdate::parse_http_date(record.header("date")?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The links to this page and to the next (RFC 8288), in their order.
pub(super) fn page_links(record: &ResponseRecord) -> Vec<(&'static str, Url)> {
    let lines = record.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    let mut links = Vec::new();
    for (target, parameters) in lines.flat_map(|(_, line)| link_values(line)) {
        let Ok(url) = Url::parse(target) else { continue };
        let relations = parameters.split(';').filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
        });
        // RFC 8288, 2.1.1: in any case.
        let named: Vec<String> =
            relations.flat_map(str::split_whitespace).map(str::to_ascii_lowercase).collect();
        let known = ["self", "next"].into_iter().filter(|relation| named.iter().any(|name| name == relation));
        links.extend(known.map(|relation| (relation, url.clone())));
    }
    links
}

/// The values of a Link line: the target of each, and its parameters as they stand. A target may
/// have commas (RFC 8288, 3).
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

/// Recorded: the next page is the same list from another app on, and keeps its parameters.
fn pages(record: &ResponseRecord, findings: &mut Vec<Finding>) {
    let mut links = BTreeMap::new();
    for (relation, url) in page_links(record) {
        if links.insert(relation, url.clone()).is_some_and(|other| other != url) {
            findings.push(Finding {
                check: &check::CONTRACT_LIST_PAGES,
                place: "header link".to_owned(),
                wanted: format!("one link of the relation {relation}"),
                came: format!("another: {url}"),
            });
        }
    }
    let (Some(own), Some(next)) = (links.get("self"), links.get("next")) else { return };
    let place = |url: &Url| (url.origin().ascii_serialization(), url.path().to_owned());
    let kept = |url: &Url| {
        let pairs = url.query_pairs().filter(|(name, _)| name != "after");
        let mut pairs: Vec<(String, String)> =
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        pairs.sort();
        pairs
    };
    if place(own) != place(next) || kept(own) != kept(next) {
        findings.push(Finding {
            check: &check::CONTRACT_LIST_PAGES,
            place: "header link".to_owned(),
            wanted: format!("a next page of the list {own}"),
            came: next.to_string(),
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn of_object(value: &Value) -> usize {
        let headers = vec![("date".to_owned(), "Thu, 08 Jan 2026 00:00:00 GMT".to_owned())];
        let answer = ResponseRecord { status: 200, headers, body: None, broken_json: None };
        let mut findings = Vec::new();
        object(value.as_object().unwrap(), &Place::Root, &answer, &mut findings);
        findings.len()
    }

    fn of_headers(lines: &[(&str, &str)]) -> usize {
        let headers = lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let record = ResponseRecord { status: 200, headers, body: None, broken_json: None };
        let mut findings = Vec::new();
        super::headers(&record, &mut findings);
        findings.len()
    }

    #[test]
    fn an_app_agrees_with_itself() {
        let app = |updated: &str, orn: &str| json!({"id": "0oa1", "name": "google", "created": "2026-01-02T00:00:00.000Z", "lastUpdated": updated, "orn": orn});
        let orn = "orn:okta:idp:00o1:apps:google:0oa1";
        assert_eq!(of_object(&app("2026-01-02T00:00:01.000Z", orn)), 0);
        assert_eq!(of_object(&app("2026-01-01T00:00:00.000Z", orn)), 1);
        assert_eq!(of_object(&app("2026-01-02T00:00:00.000Z", "orn:okta:idp:00o1:apps:google:0oa2")), 1);
        assert_eq!(of_object(&app("2026-01-09T00:00:00.000Z", orn)), 1);
    }

    #[test]
    fn a_connection_agrees_with_itself() {
        let connection = |scheme: &str, client: &str| {
            json!({"authScheme": scheme, "clientId": client,
            "profile": {"authScheme": "OAUTH2", "clientId": "0oa1"}})
        };
        assert_eq!(of_object(&connection("OAUTH2", "0oa1")), 0);
        assert_eq!(of_object(&connection("TOKEN", "0oa1")), 1);
        assert_eq!(of_object(&connection("OAUTH2", "0oa2")), 1);
        assert_eq!(of_object(&json!({"profile": {"authScheme": "TOKEN", "signing": {}}})), 1);
        let asked = json!({"authorize": {"href": "https://v.example/a"}});
        assert_eq!(of_object(&json!({"profile": {"authScheme": "OAUTH2"}, "_links": asked})), 0);
        let own = json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1"}, "_links": asked});
        assert_eq!(of_object(&own), 1);
        let link =
            |query: &str| json!({"_links": {"authorize": {"href": format!("https://v.example/a?{query}")}}});
        assert_eq!(of_object(&link("client_id=c&state=s")), 0);
        assert_eq!(of_object(&link("client_id=c&client_secret=s")), 1);
    }

    #[test]
    fn two_spellings_say_the_same() {
        assert_eq!(of_object(&json!({"timezone": "UTC", "timeZone": "UTC"})), 0);
        assert_eq!(of_object(&json!({"timezone": "UTC", "timeZone": "Asia/Tokyo"})), 1);
    }

    #[test]
    fn the_links_of_a_connection_lead_to_one_org() {
        let connection = |host: &str| {
            json!({"_links": {"self": {"href": "https://o.example/c"},
            "activate": {"href": format!("https://{host}/c/lifecycle/activate")}}})
        };
        assert_eq!(of_object(&connection("o.example")), 0);
        assert_eq!(of_object(&connection("p.example")), 1);
    }

    #[test]
    fn a_list_has_each_item_once() {
        let findings = |body: Value| {
            let mut findings = Vec::new();
            items(&body, &mut findings);
            findings.len()
        };
        assert_eq!(findings(json!([{"id": "1"}, {"id": "2"}, {"name": "x"}, {"name": "x"}])), 0);
        assert_eq!(findings(json!([{"id": "1"}, {"id": "1"}])), 1);
        assert_eq!(findings(json!({"id": "1"})), 0);
    }

    #[test]
    fn headers_agree_with_each_other() {
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(
            of_headers(&[
                date,
                ("x-rate-limit-limit", "5"),
                ("x-rate-limit-remaining", "5"),
                ("x-rate-limit-reset", "1767225630")
            ]),
            0
        );
        assert_eq!(of_headers(&[("x-rate-limit-limit", "5"), ("x-rate-limit-remaining", "6")]), 1);
        assert_eq!(of_headers(&[date, ("x-rate-limit-reset", "1000000000")]), 1);
        assert_eq!(of_headers(&[date, ("x-rate-limit-reset", "1767312000")]), 1);
        assert_eq!(of_headers(&[("date", "2026-01-01T00:00:00Z")]), 1);
        assert_eq!(of_headers(&[("x-rate-limit-limit", "0"), ("x-rate-limit-remaining", "0")]), 1);
        assert_eq!(of_headers(&[("x-okta-request-id", "a"), ("X-Okta-Request-Id", "b")]), 1);
        assert_eq!(of_headers(&[("content-type", "application/json; charset=\"UTF-8\"")]), 0);
        assert_eq!(of_headers(&[("content-type", "application/json;charset=ISO-8859-1")]), 1);
        let own = ("link", "<https://o/api/v1/apps?limit=2&q=a>; rel=\"self\"");
        let next = |after: &str| format!("<https://o/api/v1/apps?after={after}&limit=2&q=a>; rel=\"next\"");
        assert_eq!(of_headers(&[own, ("link", &next("x")), ("link", &next("y"))]), 1);
        for (next, wrong) in [
            ("<https://o/api/v1/apps?after=x&limit=2&q=a>; rel=\"next\"", 0),
            ("<https://o/api/v1/apps?after=x&limit=2>;title=\"a, b\";REL=next", 1),
            ("<https://o/api/v1/apps?after=x&q=a>; rel=\"next\"", 1),
            ("<https://o/api/v1/apps?after=x&limit=2>; rel=\"next\"", 1),
            ("<https://p/api/v1/apps?after=x&limit=2&q=a>; rel=\"next\"", 1),
        ] {
            assert_eq!(of_headers(&[own, ("link", next)]), wrong, "{next}");
            let joined = format!("{}, {next}", own.1);
            assert_eq!(of_headers(&[("link", &joined)]), wrong, "{next}");
        }
    }
}
