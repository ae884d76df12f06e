//! One org's state, as one plain struct, and the calls that read and change it.
//!
//! Each call is whole: it either changes the state as its rules say or refuses and changes
//! nothing. Whoever shares an org holds it behind one lock and awaits nothing while he does.

mod apps;
pub(crate) mod clock;
mod connections;
mod consents;
mod features;
pub(crate) mod load;
pub(crate) mod random;
pub(crate) mod rate;
mod settings;
pub(crate) mod signing;
mod state;

pub(crate) use consents::Continuation;
pub(crate) use settings::OrgSettings;
pub(crate) use state::{Body, Org, Policies};
