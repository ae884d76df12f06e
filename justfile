# `just` lists what there is.

default:
    @just --list

# Start the mock on 127.0.0.1:8080; flags are passed on
mock *FLAGS:
    cargo run --release --package okta-mock-server -- {{FLAGS}}

# Replay the flows; flags are passed on
run *FLAGS:
    cargo run --package okta-conformance -- run {{FLAGS}}

# Format, lint, and the tests
test:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# Everything that CI asks, with the tools that it installs
test-all:
    .ci/run

# The mock beside a bare axum handler
bench:
    cargo bench --package okta-mock-server --bench load

# Write the generated pages anew: behaviour, checks, mutants
docs:
    UPDATE_DOCS=1 cargo test --package workspace-tests --test rule_book
    UPDATE_DOCS=1 cargo test --package okta-conformance --lib table
    UPDATE_DOCS=1 cargo test --package okta-conformance --test runner mutants

# Read new snapshots one by one (cargo install cargo-insta)
review:
    cargo insta review --workspace-root . --snapshot-filter fixtures
