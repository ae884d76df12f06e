//! Runtime expressions of the Arazzo standard (1.0.1 and 1.1, section "Runtime Expressions").

mod model;
mod parse;
mod scope;
mod template;

pub(crate) use model::{Expression, MessagePart, NamedValue, Pointer};
pub(crate) use parse::{ExpressionError, expression_prefix, parse};
pub(crate) use scope::{Exchange, Scope, StepOutputs};
pub(crate) use template::{Template, as_text};
