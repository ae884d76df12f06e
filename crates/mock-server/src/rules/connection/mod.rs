//! The default provisioning connection of an app: its settings and states.

mod described;
mod instance;
mod request;

pub(crate) use instance::{AppFacts, Connection, Credential, Relation, RotationMode, Status};
pub(crate) use request::wants_activation;
