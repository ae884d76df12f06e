//! Runs the examples.

#[path = "../examples/controlled.rs"]
mod controlled;
#[path = "../examples/embedded.rs"]
mod embedded;

#[test]
fn the_controlled_example_runs() {
    let outcome = controlled::main();
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn the_embedded_example_runs() {
    let outcome = embedded::main();
    assert!(outcome.is_ok(), "{outcome:?}");
}
