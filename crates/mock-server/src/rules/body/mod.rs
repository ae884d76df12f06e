//! Request bodies: JSON without duplicate names, and its members by type.

mod checks;
mod members;
mod merge;
mod object;
mod parse;
#[cfg(test)]
mod tests;

pub(crate) use checks::{
    TEXT_LIMIT, check_length, check_no_unknown_members, check_nothing_ignored, is_blank, refuse_ignored,
    wrong_type,
};
pub(crate) use members::{Members, Presence};
pub(crate) use merge::{MAX_ENTRIES, MAX_JSON_LENGTH, Merge};
pub(crate) use object::{Json, MAX_IGNORED, Object};
pub(crate) use parse::parse_object;
