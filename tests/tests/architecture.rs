//! The house stays as docs/architecture.md draws it: the `use` lines and paths of each layer name
//! only what the layer may know.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(folder);
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "no sources under {}", root.display());
    found
}

/// Fails for each line of code (comments left out) in which a forbidden word stands.
fn forbid(folder: &str, words: &[&str], except: &[&str], reason: &str) {
    for (path, text) in sources(folder) {
        if except.iter().any(|allowed| path.ends_with(allowed)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = words.iter().find(|word| code.contains(**word)) {
                panic!("{}:{} names `{word}`: {reason}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn the_rules_know_no_http_no_clock_and_no_randomness() {
    forbid(
        "mock-server/src/rules",
        &[
            "axum",
            "hyper",
            "tokio",
            "http::",
            "tower",
            "rand::",
            "SystemTime",
            "Instant",
            "::now(",
            "crate::org",
            "crate::server",
            "std::net",
            "async ",
        ],
        &[],
        "time and fresh octets come into the rules as arguments, and HTTP lies above them",
    );
}

#[test]
fn the_org_knows_no_http() {
    forbid(
        "mock-server/src/org",
        &["axum", "hyper", "tokio", "http::", "crate::api", "crate::server", "async "],
        &[],
        "the org is called by the HTTP layer, and nothing is awaited while it is held",
    );
}

#[test]
fn the_http_layer_does_not_know_the_server() {
    forbid("mock-server/src/api", &["crate::server"], &[], "the server serves the router, not the other way");
}

#[test]
fn conformance_knows_the_mock_in_one_module_only() {
    forbid(
        "conformance/src",
        &["okta_mock_server"],
        &["in_process.rs"],
        "a runner that shares types with the mock cannot catch its mistakes",
    );
}

/// The modules of the runner, the lowest first: each may name those before it. So no import leads
/// upwards, and there is no circle.
const RUNNER: [&str; 35] = [
    "exit_code",
    "error",
    "bundle",
    "place",
    "nearest",
    "shortened",
    "repeated_name",
    "snapshot_file",
    "waiting",
    "verdict",
    "check",
    "judgement",
    "coverage",
    "exchange",
    "effect",
    "guide",
    "openapi",
    "credential",
    "in_process",
    "expression",
    "criterion",
    "flow",
    "catalogue",
    "secrets",
    "undo",
    "transport",
    "restore",
    "event",
    "warning",
    "normalise",
    "judge",
    "actor",
    "replay",
    "runner",
    "report",
];

#[test]
fn a_module_of_the_runner_names_only_those_below_it() {
    let rank = |name: &str| RUNNER.iter().position(|known| *known == name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/conformance/src");
    for (path, text) in sources("conformance/src") {
        let relative = path.strip_prefix(root.canonicalize().unwrap()).or(path.strip_prefix(&root)).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = module.trim_end_matches(".rs");
        // The command line and the front of the crate stand above all.
        if ["command", "lib", "main"].contains(&module) {
            continue;
        }
        let own = rank(module).unwrap_or_else(|| panic!("{module} has no place among the layers"));
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for named in code.split("crate::").skip(1) {
                let name = named.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
                // Types that the crate shows at its front are named by their modules.
                let other = rank(name)
                    .unwrap_or_else(|| panic!("{}:{} names crate::{name}", path.display(), number + 1));
                assert!(other <= own, "{}:{}: {module} names {name}", path.display(), number + 1);
            }
        }
    }
}
