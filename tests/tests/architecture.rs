//! Checks the layers of docs/architecture.md: the `use` lines and paths of each layer may only name the
//! layers that it may know. Files of one folder may not use each other in a circle.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use workspace_tests::imports::Imports;
use workspace_tests::repository;

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

/// Fails for each line of code that contains a forbidden word. Comments are ignored.
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
fn the_rules_do_not_use_http_clocks_or_randomness() {
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
        "time and random bytes are arguments of the rules, and HTTP is a higher layer",
    );
}

/// Everything that shows or compares a time follows the clock that tests set, apart from the certificates for TLS,
/// which clients compare with the real time.
#[test]
fn the_org_has_one_clock() {
    forbid(
        "mock-server/src",
        &["SystemTime::now", "Timestamp::now", "Zoned::now", "Utc::now"],
        &["org/clock.rs", "server/tls.rs"],
        "the org's clock is the only one",
    );
}

#[test]
fn the_org_does_not_use_http() {
    forbid(
        "mock-server/src/org",
        &["axum", "hyper", "tokio", "http::", "crate::api", "crate::server", "async "],
        &[],
        "the API layer calls the org, and nothing is awaited while its lock is held",
    );
}

#[test]
fn the_api_layer_does_not_use_the_server() {
    forbid(
        "mock-server/src/api",
        &["crate::server"],
        &[],
        "the server depends on the API layer, not the other way round",
    );
}

#[test]
fn only_one_module_of_the_runner_uses_the_mock() {
    forbid(
        "conformance/src",
        &["okta_mock_server"],
        &["in_process.rs"],
        "a runner that shares types with the mock cannot find its faults",
    );
}

/// The modules of the runner, lowest first. Each may only use those before it, so there are no upward
/// imports and no cycles.
const RUNNER: [&str; 37] = [
    "exit_code",
    "setting",
    "error",
    "bundle",
    "value_path",
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
    "service_app",
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
    "reporters",
];

#[test]
fn modules_of_the_runner_use_only_lower_modules() {
    let rank = |name: &str| RUNNER.iter().position(|known| *known == name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/conformance/src");
    for (path, text) in sources("conformance/src") {
        let relative = path.strip_prefix(root.canonicalize().unwrap()).or(path.strip_prefix(&root)).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = module.trim_end_matches(".rs");
        // The command line and the crate root are above all modules.
        if ["command", "lib", "main"].contains(&module) {
            continue;
        }
        let own = rank(module).unwrap_or_else(|| panic!("{module} is not in the list of modules"));
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for named in code.split("crate::").skip(1) {
                let name = named.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
                // Types that the crate root exports must be imported from their modules.
                let other = rank(name)
                    .unwrap_or_else(|| panic!("{}:{} names crate::{name}", path.display(), number + 1));
                assert!(other <= own, "{}:{}: {module} names {name}", path.display(), number + 1);
            }
        }
    }
}

/// Files that use each other in a circle can only be understood together, just as modules can.
#[test]
fn files_in_one_folder_of_the_runner_do_not_use_each_other_in_a_circle() {
    let circles = Imports::read(&repository("crates/conformance/src")).circles();
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

/// A folder exports only names that a file of it defines: otherwise its files would use the folder.
#[test]
fn mod_files_of_the_runner_only_declare_and_export() {
    let items = Imports::read(&repository("crates/conformance/src")).items_of_folders();
    assert!(items.is_empty(), "items:\n{}", items.join("\n"));
}

/// The layers of the mock whose files are held to the same two rules.
const LAYERS: [&str; 2] = ["rules", "org"];

/// Those of the findings that are about a file or folder of [`LAYERS`].
fn of_layers(findings: Vec<String>) -> Vec<String> {
    let is_of = |finding: &String, layer: &str| {
        finding.strip_prefix(layer).is_some_and(|rest| rest.starts_with(['/', ':']))
    };
    findings.into_iter().filter(|finding| LAYERS.iter().any(|layer| is_of(finding, layer))).collect()
}

#[test]
fn files_in_one_folder_of_the_rules_and_the_org_do_not_use_each_other_in_a_circle() {
    let circles = of_layers(Imports::read(&repository("crates/mock-server/src")).circles());
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

#[test]
fn mod_files_of_the_rules_and_the_org_only_declare_and_export() {
    let items = of_layers(Imports::read(&repository("crates/mock-server/src")).items_of_folders());
    assert!(items.is_empty(), "items:\n{}", items.join("\n"));
}
