//! The apps of the org, with the state of their connections and features.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;

use super::super::call::Call;
use super::super::render::state::StoredApp;
use crate::rules::app::App;
use crate::rules::connection::{Connection, Credential};
use crate::rules::identifier::AppId;

/// Maximum number of apps that are shown.
const SHOWN: usize = 100;

pub(super) fn section(call: &Call<'_>) -> Markup {
    let (count, shown): (usize, Vec<_>) = {
        let org = call.org.lock();
        (org.apps().count(), org.shared_apps().take(SHOWN).collect())
    };
    html! {
        section aria-labelledby="apps" {
            h2 #apps { "Apps" }
            div #live-apps data-live {
                @if shown.is_empty() { p { "The org has no apps." } } @else { (table(&shown)) }
                @if count > shown.len() { p { "… and " (count - shown.len()) " more." } }
            }
        }
    }
}

fn table(apps: &[(AppId, Arc<App>)]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Table of apps" tabindex="0" {
            table {
                thead {
                    tr {
                        @for name in ["App", "Status", "Connection", "Features"] { th scope="col" { (name) } }
                    }
                }
                tbody { @for (id, app) in apps { (row(id, app)) } }
            }
        }
    }
}

fn row(id: &AppId, app: &App) -> Markup {
    let stored = serde_json::to_value(StoredApp { id, app }).unwrap_or_default();
    let features = stored["features"].as_object();
    html! {
        tr {
            th scope="row" {
                (app.label) " " span.kind { (app.name()) } br;
                code { (id.as_str()) }
            }
            td { (badge(app.status.as_str())) }
            td { (connection(&app.connection)) }
            td {
                @match features {
                    Some(features) => { @for (name, settings) in features { (feature(id, name, settings)) } }
                    None => { span.quiet { "defaults" } }
                }
            }
        }
    }
}

fn connection(connection: &Connection) -> Markup {
    match connection {
        Connection::Set { credential, status } => html! {
            (badge(status.as_str())) " " span.kind { (auth_scheme(credential)) }
            @if connection.consent().is_some_and(|consent| !consent.granted) { br; "consent is missing" }
        },
        Connection::NeverSet => html! { span.quiet { "never set" } },
    }
}

const fn auth_scheme(credential: &Credential) -> &'static str {
    match credential {
        Credential::Token { .. } => "TOKEN",
        Credential::ServiceApp { .. } | Credential::Consent(_) => "OAUTH2",
    }
}

fn feature(app: &AppId, name: &str, settings: &Value) -> Markup {
    let text = serde_json::to_string_pretty(settings).unwrap_or_default();
    html! {
        details id={ "feature-" (app.as_str()) "-" (name) } { summary { (name) } pre { (text) } }
    }
}

fn badge(status: &str) -> Markup {
    html! { span.badge.on[matches!(status, "ACTIVE" | "ENABLED")] { (status) } }
}
