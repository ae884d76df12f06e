//! Reports: files, known deviations, comparisons and selections.

mod comparisons;
mod files;
mod known_deviations;
mod large_run;
mod selection;

use std::process::{Command, Output};
use std::sync::Arc;

use crate::support::{Folder, lying, serve};

const CANARY: &str = "canary/report+credential==";

/// Runs the command with its own state folder.
fn command(folder: &Folder, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_okta-conformance"))
        .args(args)
        .env_clear()
        .env("OKTA_API_TOKEN", CANARY)
        .env("XDG_STATE_HOME", folder.0.join("state"))
        .env("GITHUB_STEP_SUMMARY", folder.0.join("summary.md"))
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the command on another thread, because it blocks.
async fn run(folder: &Arc<Folder>, args: Vec<String>) -> Output {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || {
        command(&folder, &args.iter().map(String::as_str).collect::<Vec<_>>())
    })
    .await
    .unwrap()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// An org that deviates and returns a token.
async fn liar() -> String {
    serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["status"] = "<b>Enabled</b> & \"more\"".into();
            exchange.body["token"] = exchange.request["profile"]["token"].clone();
        }
    }))
    .await
}
