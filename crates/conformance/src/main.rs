//! The `okta-conformance` command. All code is in the library.

use std::process::ExitCode;

/// A run allocates and frees much JSON; the system allocator took a sixth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(okta_conformance::command::main())
}
