//! The command line: a file per subcommand, and what they share.

mod beside;
mod ca_file;
mod clients;
mod env;
mod exec;
mod health;
mod message;
mod options;
mod program;
mod serve;
mod target;
mod unverified_tls;

pub(crate) use program::main;
