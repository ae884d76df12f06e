//! One-line faults of a server, each caught by the judgements that must catch it.

use std::sync::Arc;

use crate::support::{TestExchange, correct_run, lying, run, serve, shipped, snapshots_of, truthful};
use okta_conformance::report::{FlowReport, StepReport};
use okta_conformance::{Runner, Scheme, Verdict};
use serde_json::{Value, json};

const FLOWS: [&str; 4] = [
    "token-connection@zscalerbyz",
    "oauth-connection@google",
    "user-provisioning-token@okta_org2org",
    "app-operations",
];

/// The judgements that deviate somewhere in the run, as letters.
fn layers(flows: &[Arc<FlowReport>]) -> String {
    let steps = || flows.iter().flat_map(|flow| &flow.steps);
    let mut found_by = String::new();
    for (letter, found) in [
        ('d', steps().any(|step| step.documented.verdict == Verdict::Deviates)),
        ('c', steps().any(|step| step.contract.verdict == Verdict::Deviates)),
        ('s', steps().any(|step| step.snapshot.verdict == Verdict::Deviates)),
    ] {
        if found {
            found_by.push(letter);
        }
    }
    found_by
}

fn connection(exchange: &TestExchange) -> bool {
    exchange.path.ends_with("/connections/default") && exchange.status == 200
}

type Lie = (&'static str, &'static str, fn(&mut TestExchange));

/// The fault, the judgements that must catch it (others may too), and the function that applies it.
const LIES: [Lie; 14] = [
    ("a status in another case", "dcs", |exchange| {
        if connection(exchange) && exchange.body["status"] == "ENABLED" {
            exchange.body["status"] = "Enabled".into();
        }
    }),
    ("201 instead of 200", "dcs", |exchange| {
        if connection(exchange) && exchange.method == "POST" {
            exchange.status = 201;
        }
    }),
    ("the token is echoed", "ds", |exchange| {
        if connection(exchange) && exchange.request["profile"]["token"].is_string() {
            exchange.body["profile"]["token"] = exchange.request["profile"]["token"].clone();
        }
    }),
    ("no request id", "cs", |exchange| {
        exchange.headers.remove("x-okta-request-id");
    }),
    ("an error without its causes", "c", |exchange| {
        if let Some(members) = exchange.body.as_object_mut() {
            members.remove("errorCauses");
        }
    }),
    ("an HTML content type", "cs", |exchange| {
        if connection(exchange) {
            exchange.headers.insert("content-type", "text/html".parse().unwrap());
        }
    }),
    ("deactivating changes nothing", "ds", |exchange| {
        if connection(exchange) && exchange.method == "GET" && exchange.body["status"] == "DISABLED" {
            exchange.body["status"] = "ENABLED".into();
        }
    }),
    ("a link with another app", "cs", |exchange| {
        if connection(exchange) {
            let href = exchange.body["_links"]["self"]["href"].as_str().unwrap();
            let at = href.find("0oa").unwrap();
            let other = format!("{}0oaZZZZZZZZZZZZZZZZZ{}", &href[..at], &href[at + 20..]);
            exchange.body["_links"]["self"]["href"] = other.into();
        }
    }),
    ("null for an absent member", "s", |exchange| {
        if connection(exchange) {
            exchange.body["extra"] = Value::Null;
        }
    }),
    ("a body where none belongs", "cs", |exchange| {
        if exchange.status == 204 {
            exchange.status = 200;
        }
    }),
    ("a partial update that resets the rest", "ds", |exchange| {
        if exchange.path.ends_with("/features/USER_PROVISIONING") && exchange.status == 200 {
            exchange.body["capabilities"]["create"]["lifecycleCreate"]["status"] = "DISABLED".into();
        }
    }),
    ("members in another order", "s", |exchange| {
        if connection(exchange) {
            let status = exchange.body.as_object_mut().unwrap().shift_remove("status").unwrap();
            exchange.body["status"] = status;
        }
    }),
    ("a wrong error code", "ds", |exchange| {
        if exchange.body["errorCode"].is_string() {
            exchange.body["errorCode"] = "E0000009".into();
            exchange.body["errorLink"] = "E0000009".into();
        }
    }),
    ("no authorize link", "ds", |exchange| {
        if connection(exchange) {
            exchange.body["_links"].as_object_mut().unwrap().shift_remove("authorize");
        }
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_unchanged_mock_conforms() {
    let planned = Runner::builder().build().unwrap().planned();
    // Its pages are in the order of the random ids.
    let flows: Vec<&str> =
        planned.iter().map(String::as_str).filter(|name| *name != "app-list-pages").collect();
    let snapshots = snapshots_of(correct_run().await);
    let report = run(&serve(shipped()).await, &flows, Some(&snapshots.0)).await;
    assert_eq!(layers(&report.flows), "");
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    assert_eq!(report.summary.counts.unjudged, 0);
    let judged = report.flows.iter().flat_map(|flow| &flow.steps);
    let compared = |step: &StepReport| {
        // Lists may contain other apps of an org, so these steps declare that they have no snapshot.
        let listed = step.operation == "listApplications" && step.snapshot.verdict == Verdict::Unjudged;
        listed || step.snapshot.verdict == Verdict::Conforms
    };
    assert!(judged.into_iter().all(|step| compared(step)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_caught_by_its_judgements() {
    let snapshots = truthful(&FLOWS).await;
    for (name, expected, lie) in LIES {
        let report = run(&serve(lying(lie)).await, &FLOWS, Some(&snapshots.0)).await;
        let found_by = layers(&report.flows);
        assert!(
            expected.chars().all(|layer| found_by.contains(layer)),
            "{name}: expected {expected}, found {found_by}"
        );
        assert_eq!(report.summary.verdict, Verdict::Deviates, "{name}");
        assert_eq!(report.summary.verdict.exit_code(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deviation_does_not_stop_steps_that_can_continue() {
    let url = serve(lying(|exchange| {
        if connection(exchange) && exchange.method == "POST" {
            exchange.body = json!({});
        }
    }))
    .await;
    let report = run(&url, &["token-connection@zscalerbyz"], None).await;
    let flow = &report.flows[0];
    assert!(flow.steps.len() > 3);
    assert!(flow.steps.iter().any(|step| step.verdict == Verdict::Conforms));

    // Without the authorize link nobody can consent: those steps are not judged, with a reason.
    let url = serve(lying(|exchange| {
        if connection(exchange) {
            exchange.body.as_object_mut().unwrap().remove("_links");
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
async fn an_app_that_cannot_be_created_is_an_error_with_the_answer() {
    let url = serve(lying(|exchange| {
        if exchange.path == "/api/v1/apps" && exchange.method == "POST" {
            exchange.status = 400;
            exchange.body = json!({"errorCode": "E0000001", "errorSummary": "canary of the answer"});
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
async fn a_deviation_is_reported_with_all_details() {
    use okta_conformance::report::{Style, Terminal};
    let snapshots = truthful(&["token-connection@zscalerbyz"]).await;
    let url = serve(lying(|exchange| {
        if connection(exchange) && exchange.method == "POST" {
            exchange.body["status"] = "enabled".into();
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
    for expected in [
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
        if !written.contains(expected) {
            panic!("{expected} is not in\n{written}");
        }
    }
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{written}");
    }
}
