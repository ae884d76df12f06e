//! Comparisons: with a profile, of two targets, of two rounds, and of two reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{run, text, words};
use crate::support::{Folder, lying, serve, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_recorded_reviewed_and_compared_with() {
    let folder = Arc::new(Folder::new());
    let profiles = folder.0.join("profiles").display().to_string();
    let url = serve(shipped()).await;
    let flow = "token-connection@zscalerbyz";
    let record = format!("record --profile acme --profiles {profiles} --target {url} {flow}");
    let judge = format!("run --profile acme --profiles {profiles} --brief --target {url} {flow}");
    let output = run(&folder, words(&judge)).await;
    assert!(text(&output.stderr).contains("no profile with accepted snapshots"), "{output:?}");
    let output = run(&folder, words(&record)).await;
    assert!(text(&output.stdout).contains("new      token-connection@zscalerbyz"), "{output:?}");
    let output = run(&folder, words(&judge)).await;
    assert!(text(&output.stderr).contains("none of its snapshots is accepted"), "{output:?}");
    let accept = format!("accept --profile acme --profiles {profiles}");
    assert_eq!(run(&folder, words(&accept)).await.status.code(), Some(0));
    assert_eq!(run(&folder, words(&accept)).await.status.code(), Some(2), "nothing is pending any more");
    assert_eq!(run(&folder, words(&judge)).await.status.code(), Some(0));
    let output = run(&folder, words(&record)).await;
    assert!(text(&output.stdout).contains("no changes"), "{output:?}");
    // The same org with an additional member: only the profile finds it.
    let other = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["added"] = 1.into();
        }
    }))
    .await;
    let output = run(&folder, words(&judge.replace(&url, &other))).await;
    assert!(
        output.status.code() == Some(1)
            && text(&output.stdout).contains("✗ snapshot.body  /response/body/added"),
        "{output:?}"
    );
    let output = run(&folder, words(&record.replace(&url, &other))).await;
    assert!(text(&output.stdout).contains("\"added\": 1"), "{}", text(&output.stdout));
    for (args, expected) in [("--profile ../x", "a profile name"), ("--profile acm", "did you mean `acme`?")]
    {
        let output = run(&folder, words(&format!("run --profiles {profiles} {args}"))).await;
        assert!(text(&output.stderr).contains(expected), "{output:?}");
    }
    std::fs::write(folder.0.join("profiles/acme/token-connection@zscalerbyz.snap"), "---\nx\n---\n{\n oops")
        .unwrap();
    let output_text = text(&run(&folder, words(&judge)).await.stderr);
    assert!(output_text.contains("zscalerbyz.snap:") && output_text.lines().count() == 1, "{output_text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_targets_are_compared_step_by_step() {
    let folder = Arc::new(Folder::new());
    let same = serve(shipped()).await;
    let output = run(&folder, words(&format!("diff mock {same} --brief --flow token-connection"))).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let other = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.body["status"] == "ENABLED" {
            exchange.body["status"] = "ON".into();
        }
    }))
    .await;
    let output =
        run(&folder, words(&format!("diff {same} {other} --brief --flow token-connection@zscalerbyz"))).await;
    let output_text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output_text}");
    assert!(
        output_text.contains("\"status\": \"ENABLED\"") && output_text.contains("\"status\": \"ON\""),
        "{output_text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_change_between_rounds_are_named() {
    let folder = Arc::new(Folder::new());
    let count = Arc::new(AtomicUsize::new(0));
    let url = serve(lying(move |exchange| {
        if exchange.path.ends_with("/lifecycle/activate") && count.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
            exchange.status = 200;
        }
    }))
    .await;
    let line = format!("run --brief --repeat 3 --jobs 1 --target {url} token-connection@zscalerbyz");
    let output = run(&folder, words(&line)).await;
    assert!(
        text(&output.stdout).contains("unstable: token-connection@zscalerbyz/activate"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(output.status.code(), Some(1));
}

/// One fault appears with another id, time and port each time. It is one finding, even across runs, and an
/// entry of known deviations accepts it there.
#[tokio::test(flavor = "multi_thread")]
async fn ids_times_and_ports_do_not_make_another_finding() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let elsewhere = || {
        let number = AtomicUsize::new(0);
        serve(lying(move |exchange| {
            let links =
                exchange.body.pointer_mut("/_links/deactivate/href").filter(|_| exchange.status == 200);
            if let Some(href) = links {
                let other = format!("0oaOther{:012}", number.fetch_add(1, Ordering::Relaxed));
                *href = format!("http://{}/api/v1/apps/{other}/lifecycle/deactivate", exchange.host).into();
            }
        }))
    };
    let line = |url: &str, report: &str| {
        let file = at(report);
        format!("run token-connection@zscalerbyz app-operations --target {url} --report json={file}")
    };
    let (first, second) = (elsewhere().await, elsewhere().await);
    let write = format!("{} --write-known-deviations {}", line(&first, "first.json"), at("known"));
    let output = run(&folder, words(&write)).await;
    let output_text = text(&output.stdout);
    let groups = output_text.lines().filter(|line| line.contains("contract.links.lifecycle"));
    let groups: Vec<&str> = groups.collect();
    // A change of an active app is answered with 200 like the creation, each with its own id.
    assert!(groups.len() == 1 && !groups[0].ends_with("  1 step"), "{output_text}");
    assert!(output_text.contains("the others differ in ids, times or indexes"), "{output_text}");
    let known = std::fs::read_to_string(folder.0.join("known")).unwrap();
    assert!(known.contains("\"actual\"") && !known.contains("0oaOther"), "{known}");
    folder.write("known", &known.replace("\"reason\": \"\"", "\"reason\": \"reported to the vendor\""));
    let again = format!("{} --known-deviations {}", line(&second, "second.json"), at("known"));
    let output = run(&folder, words(&again)).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let output = run(&folder, words(&format!("compare {} {}", at("first.json"), at("second.json")))).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("0 new findings, 0 gone findings"), "{output:?}");
    // Another fault at the same place is another finding.
    let other = serve(lying(|exchange| {
        if exchange.status == 200 && exchange.body.pointer("/_links/deactivate/href").is_some() {
            exchange.body["_links"]["deactivate"]["href"] = "http://other.example/".into();
        }
    }))
    .await;
    let again = format!("{} --known-deviations {}", line(&other, "other.json"), at("known"));
    assert_eq!(run(&folder, words(&again)).await.status.code(), Some(1), "new findings fail");
}
