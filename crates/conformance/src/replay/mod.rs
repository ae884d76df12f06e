//! Replays flows: step by step in the order they stand in, a failed criterion
//! does not stop what can still go on. Judges only what the flow itself says;
//! the other layers listen to the outcomes.

mod interpreter;
mod preview;
mod request;

pub(crate) use interpreter::{CallContext, Interpreter, MissingAnswer, Outcome};
pub(crate) use preview::{CREATED, foresee, shown};
