//! The enforced rate limit.

use serde::Deserialize;
use serde_json::json;

use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::operation::Outcome;
use super::answer::{json_answer, no_content, present, read};
use crate::org::rate::{RateLimit, RateWindow};
use crate::rules::behaviour as rule;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitBody {
    requests: u32,
    #[serde(default, deserialize_with = "present")]
    seconds: Option<u32>,
}

pub(in crate::api) fn set(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let LimitBody { requests, seconds } = read(body, &rule::CONTROL_RATE_LIMIT)?;
    let seconds = seconds.unwrap_or(60);
    let limit = RateLimit::new(requests, seconds)?;
    call.org.lock().rate = RateWindow::new(Some(limit));
    Ok(json_answer(&json!({"requests": requests, "seconds": seconds})))
}

pub(in crate::api) fn remove(call: &Call<'_>) -> Outcome {
    call.org.lock().rate = RateWindow::new(None);
    Ok(no_content())
}
