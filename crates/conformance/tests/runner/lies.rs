//! One-line lies of a server, each caught by the judgement that has to catch it.

use std::sync::Arc;

use crate::support::{Told, lying, run, serve, shipped, truthful};
use okta_conformance::report::{FlowReport, StepReport};
use okta_conformance::{Runner, Scheme, Verdict};
use serde_json::{Value, json};

const FLOWS: [&str; 4] = [
    "token-connection@zscalerbyz",
    "oauth-connection@google",
    "user-provisioning-token@okta_org2org",
    "app-operations",
];

/// Which layers speak of a deviation somewhere in the run.
fn layers(flows: &[Arc<FlowReport>]) -> String {
    let steps = || flows.iter().flat_map(|flow| &flow.steps);
    let mut said = String::new();
    for (letter, found) in [
        ('d', steps().any(|step| step.documented.verdict == Verdict::Deviates)),
        ('c', steps().any(|step| step.contract.verdict == Verdict::Deviates)),
        ('s', steps().any(|step| step.snapshot.verdict == Verdict::Deviates)),
    ] {
        if found {
            said.push(letter);
        }
    }
    said
}

fn connection(told: &Told) -> bool {
    told.path.ends_with("/connections/default") && told.status == 200
}

type Lie = (&'static str, &'static str, fn(&mut Told));

/// The lie, the layers that have to catch it (others may, too), and how it is told.
const LIES: [Lie; 14] = [
    ("a status in another case", "dcs", |told| {
        if connection(told) && told.body["status"] == "ENABLED" {
            told.body["status"] = "Enabled".into();
        }
    }),
    ("201 instead of 200", "dcs", |told| {
        if connection(told) && told.method == "POST" {
            told.status = 201;
        }
    }),
    ("the token is echoed", "ds", |told| {
        if connection(told) && told.request["profile"]["token"].is_string() {
            told.body["profile"]["token"] = told.request["profile"]["token"].clone();
        }
    }),
    ("no request id", "cs", |told| {
        told.headers.remove("x-okta-request-id");
    }),
    ("an error without its causes", "c", |told| {
        if let Some(members) = told.body.as_object_mut() {
            members.remove("errorCauses");
        }
    }),
    ("an HTML content type", "cs", |told| {
        if connection(told) {
            told.headers.insert("content-type", "text/html".parse().unwrap());
        }
    }),
    ("deactivating changes nothing", "ds", |told| {
        if connection(told) && told.method == "GET" && told.body["status"] == "DISABLED" {
            told.body["status"] = "ENABLED".into();
        }
    }),
    ("a link with another app", "cs", |told| {
        if connection(told) {
            let href = told.body["_links"]["self"]["href"].as_str().unwrap();
            let at = href.find("0oa").unwrap();
            let other = format!("{}0oaZZZZZZZZZZZZZZZZZ{}", &href[..at], &href[at + 20..]);
            told.body["_links"]["self"]["href"] = other.into();
        }
    }),
    ("null for an absent member", "s", |told| {
        if connection(told) {
            told.body["extra"] = Value::Null;
        }
    }),
    ("a body where none belongs", "cs", |told| {
        if told.status == 204 {
            told.status = 200;
        }
    }),
    ("a partial update that resets the rest", "ds", |told| {
        if told.path.ends_with("/features/USER_PROVISIONING") && told.status == 200 {
            told.body["capabilities"]["create"]["lifecycleCreate"]["status"] = "DISABLED".into();
        }
    }),
    ("members in another order", "s", |told| {
        if connection(told) {
            let status = told.body.as_object_mut().unwrap().shift_remove("status").unwrap();
            told.body["status"] = status;
        }
    }),
    ("a wrong error code", "ds", |told| {
        if told.body["errorCode"].is_string() {
            told.body["errorCode"] = "E0000009".into();
            told.body["errorLink"] = "E0000009".into();
        }
    }),
    ("no authorize link", "ds", |told| {
        if connection(told) {
            told.body["_links"].as_object_mut().unwrap().shift_remove("authorize");
        }
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_truthful_mock_conforms() {
    let planned = Runner::builder().build().unwrap().planned();
    // Its pages come in the order of ids, which are random.
    let flows: Vec<&str> =
        planned.iter().map(String::as_str).filter(|name| *name != "app-list-pages").collect();
    let snapshots = truthful(&flows).await;
    let report = run(&serve(shipped()).await, &flows, Some(&snapshots.0)).await;
    assert_eq!(layers(&report.flows), "");
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    assert_eq!(report.summary.counts.unjudged, 0);
    let judged = report.flows.iter().flat_map(|flow| &flow.steps);
    let compared = |step: &StepReport| {
        // Other apps of an org may be listed: those steps have no snapshot, by their own word.
        let listed = step.operation == "listApplications" && step.snapshot.verdict == Verdict::Unjudged;
        listed || step.snapshot.verdict == Verdict::Conforms
    };
    assert!(judged.into_iter().all(|step| compared(step)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lie_is_caught_by_its_judgement() {
    let snapshots = truthful(&FLOWS).await;
    for (name, wanted, lie) in LIES {
        let report = run(&serve(lying(lie)).await, &FLOWS, Some(&snapshots.0)).await;
        let said = layers(&report.flows);
        assert!(wanted.chars().all(|layer| said.contains(layer)), "{name}: wanted {wanted}, said {said}");
        assert_eq!(report.summary.verdict, Verdict::Deviates, "{name}");
        assert_eq!(report.summary.verdict.exit_code(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deviation_does_not_stop_what_can_go_on() {
    let url = serve(lying(|told| {
        if connection(told) && told.method == "POST" {
            told.body = json!({});
        }
    }))
    .await;
    let report = run(&url, &["token-connection@zscalerbyz"], None).await;
    let flow = &report.flows[0];
    assert!(flow.steps.len() > 3);
    assert!(flow.steps.iter().any(|step| step.verdict == Verdict::Conforms));

    // Without the authorize link nobody can consent: that is not judged, and says why.
    let url = serve(lying(|told| {
        if connection(told) {
            told.body.as_object_mut().unwrap().remove("_links");
        }
    }))
    .await;
    let report = run(&url, &["oauth-connection@google"], None).await;
    let unjudged: Vec<_> =
        report.flows[0].steps.iter().filter(|step| step.verdict == Verdict::Unjudged).collect();
    assert!(!unjudged.is_empty());
    assert!(unjudged.iter().all(|step| step.reason.as_deref().is_some_and(|why| why.contains("needs `"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_cannot_be_made_is_an_error_with_the_answer() {
    let url = serve(lying(|told| {
        if told.path == "/api/v1/apps" && told.method == "POST" {
            told.status = 400;
            told.body = json!({"errorCode": "E0000001", "errorSummary": "canary of the answer"});
        }
    }))
    .await;
    let report = run(&url, &["token-connection@zscalerbyz"], None).await;
    assert_eq!(report.summary.verdict, Verdict::Error);
    assert_eq!(report.summary.verdict.exit_code(), 2);
    let reason = report.flows[0].reason.clone().unwrap();
    assert!(reason.contains("400") && reason.contains("canary of the answer"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deviation_is_told_so_that_a_person_can_act() {
    use okta_conformance::report::{Style, Terminal};
    let snapshots = truthful(&["token-connection@zscalerbyz"]).await;
    let url = serve(lying(|told| {
        if connection(told) && told.method == "POST" {
            told.body["status"] = "enabled".into();
        }
    }))
    .await;
    let mut written = Vec::new();
    let mut terminal = Terminal::new(&mut written, Style::default(), Scheme::ApiToken);
    let runner = Runner::builder()
        .target(&url)
        .select("token-connection@zscalerbyz")
        .snapshots(&snapshots.0)
        .build()
        .unwrap();
    runner.run(&mut |event| terminal.event(event)).await.unwrap();
    drop(terminal);
    let written = String::from_utf8(written).unwrap();
    for wanted in [
        "✗ token-connection @ zscalerbyz",
        "at        token-connection @ zscalerbyz set-connection",
        "✗ documented.criterion  $response.body#/status",
        "expected  matches ^DISABLED$",
        "actual    \"enabled\"",
        "✗ contract.schema  body#/status",
        "✗ snapshot.body  /response/body/status",
        "repeat    curl -sS -i -X POST",
        "\"Authorization: SSWS $OKTA_API_TOKEN\"",
        "\"token\":\"'\"$TOKEN\"'\"",
        "✗ deviates: 1 flow run (1 deviates), 7 steps (6 conform, 1 deviates)",
    ] {
        if !written.contains(wanted) {
            panic!("{wanted} is not in\n{written}");
        }
    }
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{written}");
    }
}
