//! App instances, and the requests that create and replace them.

mod create;
mod described;
mod instance;
mod presentation;
mod recorded;
mod request;
mod setting;

pub(crate) use create::{SigningKeys, is_created_active};
pub(crate) use instance::{App, AppSource, AppStatus};
pub(crate) use presentation::Presentation;
pub(crate) use recorded::Recorded;
pub(crate) use setting::Setting;
