//! The runner: selects, plans, replays and judges, and reports everything as one stream of events.

mod arming;
mod builder;
mod flow_run;
mod inputs;
mod kept_answers;
mod placed;
mod preview;
mod recorder;
mod restore;
mod run;
mod run_plan;
mod schedule;
mod summary;
mod target;
mod validation;
mod waits;

pub use builder::Builder;
pub(crate) use restore::{RestoreEvent, RestoreTarget, restore_by};
pub use run_plan::Runner;
