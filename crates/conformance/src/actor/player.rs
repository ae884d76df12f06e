//! Plays the person at the mock, page by page, as a browser without scripts would.

use reqwest::{Method, Url};

use super::consent::stuck;
use super::form::{Button, Field, Form, forms};
use super::{ConsentFailure, Decision};
use crate::exchange::{Body, ResponseRecord};
use crate::transport::Transport;

/// Sign-in, consent, and a few more: then it is a loop.
const MOST_PAGES: usize = 6;
const HTML: &str = "text/html,application/xhtml+xml";

/// Plays the person: from the authorize link to what the org shows at the end.
pub(super) async fn play(
    transport: &Transport,
    decision: Decision,
    link: Url,
) -> Result<ResponseRecord, ConsentFailure> {
    let mut url = link;
    let mut answer = transport.browse(Method::GET, url.clone(), HTML, None).await?;
    for _ in 0..MOST_PAGES {
        if (300..400).contains(&answer.status) {
            url = next(transport, &url, &answer)?;
            answer = transport.browse(Method::GET, url.clone(), HTML, None).await?;
            continue;
        }
        if !is_page(&answer) {
            return Ok(answer);
        }
        let page = answer.body.as_ref().map(Body::text).unwrap_or_default();
        let expected = answer.status == 200 || decision == Decision::Deny;
        if expected && forms(&page).is_empty() {
            // A page that asks for nothing is the end, as where somebody denied.
            return Ok(answer);
        }
        if answer.status != 200 {
            return Err(stuck("third-party page", "a page with status 200", &answer.status.to_string()));
        }
        let (target, method, form) = submit(transport, decision, &url, &page)?;
        url = target;
        answer = transport.browse(method, url.clone(), HTML, form).await?;
    }
    Err(stuck("third-party page", "an end", &format!("page after page ({MOST_PAGES})")))
}

/// Whether a browser would show it as a page, whatever it is called.
fn is_page(answer: &ResponseRecord) -> bool {
    let begins = matches!(&answer.body, Some(Body::Text(text)) if text.trim_start().starts_with('<'));
    begins || answer.media_type().as_deref() == Some("text/html")
}

/// Where a redirect leads.
fn next(transport: &Transport, from: &Url, answer: &ResponseRecord) -> Result<Url, ConsentFailure> {
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
) -> Result<(Url, Method, Option<String>), ConsentFailure> {
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
