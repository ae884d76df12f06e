//! Tests of the runner as its users run it: as a program, as a library, against the mock, and against orgs
//! that are wrong, differ legitimately, fail, or hold state that must be restored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod canary;
mod command;
mod consent;
mod examples;
mod legitimate;
mod lies;
mod mutants;
mod plan;
mod reports;
mod safety;
mod service_app;
mod seventh_app;
mod snapshots;
mod support;
mod targets;

/// The allocator of the program: the tests allocate as much as it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
