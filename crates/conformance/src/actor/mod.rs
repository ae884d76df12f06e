//! The resource owner: the person who follows the authorize link in a browser,
//! signs in at the third party, and allows or denies. Against the mock the
//! runner plays that person itself; at a real org a person, or a team's own
//! command, does it and hands back what the org showed at the end.

mod answer;
mod asked;
mod consent;
mod environment;
mod form;
mod player;

pub use asked::Asked;
pub(crate) use consent::{Ask, Decision, Person, Stuck, consent};
