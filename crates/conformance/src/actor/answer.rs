//! Reads the result of a consent: the JSON that the org showed in the browser, or the URL in it. Checks that
//! it belongs to the given link.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::{Value, json};

use super::request::{ConsentRequest, Decision};
use crate::exchange::{Body, ResponseRecord};

/// Reads the result; an error describes the problem. The URL must lead to `org`.
pub(super) fn read(
    text: &str,
    link: &Url,
    org: &Url,
    ask: ConsentRequest<'_>,
) -> Result<ResponseRecord, String> {
    let text = text.trim();
    if ask.decision == Decision::Deny && !text.contains("/oauth2/callback") {
        // The answer to a denied consent is not documented: it may be JSON, a page, or empty.
        let shown = serde_json::from_str(text).map_or_else(|_| Body::Text(text.to_owned()), Body::Json);
        return Ok(ResponseRecord {
            body: Some(shown).filter(|_| !text.is_empty()),
            ..answer(400, Value::Null)
        });
    }
    let body: Value = match text.starts_with('{') {
        true => serde_json::from_str(text).map_err(|error| format!("the result is not JSON: {error}"))?,
        false => json!({"continue_oauth_flow_url": {"href": text, "method": "POST"}}),
    };
    // The org's own error, for example after a denial.
    if body.get("errorCode").is_some_and(Value::is_string) {
        return Ok(answer(400, body));
    }
    let href = body.pointer("/continue_oauth_flow_url/href").and_then(Value::as_str);
    let href = href.ok_or("the result has no continue_oauth_flow_url")?;
    let url = Url::parse(href).map_err(|_| "the result is not a URL".to_owned())?;
    if url.origin() != org.origin() && ask.org.is_none_or(|own| url.origin() != own.origin()) {
        return Err(format!(
            "the returned URL leads to {}, not to {}",
            url.origin().ascii_serialization(),
            org.origin().ascii_serialization()
        ));
    }
    check(href, link, ask)?;
    if ask.decision == Decision::Deny {
        return Err("the consent was allowed, but it had to be denied (see OKTA_CONSENT)".to_owned());
    }
    Ok(answer(200, body))
}

/// Checks that a continue URL belongs to the link; its host is not checked.
pub(super) fn check(href: &str, link: &Url, ask: ConsentRequest<'_>) -> Result<(), String> {
    let url = Url::parse(href).map_err(|_| "the result is not a URL".to_owned())?;
    let expected = format!("/api/v1/apps/{}/{}/oauth2/callback", ask.app, ask.app_id);
    if url.path() != expected {
        return Err(format!("the returned URL has the path {}, not {expected}", url.path()));
    }
    if parameter(href, "state") != parameter(link.as_str(), "state") {
        return Err("the returned URL has the state of another attempt".to_owned());
    }
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name).collect();
    let repeated = |name: &str| names.iter().filter(|other| **other == name).count() > 1;
    if let Some(name) = ["code", "state"].into_iter().find(|name| repeated(name)) {
        return Err(format!("the returned URL contains `{name}` twice"));
    }
    // Tokens and client secrets are for the org alone (RFC 6749, 10.3).
    let secrets = ["access_token", "refresh_token", "id_token", "client_secret"];
    if let Some(name) = secrets.iter().find(|secret| names.iter().any(|name| name == *secret)) {
        return Err(format!("the returned URL contains `{name}`"));
    }
    if parameter(href, "code").is_none_or(|code| code.is_empty()) {
        return Err("the returned URL contains no code".to_owned());
    }
    Ok(())
}

/// A query parameter of a link.
pub(super) fn parameter(href: &str, name: &str) -> Option<String> {
    let query = href.split_once('?')?.1.split('#').next()?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let value = value.replace('+', " ");
        (key == name).then(|| percent_decode_str(&value).decode_utf8_lossy().into_owned())
    })
}

fn answer(status: u16, body: Value) -> ResponseRecord {
    ResponseRecord { status, headers: Vec::new(), body: Some(Body::Json(body)), broken_json: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LINK: &str = "https://third.example.com/oauth/authorize?scope=admin&state=s1&client_id=c";
    const GOOD: &str = "https://dev-1.okta.com/api/v1/apps/google/0oa1/oauth2/callback?code=c1&state=s1";

    fn read_it(text: &str) -> Result<u16, String> {
        let ask = ConsentRequest {
            decision: Decision::Allow,
            authorize: LINK,
            app: "google",
            app_id: "0oa1",
            org: None,
        };
        let org = Url::parse("https://dev-1.okta.com").unwrap();
        read(text, &Url::parse(LINK).unwrap(), &org, ask).map(|answer| answer.status)
    }

    #[test]
    fn json_url_and_error_are_accepted() {
        assert_eq!(read_it(&format!(" {GOOD}\n")), Ok(200));
        let json = json!({"continue_oauth_flow_url": {"href": GOOD, "method": "POST"}});
        assert_eq!(read_it(&format!("{json:#}")), Ok(200));
        assert_eq!(read_it(r#"{"errorCode":"E0000001","errorSummary":"denied"}"#), Ok(400));
    }

    #[test]
    fn the_url_may_use_the_host_of_the_orgs_own_links() {
        let (link, target) = (Url::parse(LINK).unwrap(), Url::parse("https://dev-1.okta.com").unwrap());
        let own = Url::parse("https://login.acme.example/api/v1/apps/0oa1").unwrap();
        let ask = ConsentRequest {
            decision: Decision::Allow,
            authorize: LINK,
            app: "google",
            app_id: "0oa1",
            org: Some(&own),
        };
        let text = |host: &str| read(&GOOD.replace("dev-1.okta.com", host), &link, &target, ask);
        assert_eq!(text("login.acme.example").unwrap().status, 200);
        assert_eq!(text("dev-1.okta.com").unwrap().status, 200);
        assert!(text("login.other.example").unwrap_err().contains("leads to"));
    }

    #[test]
    fn an_allowed_consent_that_had_to_be_denied_is_rejected() {
        let ask = ConsentRequest {
            decision: Decision::Deny,
            authorize: LINK,
            app: "google",
            app_id: "0oa1",
            org: None,
        };
        let (link, org) = (Url::parse(LINK).unwrap(), Url::parse("https://dev-1.okta.com").unwrap());
        assert!(read(GOOD, &link, &org, ask).unwrap_err().contains("had to be denied"));
        for refusal in [r#"{"errorCode":"E0000001"}"#, r#"{"error":"access_denied"}"#, "<p>You denied.", ""] {
            assert_eq!(read(refusal, &link, &org, ask).unwrap().status, 400, "{refusal}");
        }
    }

    #[test]
    fn a_result_for_another_link_is_rejected() {
        for (text, reason) in [
            ("", "not a URL"),
            ("{", "not JSON"),
            ("{}", "no continue_oauth_flow_url"),
            (&GOOD.replace("dev-1", "dev-2"), "leads to https://dev-2.okta.com"),
            (&GOOD.replace("https", "http"), "leads to http://"),
            (&GOOD.replace("google", "slack"), "has the path"),
            (&GOOD.replace("0oa1", "0oa2"), "has the path"),
            (&GOOD.replace("state=s1", "state=s2"), "another attempt"),
            (&GOOD.replace("&state=s1", ""), "another attempt"),
            (&GOOD.replace("code=c1&", ""), "no code"),
            (&format!("{GOOD}&state=s1"), "`state` twice"),
            (&format!("{GOOD}&access_token=t"), "contains `access_token`"),
        ] {
            let message = read_it(text).unwrap_err();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
