//! The transport: planned requests, and the only place that sends them.

mod access;
mod client;
mod guard;
mod network;
mod outgoing;
mod pace;
mod planned_request;
mod probe;
mod received;
mod retry;
mod sign_in;
mod stop;

pub(crate) use access::Access;
pub(crate) use client::{SendError, SharedClient, Transport, proof};
pub(crate) use guard::{Armed, Guard, RequestedChange, Writes, is_loopback, mark_of};
pub(crate) use network::{ClientOptions, build_client, certificates};
pub(crate) use pace::Pace;
pub(crate) use planned_request::{PlannedBody, PlannedRequest};
pub(crate) use probe::{TargetKind, may_be_mock, probe, questions};
pub use stop::Stop;
