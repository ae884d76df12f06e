//! The examples run to their end.

#[path = "../../examples/flows_in_a_test.rs"]
mod flows_in_a_test;

#[test]
fn flows_in_a_test_of_one_s_own() {
    let outcome = flows_in_a_test::main();
    assert!(outcome.is_ok(), "{outcome:?}");
}
