//! Messages on standard error, and exit codes.

use std::io::Write as _;

/// Exit code for a program that could not start: an invalid option, file or port.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// Prints one line on standard error.
pub(super) fn print_error(message: &str) {
    let _ = writeln!(std::io::stderr(), "okta-mock-server: {}", message.replace('\n', " "));
}
