//! The command line: a file per subcommand, and what they share.

mod beside;
mod clients;
mod env;
mod exec;
mod health;
mod message;
mod options;
mod program;
mod serve;
mod target;

pub(crate) use program::main;
