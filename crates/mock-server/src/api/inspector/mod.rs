//! The inspector: a page that shows the org and its last requests, and forms that control it.

mod actions;
mod apps;
mod controls;
mod page;
mod requests;

pub(super) use actions::act;
pub(super) use page::show;
