//! Replays flows: step by step in the order they stand in, a failed criterion
//! does not stop what can still go on. Judges only what the flow itself says;
//! the other layers listen to the outcomes.

mod foresee;
mod interpreter;
mod request;

pub(crate) use foresee::{CREATED, foresee, shown};
pub(crate) use interpreter::{Called, Instead, Interpreter, Outcome};
