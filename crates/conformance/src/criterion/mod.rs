//! Success criteria of a step: `simple`, `regex` and `jsonpath` conditions. They are compiled when a flow is
//! loaded and evaluate to true or false; an absent value makes a criterion false and is not an error.

mod bounds;
mod evaluate;
mod simple;

pub(crate) use evaluate::{Criterion, CriterionContext};
