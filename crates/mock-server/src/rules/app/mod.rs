//! App instances, and the requests that create and replace them.

mod described;
mod instance;
mod presentation;
mod recorded;
mod request;

pub(crate) use instance::{App, AppStatus, Setting, SigningKeys, is_created_active};
pub(crate) use presentation::{
    FormCredentials, Presentation, SignOnOverrides, UsernameTemplate, VpnNotification,
};
pub(crate) use recorded::Recorded;
