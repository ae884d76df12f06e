//! Detects the kind of a target before the first step: this project's mock, an Okta org, or something else.

use reqwest::{Method, Url};
use serde_json::Value;

use super::guard::is_loopback;
use super::pace::org_time;
use super::{PlannedRequest, SendError, Transport};
use crate::error::{RunError, one_line};
use crate::exchange::{Body, ResponseRecord};
use crate::setting::Setting;

/// The kind of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// This project's mock on this machine, by its own answer.
    Mock { version: String },
    /// A server of Okta's API.
    Org,
}

/// The result of probing a target.
#[derive(Debug)]
pub(crate) struct Probed {
    pub(crate) kind: TargetKind,
    /// The time by the org's clock, in seconds since the epoch.
    pub(crate) org_time: i64,
}

/// True if a target may be this project's mock, which is only possible on this machine. Everything else is
/// treated as an org, whatever it answers.
pub(crate) fn may_be_mock(target: &Url) -> bool {
    is_loopback(target)
}

/// Detects the kind of a target; an error says in one line why that failed. `stated` is true if the user gave
/// a credential.
pub(crate) async fn probe(transport: &Transport, stated: bool) -> Result<Probed, RunError> {
    let base = transport.base();
    let shown = shown(transport);
    let mut kind = TargetKind::Org;
    let (mock, list) = questions(base);
    if let Some(url) = mock {
        let answer = transport
            .browse(Method::GET, url, "application/json", None)
            .await
            .map_err(|error| unreachable(&shown, &error))?;
        if let Some(version) = mock_version(&answer) {
            kind = TargetKind::Mock { version };
        }
    }
    let answered = transport.send(&list).await.map_err(|error| unreachable(&shown, &error))?;
    let answer = answered.response;
    match answer.status {
        401 | 403 => return Err(refused(&shown, &answer, stated)),
        _ if matches!(kind, TargetKind::Mock { .. }) => {}
        300..=399 => {
            let location = answer.header("location").unwrap_or("no location");
            return Err(not_okta(&shown, &format!("it redirects to {location}")));
        }
        500.. if !speaks_okta(&answer) => {
            return Err(RunError::target(format!(
                "{shown}, or a server in front of it, is out of order: it answered {}; try again later",
                answer.status
            )));
        }
        _ if !speaks_okta(&answer) => {
            let media = answer.media_type().unwrap_or_else(|| "no content type".to_owned());
            // The headers no longer contain encodings that the client has decoded.
            let encoding =
                answer.header("content-encoding").map(|encoding| format!(" in the encoding {encoding}"));
            let encoding = encoding.unwrap_or_default();
            return Err(not_okta(&shown, &format!("it answered {} with {media}{encoding}", answer.status)));
        }
        _ => {}
    }
    Ok(Probed { kind, org_time: org_time(&answer) })
}

/// The questions to a target, in order: `/_mock` if it may be a mock, then one app.
pub(crate) fn questions(base: &Url) -> (Option<Url>, PlannedRequest) {
    let mock = may_be_mock(base).then(|| {
        let mut url = base.clone();
        url.set_path("/_mock");
        url
    });
    let list = PlannedRequest {
        method: Method::GET,
        base_path: String::new(),
        path_template: "/api/v1/apps".to_owned(),
        path_parameters: Vec::new(),
        query: vec![("limit".to_owned(), "1".to_owned())],
        headers: Vec::new(),
        body: None,
    };
    (mock, list)
}

fn mock_version(answer: &ResponseRecord) -> Option<String> {
    let body = answer.body.as_ref()?.value();
    let name = body.get("name")?.as_str()?;
    let version = body.get("version").and_then(Value::as_str).unwrap_or("?");
    (answer.status == 200 && name == "okta-mock-server").then(|| version.to_owned())
}

/// True for a list of apps, or Okta's error envelope.
fn speaks_okta(answer: &ResponseRecord) -> bool {
    if answer.media_type().as_deref() != Some("application/json") {
        return false;
    }
    let body = answer.body.as_ref().map(Body::value);
    match body {
        Some(Value::Array(apps)) => {
            answer.status == 200 && apps.iter().all(|app| app.get("id").is_some_and(Value::is_string))
        }
        Some(Value::Object(members)) => members.contains_key("errorCode"),
        _ => false,
    }
}

fn shown(transport: &Transport) -> String {
    transport.base().origin().ascii_serialization()
}

fn unreachable(shown: &str, error: &SendError) -> RunError {
    let reason = match error {
        // The run was stopped; the target is not at fault.
        SendError::Refused(reason) => return RunError::target(reason.clone()),
        SendError::Invalid(reason) | SendError::Failed(reason) => reason,
    };
    RunError::target(format!("{shown} does not answer: {reason}; check the URL")).solved_by([Setting::Target])
}

fn refused(shown: &str, answer: &ResponseRecord, stated: bool) -> RunError {
    let body = answer.body.as_ref().map(Body::value);
    let summary_text = body
        .as_ref()
        .and_then(|body| body.get("errorSummary"))
        .and_then(Value::as_str)
        .map(|summary| format!(" ({summary})"))
        .unwrap_or_default();
    if body.is_some() && summary_text.is_empty() && !speaks_okta(answer) {
        return not_okta(shown, &format!("it answered {} without Okta's error envelope", answer.status));
    }
    let why = match stated {
        true => "refuses the credential",
        false => "needs a credential, but none was given",
    };
    RunError::target(format!("{shown} {why}: {}{summary_text}", answer.status))
        .solved_by([Setting::Credential])
}

fn not_okta(shown: &str, reason: &str) -> RunError {
    let reason: String = one_line(reason).chars().filter(|each| !each.is_control()).take(200).collect();
    RunError::target(format!("{shown} is not an Okta org: {reason}; check the URL"))
        .solved_by([Setting::Target])
}
