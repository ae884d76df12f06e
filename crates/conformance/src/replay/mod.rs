//! Replays flows step by step, in order; a failed criterion does not stop steps that can still run. Only the
//! flow's own criteria are judged here; the other judgements receive the outcomes.

mod interpreter;
mod preview;
mod request;

pub(crate) use interpreter::{CallContext, Interpreter, MissingAnswer, Outcome};
pub(crate) use preview::{CREATED, preview_flow, shown};
