//! Faults: failures on purpose.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::operation::{self, Outcome};
use super::answer::{json_answer, no_content, present, read};
use crate::org::faults::{CountedFault, Fault, FaultAnswer};
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};

/// The body of POST /_mock/faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    operation: String,
    app: Option<String>,
    #[serde(default)]
    after: u64,
    times: Option<u64>,
    answer: AnswerBody,
}

/// The member `answer`. Exactly one kind of answer is given.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    #[serde(default, deserialize_with = "present")]
    status: Option<u16>,
    #[serde(default, deserialize_with = "present")]
    retry_after: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    error: Option<String>,
    #[serde(default, deserialize_with = "present")]
    delay_ms: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    close: Option<Close>,
    #[serde(default, deserialize_with = "present")]
    truncate: Option<usize>,
    #[serde(default, deserialize_with = "present")]
    body: Option<String>,
    #[serde(default, deserialize_with = "present")]
    content_type: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Close {
    Before,
    After,
}

pub(in crate::api) fn add(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let given: FaultBody = read(body, &rule::CONTROL_FAULT)?;
    let operation = operation::named(&given.operation, &rule::CONTROL_FAULT)?;
    let answer = answer(given.answer)?;
    let fault = Fault { operation, app: given.app, after: given.after, times: given.times, answer };
    let mut org = call.org.lock();
    let faults = &mut org.controlled().faults;
    let id = faults.add(fault)?;
    let added = faults.all().iter().find(|counted| counted.id == id).map(fault_json);
    Ok(json_answer(&added).with_status(http::StatusCode::CREATED))
}

pub(in crate::api) fn list(call: &Call<'_>) -> Outcome {
    let mut org = call.org.lock();
    let faults: Vec<_> = org.controlled().faults.all().iter().map(fault_json).collect();
    Ok(json_answer(&json!({"faults": faults})))
}

pub(in crate::api) fn clear(call: &Call<'_>) -> Outcome {
    call.org.lock().controlled().faults.clear();
    Ok(no_content())
}

pub(in crate::api) fn remove(call: &Call<'_>) -> Outcome {
    remove_numbered(call, &call.parameter("faultId"))
}

/// Removes the fault of this number.
pub(in crate::api) fn remove_numbered(call: &Call<'_>, text: &str) -> Outcome {
    let id = text.parse().unwrap_or_default();
    match call.org.lock().controlled().faults.remove(id) {
        true => Ok(no_content()),
        false => Err(OktaError::not_found(&rule::CONTROL_FAULT, text, "Fault").into()),
    }
}

fn invalid(cause: &str) -> OktaError {
    OktaError::validation(&rule::CONTROL_FAULT, "answer", format!("answer: {cause}"))
}

fn answer(given: AnswerBody) -> Result<FaultAnswer, OktaError> {
    let AnswerBody { status, retry_after, error, delay_ms, close, truncate, body, content_type } = given;
    if retry_after.is_some() && (status.is_none() || body.is_some()) {
        return Err(invalid("retry_after belongs to status"));
    }
    if content_type.is_some() && body.is_none() {
        return Err(invalid("content_type belongs to body"));
    }
    let has_status_alone = status.is_some() && body.is_none();
    let kinds = [
        has_status_alone,
        error.is_some(),
        delay_ms.is_some(),
        close.is_some(),
        truncate.is_some(),
        body.is_some(),
    ];
    if kinds.iter().filter(|is_given| **is_given).count() != 1 {
        return Err(invalid("give one of status, error, delay_ms, close, truncate and body"));
    }
    if let Some(text) = body {
        let content_type = content_type.unwrap_or_else(|| "text/plain".to_owned());
        return Ok(FaultAnswer::Body { status: status.unwrap_or(200), text, content_type });
    }
    if let Some(code) = error {
        return error_code(&code).map(FaultAnswer::Error);
    }
    if let Some(milliseconds) = delay_ms {
        return Ok(FaultAnswer::Delay(Duration::from_millis(milliseconds)));
    }
    Ok(match (close, truncate, status) {
        (Some(Close::Before), ..) => FaultAnswer::CloseBefore,
        (Some(Close::After), ..) => FaultAnswer::CloseAfter,
        (None, Some(length), _) => FaultAnswer::Truncate(length),
        (None, None, status) => FaultAnswer::Status { status: status.unwrap_or(503), retry_after },
    })
}

fn error_code(code: &str) -> Result<ErrorCode, OktaError> {
    ErrorCode::ALL.into_iter().find(|known| known.as_str() == code).ok_or_else(|| {
        let known: Vec<_> = ErrorCode::ALL.iter().map(|known| known.as_str()).collect();
        invalid(&format!("unknown error {code:?}; known are {}", known.join(", ")))
    })
}

fn fault_json(counted: &CountedFault) -> Value {
    let Fault { operation, app, after, times, answer } = &counted.fault;
    json!({
        "id": counted.id,
        "operation": operation,
        "app": app,
        "after": after,
        "times": times,
        "answer": answer_json(answer),
        "applied": counted.applied(),
    })
}

fn answer_json(answer: &FaultAnswer) -> Value {
    match answer {
        FaultAnswer::Status { status, retry_after: None } => json!({"status": status}),
        FaultAnswer::Status { status, retry_after } => json!({"status": status, "retry_after": retry_after}),
        FaultAnswer::Error(code) => json!({"error": code.as_str()}),
        FaultAnswer::Delay(delay) => json!({"delay_ms": delay.as_millis()}),
        FaultAnswer::CloseBefore => json!({"close": "before"}),
        FaultAnswer::CloseAfter => json!({"close": "after"}),
        FaultAnswer::Truncate(length) => json!({"truncate": length}),
        FaultAnswer::Body { status, text, content_type } => {
            json!({"status": status, "body": text, "content_type": content_type})
        }
    }
}
