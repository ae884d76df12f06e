//! The default provisioning connection of an app: its settings and states.

mod credential;
mod described;
mod instance;
mod request;
mod rotation;

pub(crate) use credential::{Credential, RotationMode, TargetToken};
pub(crate) use instance::{AppFacts, Connection, Relation, Status, Verification};
pub(crate) use request::wants_activation;
pub(crate) use rotation::{current_period, published_periods};
