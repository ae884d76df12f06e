//! What is sent to look at an app, to put it back and to remove it, before any answer tells what differs: for
//! `--plan`. The requests are those that are sent.

use super::plan::{self, RestoreRequest};
use super::{app, created};
use crate::transport::PlannedRequest;

/// A request that may be sent.
#[derive(Debug)]
pub(crate) struct PlannedCall {
    pub(crate) request: PlannedRequest,
    /// On what it depends; `None` where it is sent in any case.
    pub(crate) condition: Option<&'static str>,
}

/// Reading an app.
pub(crate) fn reading(id: &str) -> Vec<PlannedCall> {
    always(app::reads(id)).collect()
}

/// Disabling the connection of an app.
pub(crate) fn disabling(id: &str) -> Vec<PlannedCall> {
    let [look, deactivate] = app::disabling(id);
    always([look]).chain([only(&deactivate, "if it is enabled")]).collect()
}

/// Putting an app back, as [`app::put_back`] does.
pub(crate) fn putting_back(id: &str) -> Vec<PlannedCall> {
    let [look, ..] = app::reads(id);
    let differing =
        plan::possible(id).into_iter().map(|step| only(&step, "each that differs from what was found"));
    always([look]).chain(always(app::reads(id))).chain(differing).chain(always(app::reads(id))).collect()
}

/// Removing an app of the run, as [`created::remove`] does. `label` is for one whose id never arrived.
pub(crate) fn removing(id: &str, label: &str) -> Vec<PlannedCall> {
    let [deactivate, delete] = created::deletion(id);
    let still = [
        only(&created::search(label), "each look for one of which the org did not say what became of it"),
        only(&created::look(id), "if its id is known"),
        only(&deactivate, "if it is still there and not inactive"),
        only(&delete, "if it is still there"),
        only(&created::look(id), "if it was still there"),
    ];
    still.into()
}

fn always(steps: impl IntoIterator<Item = RestoreRequest>) -> impl Iterator<Item = PlannedCall> {
    steps.into_iter().map(|step| PlannedCall { request: step.planned(), condition: None })
}

fn only(step: &RestoreRequest, condition: &'static str) -> PlannedCall {
    PlannedCall { request: step.planned(), condition: Some(condition) }
}
