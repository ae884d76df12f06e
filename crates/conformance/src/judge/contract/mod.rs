//! The second judgement: the OpenAPI document, and requirements from the sources that it cannot express. Each
//! check is in `checks/`, with its id, sentence and source.

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
