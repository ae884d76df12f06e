//! Restores an org from an undo file: sends only what differs, verifies it, and reports what a person has to
//! do.

mod app;
mod calls;
mod created;
mod credential;
mod kinds;
mod network_retry;
mod org;
mod plan;
mod planned_calls;
mod result;

pub(crate) use app::{disable, read as read_app};
pub(crate) use calls::{CallError, OrgClient};
pub(crate) use org::{check_same_org, restore};
pub(crate) use planned_calls::{PlannedCall, disabling, reading, removing, restoring};
pub use result::{Leftover, Restored};
