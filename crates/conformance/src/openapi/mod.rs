//! Reads an OpenAPI document, 3.0 or 3.1: which operations there are and how a request
//! for one is put together. What it promises about answers is judged elsewhere.

mod document;
mod parameters;
mod v3_0;

pub(crate) use document::{OpenApi, Operation};
pub(crate) use parameters::Parameters;
