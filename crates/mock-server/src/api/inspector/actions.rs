//! The forms of the inspector. Each is a call of the control plane, so that both check the same.

use http::StatusCode;
use http::header::{self, HeaderValue};
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, full_body};
use super::super::body::JsonBody;
use super::super::call::{Call, Query};
use super::super::control;
use super::super::header_set::HeaderSet;
use super::super::operation::Outcome;
use super::controls::ANSWERS;
use super::page::answer;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// POST /_mock/ui: performs an action, and returns to the page.
pub(in crate::api) fn act(call: &Call<'_>, form: &Query) -> Outcome {
    Ok(match perform(call, form) {
        Ok(_) => back_to_the_page(),
        Err(refusal) => {
            let (summary, causes) = refusal.texts();
            let causes = causes.join("; ");
            let message = if causes.is_empty() { summary } else { &causes };
            answer(call, refusal.status(), Some(message))
        }
    })
}

fn back_to_the_page() -> Answer {
    Answer::new(HeaderSet::None, full_body(""))
        .with_status(StatusCode::SEE_OTHER)
        .with_header(header::LOCATION, HeaderValue::from_static("/_mock/ui"))
        .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

fn perform(call: &Call<'_>, form: &Query) -> Outcome {
    let field = |name| form.one(name).map(|value| value.map(str::trim).filter(|value| !value.is_empty()));
    let required = |name| {
        field(name).and_then(|value| value.ok_or_else(|| OktaError::blank(&rule::CONTROL_INSPECTOR, name)))
    };
    match field("do")? {
        Some("reset") => control::reset(call),
        Some("clear-requests") => control::clear_requests(call),
        Some("add-fault") => {
            let chosen = required("answer")?;
            let known = ANSWERS.iter().find(|(value, ..)| *value == chosen);
            let (.., text) = known.ok_or_else(|| OktaError::invalid(&rule::CONTROL_INSPECTOR, "answer"))?;
            let mut fault = Map::new();
            fault.insert("operation".into(), required("operation")?.into());
            fault.insert("answer".into(), serde_json::from_str(text).unwrap_or_default());
            if let Some(app) = field("app")? {
                fault.insert("app".into(), app.into());
            }
            if let Some(times) = field("times")? {
                fault.insert("times".into(), number(times));
            }
            control::add_fault(call, &body(&Value::Object(fault)))
        }
        Some("remove-fault") => control::remove_fault_numbered(call, required("id")?),
        Some("clear-faults") => control::clear_faults(call),
        Some("advance-clock") => {
            control::advance_clock(call, &body(&json!({"seconds": number(required("seconds")?)})))
        }
        Some("set-clock") => control::set_clock(call, &body(&json!({"now": required("now")?}))),
        Some("freeze-clock") => control::set_clock(call, &body(&json!({"frozen": true}))),
        Some("run-clock") => control::set_clock(call, &body(&json!({"frozen": false}))),
        Some("add-org") => {
            let (name, source) = (required("name")?, required("source")?);
            let org = match source.strip_prefix("fork:") {
                Some(fork) => json!({"name": name, "fork": fork}),
                None => json!({"name": name, "load": source}),
            };
            control::add_org(call, &body(&org))
        }
        Some("drop-org") => control::remove_org_named(call, required("name")?),
        _ => Err(OktaError::invalid(&rule::CONTROL_INSPECTOR, "do").into()),
    }
}

/// Returns a number as JSON. Any other text stays a text, and is refused with its name.
fn number(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
}

fn body(value: &Value) -> JsonBody {
    JsonBody::from_json(value)
}
