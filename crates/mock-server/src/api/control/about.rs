//! The version of the mock, its contracts, and its health.

use serde_json::json;

use super::super::call::Call;
use super::super::operation::Outcome;
use super::answer::{json_answer, json_text};
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// The contract of everything outside `/_mock`.
const API: &str = include_str!("../../../../../fixtures/contract/openapi.json");
/// The contract of the control plane.
const CONTROL: &str = include_str!("../../../../../fixtures/contract/control.openapi.json");

/// What the control plane can do, by the first segment of its paths.
const CAPABILITIES: [&str; 9] = [
    "state",
    "checkpoints",
    "requests",
    "faults",
    "clock",
    "rate-limit",
    "third-party",
    "resource-owner",
    "orgs",
];

pub(in crate::api) fn about(call: &Call<'_>) -> Outcome {
    let org = call.org.lock();
    Ok(json_answer(&json!({
        "name": "okta-mock-server",
        "version": env!("CARGO_PKG_VERSION"),
        "org": org.identity().id.as_str(),
        "uptime": call.org.uptime().as_secs(),
        "seed": org.seed(),
        "frozen": org.clock.is_frozen(),
        "capabilities": CAPABILITIES,
    })))
}

pub(in crate::api) fn contract(call: &Call<'_>) -> Outcome {
    match call.query.one("surface")? {
        None | Some("api") => Ok(json_text(API)),
        Some("control") => Ok(json_text(CONTROL)),
        Some(_) => {
            let cause = "surface: must be api or control";
            Err(OktaError::validation(&rule::CONTROL_CONTRACT, "surface", cause).into())
        }
    }
}

pub(in crate::api) fn health(_: &Call<'_>) -> Outcome {
    Ok(json_answer(&json!({"status": "ok"})))
}
