//! The undo file: the state of an org before the first write, private to the user, without secrets. It
//! survives a kill; `restore` returns the org to that state.

mod file;
mod folder;
mod holder;
mod journal;
mod seal;

pub(crate) use file::{
    CreatedApp, FoundApp, FoundConnection, FoundFeature, UndoFile, check_private, is_id, seconds_now,
};
pub(crate) use folder::{UndoFolder, others};
pub(crate) use holder::holder;
pub(crate) use journal::{Journal, hold, remove, write};
pub(crate) use seal::Seal;
