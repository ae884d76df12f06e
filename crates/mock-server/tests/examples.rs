//! Runs the examples.

#[path = "../examples/embedded.rs"]
mod embedded;

#[test]
fn the_embedded_example_runs() {
    let outcome = embedded::main();
    assert!(outcome.is_ok(), "{outcome:?}");
}
