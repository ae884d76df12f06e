//! The `okta-conformance` command: everything is in the library.

use std::process::ExitCode;

/// A run parses, clones and throws away much JSON: a sixth of it was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(okta_conformance::command::main())
}
