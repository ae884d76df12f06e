//! The second layer: the OpenAPI document, and what it cannot say of an answer but the sources do.
//! Each check stands in `checks/`, with its id, its sentence and its source.

mod checks;
mod declared;
mod described;
mod document;
mod exchange;
mod extent;
mod judge;
mod memory;
mod paths;
mod schema;
mod tolerance;

pub(super) use checks::table;
pub(crate) use extent::Extent;
pub(crate) use judge::Contract;
pub(crate) use memory::Memory;
pub(crate) use tolerance::Tolerances;
