//! App instances, and the requests that create and replace them.

mod instance;
mod presentation;
mod request;

pub(crate) use instance::{App, AppStatus, Setting, SigningKeys, is_created_active};
pub(crate) use presentation::{
    FormCredentials, Presentation, SignOnOverrides, UsernameTemplate, VpnNotification,
};
