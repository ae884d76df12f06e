//! The subcommands `exec`, `env` and `health`, as processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod env;
mod exec;
mod health;
mod support;
