//! A consent: from the authorize link to the result.

use reqwest::Url;
use serde_json::{Map, Value};

use super::answer::parameter;
use super::failure::{ConsentFailure, stuck};
use super::prompt::ConsentPrompt;
use super::request::ConsentRequest;
use crate::exchange::{Body, ResponseRecord};
use crate::transport::{Transport, is_loopback};

/// The person who consents.
#[derive(Debug, Clone)]
pub(crate) enum Person {
    /// The runner itself, page by page; only on the mock.
    Played,
    /// Another person or a command.
    ConsentPrompt(ConsentPrompt),
    /// Nobody, with the reason.
    Absent(String),
}

/// Obtains the person's decision: from the authorize link to the result.
pub(crate) async fn consent(
    transport: &Transport,
    person: &Person,
    ask: ConsentRequest<'_>,
) -> Result<ResponseRecord, ConsentFailure> {
    let authorize = transport.vault().reveal(ask.authorize);
    let link = Url::parse(&authorize).map_err(|error| {
        stuck("authorize link", "an absolute URL", &format!("{} ({error})", ask.authorize))
    })?;
    match person {
        Person::Played => {
            let end = super::player::play(transport, ask.decision, link.clone()).await?;
            checked(&end, &link, ask)
        }
        Person::ConsentPrompt(prompt) => {
            may_be_opened(&link).map_err(|expected| stuck("authorize link", expected, ask.authorize))?;
            let credential = transport.vault().credential().unwrap_or_default();
            let read = |text: &str| super::answer::read(text, &link, transport.base(), ask);
            let mut answer = tokio::select! {
                reason = transport.stopped() => return Err(ConsentFailure::Nobody(reason)),
                answer = prompt.ask(&link, ask.decision, credential, read) => answer?,
            };
            // The result did not come through the transport, so its secrets are removed here.
            answer.body = answer.body.map(|body| transport.vault().received(body));
            Ok(shown(&answer))
        }
        Person::Absent(reason) => Err(ConsentFailure::Nobody(reason.clone())),
    }
}

/// Checks that a link may be opened. The org chooses the link, and opening it may do more than show a page,
/// so only web addresses are allowed.
fn may_be_opened(link: &Url) -> Result<(), &'static str> {
    match link.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(link) => Ok(()),
        _ => Err(
            "an https link, or http to this machine; this one was not opened, so consent by hand or fix the org",
        ),
    }
}

/// Checks that the result of the played person belongs to the link.
fn checked(
    end: &ResponseRecord,
    link: &Url,
    ask: ConsentRequest<'_>,
) -> Result<ResponseRecord, ConsentFailure> {
    let href = end.body.as_ref().map(Body::value);
    let href =
        href.as_ref().and_then(|body| body.pointer("/continue_oauth_flow_url/href")).and_then(Value::as_str);
    if let (200, Some(href)) = (end.status, href)
        && let Err(reason) = super::answer::check(href, link, ask)
    {
        return Err(stuck("continue_oauth_flow_url", "the callback of this app and attempt", &reason));
    }
    // The org shows JSON (guide).
    let media = end.media_type();
    if let (Some(_), Some(media)) = (href, media.as_deref().filter(|media| !media.ends_with("json"))) {
        return Err(stuck("header content-type", "JSON", media));
    }
    Ok(shown(end))
}

/// The result in the form that flows read (`status`, `body`, `code`, `state`).
fn shown(answer: &ResponseRecord) -> ResponseRecord {
    let body = answer.body.as_ref().map_or(Value::Null, Body::value);
    let href = body.pointer("/continue_oauth_flow_url/href").and_then(Value::as_str);
    let mut members = Map::new();
    members.insert("status".to_owned(), answer.status.into());
    members.insert("body".to_owned(), body.clone());
    for name in ["code", "state"] {
        if let Some(value) = href.and_then(|href| parameter(href, name)) {
            members.insert(name.to_owned(), value.into());
        }
    }
    ResponseRecord {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Some(Body::Json(Value::Object(members))),
        broken_json: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        for (link, opened) in [
            ("https://accounts.example.com/o/oauth2/auth?state=s", true),
            ("http://127.0.0.1:8080/third-party/google", true),
            ("http://localhost/x", true),
            ("http://[::1]:1/x", true),
            ("http://accounts.example.com/auth", false),
            ("http://127.0.0.1.example.com/", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("vscode://file/etc/passwd", false),
            ("mailto:a@example.com", false),
        ] {
            assert_eq!(may_be_opened(&Url::parse(link).unwrap()).is_ok(), opened, "{link}");
        }
    }
}
