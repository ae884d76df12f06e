//! The command line. Every failure is one line on standard error and exit code 2.

mod arguments;
mod compare;
mod diff;
mod last;
mod list;
mod messages;
mod output;
mod profile;
mod program;
mod record;
mod restore;
mod run;
mod runtime;
mod settings;
mod signals;

pub use program::main;
