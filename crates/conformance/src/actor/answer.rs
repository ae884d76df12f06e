//! What a person hands back: the JSON that the org showed in the browser, or the
//! URL in it. Whether it is an answer to this very link is checked here.

use reqwest::Url;
use serde_json::{Value, json};

use super::consent::parameter;
use super::{ConsentRequest, Decision};
use crate::exchange::{Body, ResponseRecord};

/// Reads it; an error says what is wrong with it. `org` is where it has to lead.
pub(super) fn read(
    said: &str,
    link: &Url,
    org: &Url,
    ask: ConsentRequest<'_>,
) -> Result<ResponseRecord, String> {
    let said = said.trim();
    if ask.decision == Decision::Deny && !said.contains("/oauth2/callback") {
        // What an org shows to who denied is not documented: JSON, a page, or nothing.
        let shown = serde_json::from_str(said).map_or_else(|_| Body::Text(said.to_owned()), Body::Json);
        return Ok(ResponseRecord {
            body: Some(shown).filter(|_| !said.is_empty()),
            ..answer(400, Value::Null)
        });
    }
    let body: Value = match said.starts_with('{') {
        true => serde_json::from_str(said).map_err(|error| format!("what came back is not JSON: {error}"))?,
        false => json!({"continue_oauth_flow_url": {"href": said, "method": "POST"}}),
    };
    // The org refuses with its own error, as when the person denied.
    if body.get("errorCode").is_some_and(Value::is_string) {
        return Ok(answer(400, body));
    }
    let href = body.pointer("/continue_oauth_flow_url/href").and_then(Value::as_str);
    let href = href.ok_or("what came back has no continue_oauth_flow_url")?;
    let url = Url::parse(href).map_err(|_| "what came back is not a URL".to_owned())?;
    if url.origin() != org.origin() && ask.org.is_none_or(|own| url.origin() != own.origin()) {
        return Err(format!(
            "the URL that came back leads to {}, not to {}",
            url.origin().ascii_serialization(),
            org.origin().ascii_serialization()
        ));
    }
    check(href, link, ask)?;
    if ask.decision == Decision::Deny {
        return Err("it was to be denied, and was allowed; OKTA_CONSENT says which".to_owned());
    }
    Ok(answer(200, body))
}

/// Whether a continue URL belongs to the link, whatever host of the org it names.
pub(super) fn check(href: &str, link: &Url, ask: ConsentRequest<'_>) -> Result<(), String> {
    let url = Url::parse(href).map_err(|_| "what came back is not a URL".to_owned())?;
    let wanted = format!("/api/v1/apps/{}/{}/oauth2/callback", ask.app, ask.app_id);
    if url.path() != wanted {
        return Err(format!("the URL that came back has the path {}, not {wanted}", url.path()));
    }
    if parameter(href, "state") != parameter(link.as_str(), "state") {
        return Err("the URL that came back carries the state of another attempt".to_owned());
    }
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name).collect();
    let repeated = |name: &str| names.iter().filter(|other| **other == name).count() > 1;
    if let Some(name) = ["code", "state"].into_iter().find(|name| repeated(name)) {
        return Err(format!("the URL that came back carries two of `{name}`"));
    }
    // What signs in is for the org alone (RFC 6749, 10.3).
    let secrets = ["access_token", "refresh_token", "id_token", "client_secret"];
    if let Some(name) = secrets.iter().find(|secret| names.iter().any(|name| name == *secret)) {
        return Err(format!("the URL that came back carries `{name}`"));
    }
    if parameter(href, "code").is_none_or(|code| code.is_empty()) {
        return Err("the URL that came back carries no code".to_owned());
    }
    Ok(())
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

    fn read_it(said: &str) -> Result<u16, String> {
        let ask = ConsentRequest {
            decision: Decision::Allow,
            authorize: LINK,
            app: "google",
            app_id: "0oa1",
            org: None,
        };
        let org = Url::parse("https://dev-1.okta.com").unwrap();
        read(said, &Url::parse(LINK).unwrap(), &org, ask).map(|answer| answer.status)
    }

    #[test]
    fn the_json_the_url_and_the_refusal_are_taken() {
        assert_eq!(read_it(&format!(" {GOOD}\n")), Ok(200));
        let json = json!({"continue_oauth_flow_url": {"href": GOOD, "method": "POST"}});
        assert_eq!(read_it(&format!("{json:#}")), Ok(200));
        assert_eq!(read_it(r#"{"errorCode":"E0000001","errorSummary":"denied"}"#), Ok(400));
    }

    #[test]
    fn it_may_lead_where_the_links_of_the_org_lead() {
        let (link, target) = (Url::parse(LINK).unwrap(), Url::parse("https://dev-1.okta.com").unwrap());
        let own = Url::parse("https://login.acme.example/api/v1/apps/0oa1").unwrap();
        let ask = ConsentRequest {
            decision: Decision::Allow,
            authorize: LINK,
            app: "google",
            app_id: "0oa1",
            org: Some(&own),
        };
        let said = |host: &str| read(&GOOD.replace("dev-1.okta.com", host), &link, &target, ask);
        assert_eq!(said("login.acme.example").unwrap().status, 200);
        assert_eq!(said("dev-1.okta.com").unwrap().status, 200);
        assert!(said("login.other.example").unwrap_err().contains("leads to"));
    }

    #[test]
    fn who_was_to_deny_and_allowed_says_nothing_of_the_org() {
        let ask = ConsentRequest {
            decision: Decision::Deny,
            authorize: LINK,
            app: "google",
            app_id: "0oa1",
            org: None,
        };
        let (link, org) = (Url::parse(LINK).unwrap(), Url::parse("https://dev-1.okta.com").unwrap());
        assert!(read(GOOD, &link, &org, ask).unwrap_err().contains("to be denied"));
        for refusal in [r#"{"errorCode":"E0000001"}"#, r#"{"error":"access_denied"}"#, "<p>You denied.", ""] {
            assert_eq!(read(refusal, &link, &org, ask).unwrap().status, 400, "{refusal}");
        }
    }

    #[test]
    fn an_answer_to_another_link_is_refused() {
        for (said, reason) in [
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
            (&format!("{GOOD}&state=s1"), "two of `state`"),
            (&format!("{GOOD}&access_token=t"), "carries `access_token`"),
        ] {
            let message = read_it(said).unwrap_err();
            assert!(message.contains(reason), "{said}: {message}");
        }
    }
}
