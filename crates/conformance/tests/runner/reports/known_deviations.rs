//! Files of known deviations: read, written and filled in.

use std::sync::Arc;

use super::{run, text, words};
use crate::support::{Folder, lying, serve};

#[tokio::test(flavor = "multi_thread")]
async fn known_deviations_are_accepted_until_they_are_stale() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let url = serve(lying(|exchange| {
        if exchange.path.ends_with("/lifecycle/deactivate") && exchange.status == 204 {
            exchange.headers.insert("content-type", "text/html".parse().unwrap());
            exchange.status = 202;
        }
    }))
    .await;
    let line = format!("run token-connection-lifecycle@zscalerbyz --brief --fail-on contract --target {url}");
    assert_eq!(run(&folder, words(&line)).await.status.code(), Some(1));
    let entry = |rest: &str| {
        format!(
            "{{\"deviations\":[\n{{\"pointer\":\"status\",\"reason\":\"reported to the vendor\"{rest}}}]}}"
        )
    };
    for (name, rest, code, output_text) in [
        ("good", "", 0, "✓ conforms"),
        ("expired", ",\"expires\":\"2020-01-01\"", 1, "expired on 2020-01-01"),
        ("elsewhere", ",\"step\":\"read-enabled\"", 1, "no longer matches anything"),
    ] {
        folder.write(name, &entry(rest));
        let output = run(&folder, words(&format!("{line} --known-deviations {}", at(name)))).await;
        let terminal = text(&output.stdout);
        assert!(terminal.contains(output_text), "{name}: {terminal}");
        assert_eq!(output.status.code(), Some(code), "{name}: {terminal}");
    }
    for (name, content, expected) in [
        ("none", "[]", ":1: expected an object with the list: {\"deviations\": [ … ]}"),
        (
            "blank",
            "{\"deviations\":[\n\n{\"pointer\":\"status\",\"reason\":\" \"}]}",
            ":3: the `reason` of this entry is empty",
        ),
        (
            "nowhere",
            "{\"deviations\":[\n{\"pointer\":\"status\",\"reason\":\"r\",\"step\":\"no-such-step\"}]}",
            ":2: there is no step `no-such-step`",
        ),
        ("lacking", "{\"deviations\":[\n{\"pointer\":\"status\"}]}", "missing field `reason`"),
    ] {
        folder.write(name, content);
        let output = run(&folder, words(&format!("{line} --known-deviations {}", at(name)))).await;
        let output_text = text(&output.stderr);
        assert!(
            output_text.contains(expected)
                && output_text.lines().count() == 1
                && output.status.code() == Some(2),
            "{output_text}"
        );
    }
}

/// For an imperfect org, known findings are written to a file, and only new ones fail.
#[tokio::test(flavor = "multi_thread")]
async fn known_deviations_are_written_filled_in_and_compared() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let broken = |more: bool| {
        serve(lying(move |exchange| {
            if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
                exchange.body["status"] = "BROKEN".into();
                if more {
                    exchange.body["profile"]["authScheme"] = "NEW".into();
                }
            }
        }))
    };
    let (old, new) = (broken(false).await, broken(true).await);
    let line = |url: &str| format!("run token-connection@zscalerbyz --target {url}");
    let write =
        format!("{} --write-known-deviations {} --report json={}", line(&old), at("known"), at("old.json"));
    assert_eq!(run(&folder, words(&write)).await.status.code(), Some(1));
    let known = std::fs::read_to_string(folder.0.join("known")).unwrap();
    let output = run(&folder, words(&format!("{} --known-deviations {}", line(&old), at("known")))).await;
    assert!(text(&output.stderr).contains("the `reason` of this entry is empty"), "{output:?}");
    folder.write("known", &known.replace("\"reason\": \"\"", "\"reason\": \"reported to the vendor\""));
    let output = run(&folder, words(&format!("{} --known-deviations {}", line(&old), at("known")))).await;
    let output_text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output_text}");
    assert!(
        output_text.contains("Accepted deviations") && output_text.contains("reported to the vendor"),
        "{output_text}"
    );
    assert!(output_text.lines().last().unwrap().contains("accepted deviations"), "{output_text}");
    let later = format!("{} --known-deviations {} --report json={}", line(&new), at("known"), at("new.json"));
    assert_eq!(run(&folder, words(&later)).await.status.code(), Some(1), "new findings fail");
    let compare = |one: &str, other: &str| format!("compare {} {}", at(one), at(other));
    let output = run(&folder, words(&compare("old.json", "new.json"))).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("✗ new  contract.schema  body#/profile/authScheme"), "{output:?}");
    assert_eq!(run(&folder, words(&compare("old.json", "old.json"))).await.status.code(), Some(0));
    folder.write("none.json", "{}");
    let output = run(&folder, words(&compare("none.json", "old.json"))).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("this is not a JSON report"), "{output:?}");
    // A check can be turned off, and the report says so.
    let output = run(&folder, words(&format!("{} --skip-check contract.schemas", line(&old)))).await;
    assert!(text(&output.stderr).contains("did you mean `contract.schema`?"), "{output:?}");
    let skipped = ["documented.criterion", "contract.schema", "snapshot.body"];
    let skips: String = skipped.iter().map(|id| format!(" --skip-check {id}")).collect();
    let output = run(&folder, words(&format!("{}{skips}", line(&old)))).await;
    assert!(
        text(&output.stdout).contains("checks turned off by --skip-check: documented.criterion"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
