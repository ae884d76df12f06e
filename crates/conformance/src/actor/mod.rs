//! The resource owner: the person who follows the authorize link in a browser, signs in at the third party,
//! and allows or denies. Against the mock the runner plays that person; for a real org a person, or a team's
//! own command, does it and returns the result that the org showed.

mod answer;
mod consent;
mod environment;
mod failure;
mod form;
mod player;
mod prompt;
mod request;

pub(crate) use consent::{Person, consent};
pub(crate) use failure::ConsentFailure;
pub use prompt::ConsentPrompt;
pub(crate) use request::{ConsentRequest, Decision};
