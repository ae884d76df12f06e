//! The resource owner: the person who follows the authorize link in a browser,
//! signs in at the third party, and allows or denies. Against the mock the
//! runner plays that person itself, page by page.

mod form;

use percent_encoding::percent_decode_str;
use reqwest::{Method, Url};
use serde_json::{Map, Value};

use crate::event::Finding;
use crate::transport::{Body, ResponseRecord, SendError, Transport};
use form::{Button, Field, Form, forms};

/// The source description whose operations the actor plays.
pub(crate) const SOURCE: &str = "resourceOwner";
/// Sign-in, consent, and a few more: then it is a loop.
const MOST_PAGES: usize = 6;
const HTML: &str = "text/html,application/xhtml+xml";

/// What the person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny,
}

impl Decision {
    /// The decision that an operation of the source stands for.
    pub(crate) fn of_operation(id: &str) -> Option<Self> {
        match id {
            "grantConsent" => Some(Self::Allow),
            "denyConsent" => Some(Self::Deny),
            _ => None,
        }
    }

    fn meant_by(self, button: &Button) -> bool {
        let words: &[&str] = match self {
            Self::Allow => &["allow", "accept", "grant", "authorize", "approve"],
            Self::Deny => &["deny", "cancel", "decline", "reject"],
        };
        let said = [button.value.trim().to_lowercase(), button.label.trim().to_lowercase()];
        said.iter().any(|said| words.contains(&said.as_str()))
    }
}

/// Why the person did not come to the end of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// The pages are not as they should be.
    Page(Finding),
    /// Nothing could be sent.
    Send(SendError),
}

impl From<SendError> for Stuck {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

/// Plays the person: from the authorize link to what the org shows at the end.
pub(crate) async fn play(
    transport: &Transport,
    decision: Decision,
    authorize: &str,
) -> Result<ResponseRecord, Stuck> {
    let mut url = Url::parse(&transport.vault().reveal(authorize))
        .map_err(|error| stuck("authorize link", "an absolute URL", &format!("{authorize} ({error})")))?;
    let mut answer = transport.browse(Method::GET, url.clone(), HTML, None).await?;
    for _ in 0..MOST_PAGES {
        if (300..400).contains(&answer.status) {
            url = next(transport, &url, &answer)?;
            answer = transport.browse(Method::GET, url.clone(), HTML, None).await?;
            continue;
        }
        if answer.media_type().as_deref() != Some("text/html") {
            return Ok(shown(&answer));
        }
        if answer.status != 200 {
            return Err(stuck("third-party page", "a page with status 200", &answer.status.to_string()));
        }
        let page = answer.body.as_ref().map(Body::text).unwrap_or_default();
        let (target, method, form) = submit(transport, decision, &url, &page)?;
        url = target;
        answer = transport.browse(method, url.clone(), HTML, form).await?;
    }
    Err(stuck("third-party page", "an end", &format!("page after page ({MOST_PAGES})")))
}

/// Where a redirect leads.
fn next(transport: &Transport, from: &Url, answer: &ResponseRecord) -> Result<Url, Stuck> {
    let wanted = "a redirect that leads back to the org";
    let Some(location) = answer.header("location") else {
        return Err(stuck("header location", wanted, "absent"));
    };
    from.join(&transport.vault().reveal(location)).map_err(|_| stuck("header location", wanted, location))
}

/// Fills in the form and presses the button.
fn submit(
    transport: &Transport,
    decision: Decision,
    from: &Url,
    page: &str,
) -> Result<(Url, Method, Option<String>), Stuck> {
    let forms = forms(page);
    let (form, button) = choose(&forms, decision).ok_or_else(|| {
        stuck("third-party page", "a form with buttons to allow and to deny", "none of that kind")
    })?;
    // HTML standard, section 4.10.21.7: the content of a form is encoded as a query is.
    let mut body = form_urlencoded::Serializer::new(String::new());
    for field in &form.fields {
        body.append_pair(&field.name, &transport.vault().reveal(&filled(field)));
    }
    if !button.name.is_empty() {
        body.append_pair(&button.name, &button.value);
    }
    let encoded = body.finish();
    let action = transport.vault().reveal(&form.action);
    let mut target = match action.as_str() {
        "" => from.clone(),
        action => from
            .join(action)
            .map_err(|_| stuck("third-party page", "a form that leads somewhere", &form.action))?,
    };
    if form.method == "post" {
        return Ok((target, Method::POST, Some(encoded)));
    }
    target.set_query(Some(&encoded));
    Ok((target, Method::GET, None))
}

/// The form that decides; on a page that only signs in, the first form.
fn choose(forms: &[Form], decision: Decision) -> Option<(&Form, &Button)> {
    let deciding = forms.iter().find_map(|form| {
        let button = form.buttons.iter().find(|button| decision.meant_by(button))?;
        Some((form, button))
    });
    deciding.or_else(|| {
        let other = |button: &Button| {
            [Decision::Allow, Decision::Deny].iter().any(|decision| decision.meant_by(button))
        };
        let form = forms.iter().find(|form| !form.buttons.iter().any(other))?;
        Some((form, form.buttons.first()?))
    })
}

/// What a person types: made up, as the third party of the mock takes anyone.
fn filled(field: &Field) -> String {
    match field.kind.as_str() {
        "hidden" | "checkbox" | "radio" => field.value.clone(),
        _ if !field.value.is_empty() => field.value.clone(),
        "email" => "admin@example.com".to_owned(),
        "password" => "made-up-word".to_owned(),
        _ => "admin".to_owned(),
    }
}

/// What the org showed, in the form that flows read (`status`, `body`, `code`, `state`).
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

fn parameter(href: &str, name: &str) -> Option<String> {
    let query = href.split_once('?')?.1.split('#').next()?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let value = value.replace('+', " ");
        (key == name).then(|| percent_decode_str(&value).decode_utf8_lossy().into_owned())
    })
}

fn stuck(place: &str, wanted: &str, came: &str) -> Stuck {
    Stuck::Page(Finding { place: place.to_owned(), wanted: wanted.to_owned(), came: came.to_owned() })
}
