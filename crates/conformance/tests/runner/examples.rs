//! The examples run to their end.

#[path = "../../examples/flows_in_a_test.rs"]
mod flows_in_a_test;

#[test]
fn flows_in_an_own_test() {
    let outcome = flows_in_a_test::main();
    assert!(outcome.is_ok(), "{outcome:?}");
}
