//! Request bodies: JSON without duplicate names, and its members by type.

mod checks;
mod json;
mod members;
mod object;
#[cfg(test)]
mod tests;

pub(crate) use checks::{
    TEXT_LIMIT, check_length, check_no_unknown_members, check_nothing_ignored, is_blank, refuse_ignored,
    wrong_type,
};
pub(crate) use json::{Json, parse_object};
pub(crate) use members::{Members, Presence};
pub(crate) use object::{MAX_IGNORED, Object};
