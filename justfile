# `just` lists the commands.

default:
    @just --list

# Start the mock on 127.0.0.1:8080; passes flags on
mock *FLAGS:
    cargo run --release --package okta-mock-server -- {{FLAGS}}

# Replay the flows; passes flags on
run *FLAGS:
    cargo run --package okta-conformance -- run {{FLAGS}}

# Check the formatting, lint, and run the tests
test:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# Run all checks of CI; installs the tools that they need
test-all:
    .ci/run

# Measure the mock beside a bare axum handler
bench:
    cargo bench --package okta-mock-server --bench load

# Update the generated pages: behaviour, checks, mutants
docs:
    UPDATE_DOCS=1 cargo test --package workspace-tests --test rule_book
    UPDATE_DOCS=1 cargo test --package okta-conformance --lib table
    UPDATE_DOCS=1 cargo test --package okta-conformance --test runner mutants

# Review new snapshots one by one (needs `cargo install cargo-insta`)
review:
    cargo insta review --workspace-root . --snapshot-filter fixtures
