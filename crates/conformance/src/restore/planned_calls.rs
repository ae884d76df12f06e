//! The requests that read, restore and remove an app, before any answer shows the differences, for `--plan`.
//! They are built by the code that sends them.

use super::plan::{self, RestoreRequest};
use super::{app, created};
use crate::transport::PlannedRequest;

/// A request that may be sent.
#[derive(Debug)]
pub(crate) struct PlannedCall {
    pub(crate) request: PlannedRequest,
    /// The condition for sending it; `None` if it is always sent.
    pub(crate) condition: Option<&'static str>,
}

/// The requests that read an app.
pub(crate) fn reading(id: &str) -> Vec<PlannedCall> {
    always(app::reads(id)).collect()
}

/// The requests that disable the connection of an app.
pub(crate) fn disabling(id: &str) -> Vec<PlannedCall> {
    let [look, deactivate] = app::disabling(id);
    always([look]).chain([only(&deactivate, "if it is enabled")]).collect()
}

/// The requests that restore an app, as in [`app::restore_app`].
pub(crate) fn restoring(id: &str) -> Vec<PlannedCall> {
    let [look, ..] = app::reads(id);
    let differing = plan::possible(id).into_iter().map(|step| only(&step, "each that is needed"));
    always([look]).chain(always(app::reads(id))).chain(differing).chain(always(app::reads(id))).collect()
}

/// The requests that remove an app of the run, as in [`created::remove`]. `label` is for an app without a
/// recorded id.
pub(crate) fn removing(id: &str, label: &str) -> Vec<PlannedCall> {
    let [deactivate, delete] = created::deletion(id);
    let still = [
        only(&created::search(label), "each search, if the create request got no answer"),
        only(&created::look(id), "if its id is known"),
        only(&deactivate, "if it still exists and is not inactive"),
        only(&delete, "if it still exists"),
        only(&created::look(id), "if it still existed"),
    ];
    still.into()
}

fn always(steps: impl IntoIterator<Item = RestoreRequest>) -> impl Iterator<Item = PlannedCall> {
    steps.into_iter().map(|step| PlannedCall { request: step.planned(), condition: None })
}

fn only(step: &RestoreRequest, condition: &'static str) -> PlannedCall {
    PlannedCall { request: step.planned(), condition: Some(condition) }
}
