//! Reset, and checkpoints: named states of the org.

use serde_json::json;

use super::super::call::Call;
use super::super::operation::Outcome;
use super::super::render::state::StateDocument;
use super::super::render::state_diff::differences;
use super::answer::{json_answer, no_content};
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// Maximum length of the name of a checkpoint, in characters.
const MAX_NAME: usize = 100;

pub(in crate::api) fn reset(call: &Call<'_>) -> Outcome {
    call.org.lock().controlled().reset();
    Ok(no_content())
}

pub(in crate::api) fn list(call: &Call<'_>) -> Outcome {
    let mut org = call.org.lock();
    let names: Vec<_> = org.controlled().checkpoints().collect();
    Ok(json_answer(&json!({"checkpoints": names})))
}

pub(in crate::api) fn keep(call: &Call<'_>) -> Outcome {
    let name = call.parameter("name");
    if name.chars().count() > MAX_NAME {
        let cause = format!("name: at most {MAX_NAME} characters");
        return Err(OktaError::validation(&rule::CONTROL_CHECKPOINT, "name", cause).into());
    }
    match call.org.lock().controlled().keep_checkpoint(&name) {
        true => Ok(no_content()),
        false => {
            let limit = call.org.settings().control_limits.checkpoints;
            let cause = format!("name: there are {limit} checkpoints already");
            Err(OktaError::validation(&rule::CONTROL_CHECKPOINT, "name", cause).into())
        }
    }
}

/// Compares a checkpoint with the org as it is now.
pub(in crate::api) fn diff(call: &Call<'_>) -> Outcome {
    let name = call.parameter("name");
    let (before, after) = {
        let mut org = call.org.lock();
        let after = StateDocument::new(&org);
        let before = org.controlled().checkpoint(&name).map(StateDocument::new);
        (before.ok_or_else(|| unknown(&name))?, after)
    };
    Ok(json_answer(&json!({"differences": differences(&before, &after)})))
}

pub(in crate::api) fn restore(call: &Call<'_>) -> Outcome {
    let name = call.parameter("name");
    match call.org.lock().controlled().restore_checkpoint(&name) {
        true => Ok(no_content()),
        false => Err(unknown(&name).into()),
    }
}

pub(in crate::api) fn remove(call: &Call<'_>) -> Outcome {
    let name = call.parameter("name");
    match call.org.lock().controlled().remove_checkpoint(&name) {
        true => Ok(no_content()),
        false => Err(unknown(&name).into()),
    }
}

fn unknown(name: &str) -> OktaError {
    OktaError::not_found(&rule::CONTROL_CHECKPOINT, name, "Checkpoint")
}
