//! The `okta-conformance` command.
fn main() {}
