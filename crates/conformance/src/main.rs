//! The `okta-conformance` command: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(okta_conformance::command::main())
}
