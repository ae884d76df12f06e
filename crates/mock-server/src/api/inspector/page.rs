//! The document of the inspector. It is usable without scripts; with them, it refreshes itself.

use http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::answer::Answer;
use super::super::call::Call;
use super::super::operation::Outcome;
use super::super::page::{Permissions, page};
use super::super::render::Timestamp;
use super::{apps, controls, requests};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("refresh.js");

/// GET /_mock/ui
pub(in crate::api) fn show(call: &Call<'_>) -> Outcome {
    Ok(answer(call, StatusCode::OK, None))
}

/// Returns the page, with a message of an action that failed.
pub(super) fn answer(call: &Call<'_>, status: StatusCode, failure: Option<&str>) -> Answer {
    let html = document(call, failure).into_string();
    page(status, &html, Permissions { script: Some(SCRIPT), connects: true, ..Permissions::default() })
}

fn document(call: &Call<'_>, failure: Option<&str>) -> Markup {
    let title = format!("{} – okta-mock-server", call.origin.authority());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(call))
                main {
                    @if let Some(failure) = failure { p.failure role="alert" { (failure) } }
                    (apps::section(call))
                    (requests::section(call))
                    div.controls {
                        (controls::faults(call))
                        (controls::clock(call))
                        (controls::orgs(call))
                        (controls::reset())
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn header(call: &Call<'_>) -> Markup {
    let (id, now, is_frozen) = {
        let org = call.org.lock();
        (org.identity().id, org.clock.now(), org.clock.is_frozen())
    };
    html! {
        header {
            h1 { "Mock org " span.host { (call.origin.authority()) } }
            p #live-header data-live {
                "Org " code { (id.as_str()) } " · "
                time { (time_text(Timestamp(now))) }
                @if is_frozen { " · " strong { "clock frozen" } }
            }
        }
    }
}

/// Returns a time as it stands in answers.
pub(super) fn time_text(time: Timestamp) -> String {
    serde_json::to_value(time).ok().and_then(|text| text.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}
