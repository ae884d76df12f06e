//! The examples run to their end.

#[path = "../examples/embedded.rs"]
mod embedded;

#[test]
fn the_embedded_org() {
    let outcome = embedded::main();
    assert!(outcome.is_ok(), "{outcome:?}");
}
