//! The provisioning features of an app: names, availability and settings.

mod availability;
pub(crate) mod inbound;
mod name;
pub(crate) mod schedule;
mod settings;
mod status;
pub(crate) mod user;

pub(crate) use availability::{check_available, check_name, list, supported};
pub(crate) use inbound::InboundProvisioning;
pub(crate) use name::FeatureName;
pub(crate) use settings::FeatureSettings;
pub(crate) use status::EnabledStatus;
pub(crate) use user::UserProvisioning;
