//! The runner: selects, plans, replays and judges, and reports everything as one stream of events.

mod arming;
mod builder;
mod flow_run;
mod inputs;
mod kept_answers;
mod placed;
mod preview;
mod put_back;
mod recorder;
mod run;
mod run_plan;
mod schedule;
mod summary;
mod target;
mod validation;
mod waits;

pub use builder::Builder;
pub(crate) use put_back::{RestoreEvent, RestoreTarget, restore_by};
pub use run_plan::Runner;
