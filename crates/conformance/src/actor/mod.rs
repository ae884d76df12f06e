//! The resource owner: the person who follows the authorize link in a browser,
//! signs in at the third party, and allows or denies. Against the mock the
//! runner plays that person itself; at a real org a person, or a team's own
//! command, does it and hands back what the org showed at the end.

mod answer;
mod consent;
mod environment;
mod form;
mod player;
mod prompt;

pub(crate) use consent::{ConsentFailure, ConsentRequest, Decision, Person, consent};
pub use prompt::ConsentPrompt;
