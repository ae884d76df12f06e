//! The default provisioning connection of an app: its settings and states.

mod credential;
mod described;
mod instance;
mod request;

pub(crate) use credential::{Credential, RotationMode};
pub(crate) use instance::{AppFacts, Connection, Relation, Status};
pub(crate) use request::wants_activation;
