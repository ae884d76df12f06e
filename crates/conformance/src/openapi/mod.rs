//! Reads an OpenAPI document, 3.0 or 3.1: its operations and their requests. Answers are judged elsewhere.

mod document;
mod parameters;
mod v3_0;

pub(crate) use document::{OpenApi, Operation};
pub(crate) use parameters::Parameters;
