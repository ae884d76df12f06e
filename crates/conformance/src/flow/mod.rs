//! Flows: Arazzo documents, read completely before the first request. Constructs that this runner does not
//! support are rejected here, with file, line and reason.

mod build;
mod check;
mod library;
mod model;
mod parameters;
mod plan;
mod shape;
mod source;
pub(crate) mod text;

pub(crate) use library::{Library, open_api};
pub(crate) use model::{Action, ActionKind, Call, Flow, PERSON, ParameterTarget, Step, StepBody};
pub(crate) use plan::{PlannedRun, Selection, plan, run_name};

#[cfg(test)]
mod tests;
