//! The state of the org as one document.

use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::operation::Outcome;
use super::super::render::state::StateDocument;
use super::answer::{json_answer, no_content};
use crate::org::document::LoadError;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

pub(in crate::api) fn read(call: &Call<'_>) -> Outcome {
    let state = StateDocument::new(&call.org.lock());
    Ok(json_answer(&state))
}

pub(in crate::api) fn replace(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let document =
        std::str::from_utf8(body.bytes()).map_err(|_| OktaError::malformed(&rule::BODY_NOT_JSON))?;
    let mut org = call.org.lock();
    let next = org.with_state(document).map_err(|error| refusal(&error))?;
    org.controlled().org = next;
    Ok(no_content())
}

fn refusal(error: &LoadError) -> OktaError {
    OktaError::validation(error.rule(), "state", error.to_string())
}
