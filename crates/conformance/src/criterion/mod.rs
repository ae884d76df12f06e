//! Success criteria of a step: `simple`, `regex` and `jsonpath` conditions.
//! They are compiled when a flow is loaded and answer yes or no; a value that
//! is absent makes a criterion false, not an error.

mod bounds;
mod evaluate;
mod simple;

pub(crate) use evaluate::{Criterion, CriterionContext};
