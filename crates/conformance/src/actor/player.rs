//! Plays the person at the mock, page by page, like a browser without scripts.

use reqwest::{Method, Url};

use super::failure::{ConsentFailure, stuck};
use super::form::{Button, Field, Form, forms};
use super::request::Decision;
use crate::exchange::{Body, ResponseRecord};
use crate::transport::Transport;

/// Maximum number of pages: sign-in, consent, and a few more; beyond that it is a loop.
const MAX_PAGES: usize = 6;
const HTML: &str = "text/html,application/xhtml+xml";

/// Plays the person: from the authorize link to the result.
pub(super) async fn play(
    transport: &Transport,
    decision: Decision,
    link: Url,
) -> Result<ResponseRecord, ConsentFailure> {
    let mut url = link;
    let mut answer = transport.browse(Method::GET, url.clone(), HTML, None).await?;
    for _ in 0..MAX_PAGES {
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
            // A page without a form is the end, for example after a denial.
            return Ok(answer);
        }
        if answer.status != 200 {
            return Err(stuck("third-party page", "a page with status 200", &answer.status.to_string()));
        }
        let (target, method, form) = submit(transport, decision, &url, &page)?;
        url = target;
        answer = transport.browse(method, url.clone(), HTML, form).await?;
    }
    Err(stuck("third-party page", "a last page", &format!("more than {MAX_PAGES} pages")))
}

/// True if a browser would show the answer as a page, whatever its media type.
fn is_page(answer: &ResponseRecord) -> bool {
    let begins = matches!(&answer.body, Some(Body::Text(text)) if text.trim_start().starts_with('<'));
    begins || answer.media_type().as_deref() == Some("text/html")
}

/// The target of a redirect.
fn next(transport: &Transport, from: &Url, answer: &ResponseRecord) -> Result<Url, ConsentFailure> {
    let expected = "a redirect back to the org";
    let Some(location) = answer.header("location") else {
        return Err(stuck("header location", expected, "absent"));
    };
    from.join(&transport.vault().reveal(location)).map_err(|_| stuck("header location", expected, location))
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
        stuck("third-party page", "a form with buttons to allow and to deny", "no such form")
    })?;
    // HTML standard, section 4.10.21.7: form data is encoded like a query.
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
            .map_err(|_| stuck("third-party page", "a form with a valid target", &form.action))?,
    };
    if form.method == "post" {
        return Ok((target, Method::POST, Some(encoded)));
    }
    target.set_query(Some(&encoded));
    Ok((target, Method::GET, None))
}

/// The form with the decision; on a page that only signs in, the first form.
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

/// The made-up input of the person; the mock's third party accepts any.
fn filled(field: &Field) -> String {
    match field.kind.as_str() {
        "hidden" | "checkbox" | "radio" => field.value.clone(),
        _ if !field.value.is_empty() => field.value.clone(),
        "email" => "admin@example.com".to_owned(),
        "password" => "made-up-word".to_owned(),
        _ => "admin".to_owned(),
    }
}
