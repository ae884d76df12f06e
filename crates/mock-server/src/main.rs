//! The `okta-mock-server` command.
fn main() {}
