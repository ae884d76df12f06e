//! App instances, and the requests that create and replace them.

mod create;
mod described;
mod described_client;
mod instance;
mod keys;
mod presentation;
mod recorded;
mod registration;
mod request;
mod setting;
mod signing_keys;

pub(crate) use create::{NewIds, SigningKeys, is_created_active};
pub(crate) use instance::{App, AppSource, AppStatus};
pub(crate) use keys::{AppKey, validity_years, years_after};
pub(crate) use presentation::Presentation;
pub(crate) use recorded::Recorded;
pub(crate) use setting::Setting;
