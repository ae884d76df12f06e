//! What a refusal says has to fit the request that was refused.

use serde_json::{Map, Value};

use crate::check;
use crate::event::Finding;
use crate::place::{Place, walk};
use crate::transport::{Body, CredentialUse, RequestRecord, ResponseRecord};

/// Docs and reports of real orgs know these codes for a missing credential, and no other.
const CREDENTIAL_CODES: [&str; 3] = ["E0000004", "E0000005", "E0000011"];

/// OpenAPI: members of apps, connections, features and key sets, which no error has.
const RESOURCE: [&str; 9] = [
    "profile",
    "capabilities",
    "settings",
    "signOnMode",
    "authScheme",
    "jwks",
    "keys",
    "baseUrl",
    "clientId",
];

/// Recorded: how orgs call what the parameter of a path names.
const KINDS: [(&str, &str); 2] = [("appId", "AppInstance"), ("featureName", "PublicAppFeatureSetName")];

/// Recorded: how orgs call other resources. A kind that is in neither list is a matter of wording.
const OTHER_KINDS: [&str; 5] = ["User", "UserGroup", "Group", "AppUser", "IdentityProvider"];

/// Checks an answer that refuses.
pub(super) fn check(request: &RequestRecord, answer: &ResponseRecord, findings: &mut Vec<Finding>) {
    let Some(Body::Json(body)) = &answer.body else { return };
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    // OpenAPI declares 403 for callbacks of every kind, and no source says with which codes.
    let is_callback = request.path.ends_with("/oauth2/callback");
    if let (401 | 403, CredentialUse::None, Some(code), false) =
        (answer.status, request.credential, text("errorCode"), is_callback)
        && !CREDENTIAL_CODES.contains(&code)
    {
        findings.push(Finding {
            check: &check::CONTRACT_REFUSAL_CREDENTIAL,
            place: "body#/errorCode".to_owned(),
            wanted: format!("one of {}", CREDENTIAL_CODES.join(", ")),
            came: code.to_owned(),
        });
    }
    if answer.status >= 400 {
        walk(body, &mut |value, place| {
            let members = value.as_object().into_iter().flat_map(Map::keys);
            for name in members.filter(|name| RESOURCE.contains(&name.as_str())) {
                findings.push(Finding {
                    check: &check::CONTRACT_REFUSAL_RESOURCE,
                    place: format!("body#{}", Place::Member(place, name)),
                    wanted: "nothing of the resource in a refusal".to_owned(),
                    came: "present".to_owned(),
                });
            }
        });
    }
    if let (404, Some(summary)) = (answer.status, text("errorSummary")) {
        not_found(request, summary, findings);
    }
}

/// What a 404 names is what was asked for. Its words are for the snapshot to judge.
fn not_found(request: &RequestRecord, summary: &str, findings: &mut Vec<Finding>) {
    let mut found = |check, wanted: String, came: &str| {
        let came = came.to_owned();
        findings.push(Finding { check, place: "body#/errorSummary".to_owned(), wanted, came });
    };
    let asked = || request.path_parameters.iter().map(|(_, value)| value.as_str());
    let is_named = asked().any(|value| summary.contains(value));
    let recorded = named(summary);
    let other = match recorded {
        Some((named, _)) if !is_named => Some(named),
        _ => app_ids(summary).find(|id| asked().all(|value| value != *id)),
    };
    if let Some(other) = other {
        let wanted = format!("to name what was asked for, {}", asked().collect::<Vec<_>>().join(" or "));
        found(&check::CONTRACT_REFUSAL_NAMES, wanted, other);
    }
    let Some((named, kind)) = recorded else { return };
    let parameter = request.path_parameters.iter().find(|(_, value)| value == named);
    let wanted = parameter.and_then(|(name, _)| KINDS.iter().find(|(known, _)| known == name));
    let is_recorded = OTHER_KINDS.contains(&kind) || KINDS.iter().any(|(_, known)| *known == kind);
    if let Some((_, wanted)) = wanted.filter(|(_, wanted)| is_recorded && *wanted != kind) {
        found(&check::CONTRACT_REFUSAL_KIND, format!("the kind {wanted} (recorded)"), kind);
    }
}

/// The ids of apps in a text. Recorded: `0oa` and seventeen letters or digits.
fn app_ids(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 20 && word.starts_with("0oa"))
}

/// Recorded: `Not found: Resource not found: {id} ({kind})`. Other texts name nothing.
fn named(summary: &str) -> Option<(&str, &str)> {
    let (id, kind) = summary.strip_prefix("Not found: Resource not found: ")?.split_once(" (")?;
    let kind = kind.strip_suffix(')')?;
    let is_form = !id.contains(char::is_whitespace) && kind.chars().all(char::is_alphanumeric);
    is_form.then_some((id, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(status: u16, credential: CredentialUse, body: Value) -> usize {
        let request = RequestRecord {
            method: "GET".to_owned(),
            url: String::new(),
            path: String::new(),
            query: Vec::new(),
            path_parameters: vec![
                ("appId".to_owned(), "0oaA".to_owned()),
                ("featureName".to_owned(), "NONE".to_owned()),
            ],
            headers: Vec::new(),
            body: None,
            credential,
        };
        let answer =
            ResponseRecord { status, headers: Vec::new(), body: Some(Body::Json(body)), broken_json: None };
        let mut findings = Vec::new();
        check(&request, &answer, &mut findings);
        findings.len()
    }

    #[test]
    fn who_sends_no_credential_is_not_told_of_missing_permissions() {
        let refused = |code: &str| json!({"errorCode": code});
        assert_eq!(findings(403, CredentialUse::None, refused("E0000005")), 0);
        assert_eq!(findings(403, CredentialUse::None, refused("E0000006")), 1);
        assert_eq!(findings(403, CredentialUse::Runner, refused("E0000006")), 0);
    }

    #[test]
    fn a_refusal_tells_nothing_of_the_resource() {
        let told = json!({"errorCode": "E0000005", "errorCauses": [{"detail": {"authScheme": "TOKEN"}}]});
        assert_eq!(findings(403, CredentialUse::None, told.clone()), 1);
        assert_eq!(findings(200, CredentialUse::None, told), 0);
    }

    #[test]
    fn what_is_not_found_is_what_was_asked_for() {
        let missing = |text: &str| json!({"errorSummary": text});
        let of = |text: &str| findings(404, CredentialUse::Runner, missing(text));
        assert_eq!(of("Not found: Resource not found: 0oaA (AppInstance)"), 0);
        assert_eq!(of("Not found: Resource not found: 0oaB (AppInstance)"), 1);
        assert_eq!(of("Not found: Resource not found: 0oaA (User)"), 1);
        assert_eq!(of("Not found: Resource not found: NONE (PublicAppFeatureSetName)"), 0);
        assert_eq!(of("Not found: Resource not found: NONE (AppInstance)"), 1);
        assert_eq!(of("There is no such app"), 0);
        assert_eq!(of("Not found: Resource not found: 0oaA (AppInstance). Ask your administrator (eu)"), 0);
        assert_eq!(of("Not found: Resource not found: there is no 0oaA (in this org)"), 0);
        assert_eq!(of("Not found: Resource not found: 0oaA/NONE (AppInstance)"), 0);
        assert_eq!(of("Not found: Resource not found: 0oaA (Application)"), 0);
        assert_eq!(of("There is no app 0oaA, nor a 0oa1gjh63g214q0Hq0g4"), 1);
    }
}
