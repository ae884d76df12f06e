//! Org files and state documents: JSON that describes the apps of an org, and what is wrong with it.

mod initial;
mod names;
mod position;
mod read;
mod refused;
mod schema;
#[cfg(test)]
mod tests;

pub use initial::Load;
pub use refused::LoadError;
