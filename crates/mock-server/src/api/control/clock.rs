//! The org's clock.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::MockOrg;
use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::operation::Outcome;
use super::super::render::Timestamp;
use super::answer::{json_answer, present, read};
use crate::org::clock::MAX_TIME_TEXT;
use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Object, check_no_unknown_members};
use crate::rules::error::{OktaError, Refusals};
use crate::rules::identifier::Seconds;

pub(in crate::api) fn clock(call: &Call<'_>) -> Outcome {
    Ok(json_answer(&now(call.org)))
}

pub(in crate::api) fn advance_clock(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object()?;
    let mut refusals = Refusals::default();
    let seconds = refusals.take(seconds(&body), 0);
    refusals.check(check_no_unknown_members(&body));
    refusals.into_result(())?;
    let advanced = call.org.lock().clock.advance(seconds.into());
    advanced.map_err(|_| {
        let cause = format!("seconds: The clock cannot pass {MAX_TIME_TEXT}");
        OktaError::validation(&rule::CONTROL_CLOCK, "seconds", cause)
    })?;
    Ok(json_answer(&now(call.org)))
}

/// The body of PUT /_mock/clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    #[serde(default, deserialize_with = "present")]
    now: Option<String>,
    #[serde(default, deserialize_with = "present")]
    frozen: Option<bool>,
}

pub(in crate::api) fn set_clock(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let ClockBody { now: time, frozen } = read(body, &rule::CONTROL_CLOCK)?;
    let invalid = |cause: &str| OktaError::validation(&rule::CONTROL_CLOCK, "now", format!("now: {cause}"));
    if time.is_none() && frozen.is_none() {
        return Err(invalid("give now, frozen or both").into());
    }
    let time = match time {
        None => None,
        Some(text) => {
            let instant = Seconds::parse(&text);
            Some(instant.ok_or_else(|| invalid("must be a timestamp, such as 2026-01-01T00:00:00Z"))?)
        }
    };
    let mut org = call.org.lock();
    let clock = org.clock.set(time, frozen);
    org.clock = clock.map_err(|_| invalid(&format!("must be from 1970 to {MAX_TIME_TEXT}")))?;
    drop(org);
    Ok(json_answer(&now(call.org)))
}

pub(super) fn seconds(body: &Object<'_>) -> Result<u32, OktaError> {
    let seconds = match body.get("seconds") {
        Some(Json::Number(number)) => number.as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
        _ => None,
    };
    seconds.ok_or_else(|| OktaError::invalid(&rule::CONTROL_CLOCK, "seconds"))
}

fn now(org: &MockOrg) -> Value {
    let org = org.lock();
    json!({"now": Timestamp(org.clock.now()), "frozen": org.clock.is_frozen()})
}
