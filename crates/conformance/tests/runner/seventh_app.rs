//! A kind of app that neither the flows nor the contract know, added to the catalogue of the flows: they check
//! it like the others, without any snapshot.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use okta_conformance::{RunReport, Runner, Verdict};
use serde_json::{Value, json};

use crate::support::{Folder, serve, shipped};

/// The made-up kind, and the kind whose rules the mock applies to it.
const SEVENTH: &str = "acmepeople";
const LIKE: &str = "okta_org2org";

/// The entries for the groups of the catalogue, which are all that the flows know of the app.
const ENTRIES: [(&str, &str); 3] = [
    (
        "created",
        "{app: acmepeople, label: 'Provisioning conformance acmepeople', signOnMode: SAML_2_0, settings: {app: {baseUrl: 'https://people.acme.example', acsUrl: 'https://people.acme.example/acs', audRestriction: 'https://people.acme.example/aud'}}}",
    ),
    ("any", "{app: acmepeople, provisioning: true}"),
    (
        "token",
        "{app: acmepeople, connection: {profile: {authScheme: TOKEN, token: fixture-token-acme}}, expectedBaseUrl: 'https://people.acme.example', features: {INBOUND_PROVISIONING: true}}",
    ),
];

/// The flows, with the app in their catalogue.
fn flows() -> Folder {
    let folder = Folder::new();
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/flows");
    for entry in std::fs::read_dir(shipped).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(SEVENTH));
        if name == "apps.yaml" {
            for (group, entry) in ENTRIES {
                let at = text.find(&format!("\n{group}:\n")).unwrap();
                let examples = "  examples:\n";
                let at = at + text[at..].find(examples).unwrap() + examples.len();
                text.insert_str(at, &format!("    - {entry}\n"));
            }
        }
        folder.write(&name, &text);
    }
    folder
}

/// An answer of the org.
struct Answer {
    path: String,
    status: StatusCode,
    body: Value,
}

type Lie = fn(&mut Answer);

/// An org with the seventh app and one fault.
fn org(lie: Lie) -> Router {
    let lie = Arc::new(lie);
    shipped().layer(from_fn(move |request: Request, next: Next| {
        let lie = lie.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            let sent = to_bytes(body, usize::MAX).await.unwrap();
            let sent = String::from_utf8_lossy(&sent).replace(SEVENTH, LIKE);
            parts.uri = parts.uri.to_string().replace(SEVENTH, LIKE).parse().unwrap();
            if !sent.is_empty() {
                parts.headers.insert("content-length", sent.len().into());
            }
            let path = parts.uri.path().to_owned();
            let response = next.run(Request::from_parts(parts, Body::from(sent))).await;
            let (mut parts, body) = response.into_parts();
            for value in parts.headers.values_mut() {
                *value = value.to_str().unwrap().replace(LIKE, SEVENTH).parse().unwrap();
            }
            let text = to_bytes(body, usize::MAX).await.unwrap();
            let text = String::from_utf8_lossy(&text).replace(LIKE, SEVENTH);
            let Ok(body) = serde_json::from_str(&text) else {
                return Response::from_parts(parts, Body::from(text));
            };
            let mut answer = Answer { path, status: parts.status, body };
            lie(&mut answer);
            parts.status = answer.status;
            parts.headers.remove("content-length");
            Response::from_parts(parts, Body::from(answer.body.to_string()))
        }
    }))
}

async fn run(flows: &Path, lie: Lie) -> RunReport {
    let runner = Runner::builder().target(serve(org(lie)).await).flows(flows).only_app(SEVENTH);
    runner.build().unwrap().run(&mut |_| {}).await.unwrap()
}

/// The deviations of the judgements that need no snapshot.
fn deviations(report: &RunReport) -> Vec<String> {
    let steps = report.flows.iter().flat_map(|flow| flow.steps.iter().map(move |step| (flow.name(), step)));
    let judged = steps.flat_map(|(flow, step)| {
        [("documented", &step.documented), ("contract", &step.contract)]
            .map(|(layer, judgement)| (format!("{flow}/{} {layer}", step.step), judgement))
    });
    let deviating = judged.filter(|(_, judgement)| judgement.verdict == Verdict::Deviates);
    deviating.map(|(place, judgement)| format!("{place} {:?}", judgement.findings)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seventh_app_conforms_with_only_its_catalogue_entry() {
    let folder = flows();
    let report = run(&folder.0, |_| {}).await;
    assert_eq!(deviations(&report), [""; 0]);
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    let names: Vec<_> = report.flows.iter().map(|flow| flow.info.flow.as_str()).collect();
    for flow in
        ["create-app-integration", "token-connection", "activate-never-set", "inbound-provisioning-token"]
    {
        assert!(names.contains(&flow), "{flow} was not run: {names:?}");
    }
    assert!(names.len() >= 15, "{names:?}");
    assert!(!names.contains(&"features-without-import"), "the app has the import feature");
    let compared = report
        .flows
        .iter()
        .flat_map(|flow| &flow.steps)
        .any(|step| step.snapshot.verdict != Verdict::Unjudged);
    assert!(!compared, "no snapshot exists");
}

/// Changes links of the connection.
fn connection_links(answer: &mut Answer, change: fn(&mut Value)) {
    if let Some(links) =
        answer.body.get_mut("_links").filter(|_| answer.path.ends_with("/connections/default"))
    {
        change(links);
    }
}

const LIES: &[(&str, &str, Lie)] = &[
    ("the address of the connection", "baseUrl", |answer| {
        if let Some(url) = answer.body.get_mut("baseUrl") {
            *url = json!("https://elsewhere.acme.example");
        }
    }),
    ("a connection without its address", "baseUrl", |answer| {
        if let Some(connection) = answer.body.as_object_mut().filter(|body| body.contains_key("profile")) {
            connection.shift_remove("baseUrl");
        }
    }),
    ("a feature that the list lacks", "INBOUND_PROVISIONING", |answer| {
        if let Some(features) = answer.body.as_array_mut().filter(|_| answer.path.ends_with("/features")) {
            features.retain(|feature| feature["name"] != "INBOUND_PROVISIONING");
        }
    }),
    ("a feature that is not there", "404", |answer| {
        if answer.path.ends_with("/features/INBOUND_PROVISIONING") && answer.status == StatusCode::OK {
            answer.status = StatusCode::NOT_FOUND;
            answer.body = json!({"errorCode": "E0000007", "errorLink": "E0000007", "errorId": "oae1", "errorCauses": [],
                "errorSummary": "Not found: Resource not found: INBOUND_PROVISIONING (PublicAppFeatureSetName)"});
        }
    }),
    ("a link of the connection to another app", "_links/self/href", |answer| {
        connection_links(answer, |links| {
            let own = links["self"]["href"].as_str().unwrap();
            let (before, _) = own.split_once("/apps/").unwrap();
            links["self"]["href"] = json!(format!("{before}/apps/0oaOTHER/connections/default"));
        });
    }),
    ("no link to activate by", "_links", |answer| {
        connection_links(answer, |links| drop(links.as_object_mut().unwrap().shift_remove("activate")));
    }),
    ("links with other methods", "hints/allow", |answer| {
        connection_links(answer, |links| links["self"]["hints"]["allow"] = json!(["GET"]));
    }),
    ("no users of the app", "_links/users/href", |answer| {
        if let Some(links) = answer.body.get_mut("_links").and_then(Value::as_object_mut) {
            links.shift_remove("users");
        }
    }),
    ("users of another app", "_links/users/href", |answer| {
        if let Some(users) = answer.body.pointer_mut("/_links/users/href") {
            let own = users.as_str().unwrap();
            let (before, _) = own.split_once("/apps/").unwrap();
            *users = json!(format!("{before}/apps/0oaOTHER/users"));
        }
    }),
    ("another setting than was sent", "settings/app/acsUrl", |answer| {
        if let Some(url) = answer.body.pointer_mut("/settings/app/acsUrl") {
            *url = json!("https://elsewhere.acme.example/acs");
        }
    }),
    ("the token, shown again", "token", |answer| {
        if let Some(profile) = answer.body.get_mut("profile").and_then(Value::as_object_mut) {
            profile.insert("token".to_owned(), json!("fixture-token-acme"));
        }
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_seventh_app_are_found_without_snapshots() {
    let folder = flows();
    for (lie, place, apply) in LIES {
        let found = deviations(&run(&folder.0, *apply).await);
        assert!(found.iter().any(|found| found.contains(place)), "{lie}: {found:#?}");
    }
}

/// A flow for one app by name would leave out every other app of its kind.
#[test]
fn no_flow_is_for_an_app_by_its_name() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/flows");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for line in std::fs::read_to_string(&path).unwrap().lines().map(str::trim) {
            let is_by_name = line.starts_with("x-only-for:") && line.contains("app:");
            let names_app = line.starts_with("- workflowId:")
                && ["zscaler", "org2org", "google", "office", "slack", "zoom"]
                    .iter()
                    .any(|app| line.contains(app));
            assert!(!is_by_name && !names_app, "{}: {line}", path.display());
        }
    }
}
