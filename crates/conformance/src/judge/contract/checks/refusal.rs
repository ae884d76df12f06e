//! Checks of error answers against the refused request.

use serde_json::{Map, Value};

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::exchange::{Body, CredentialUse, ResponseRecord};
use crate::value_path::{ValuePath, walk};

/// The codes for a missing credential that docs and reports of real orgs mention.
const CREDENTIAL_CODES: [&str; 3] = ["E0000004", "E0000005", "E0000011"];

/// Members of apps, connections, features and key sets (OpenAPI), which no error has.
const RESOURCE_MEMBERS: [&str; 9] = [
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

/// The resource kinds in errors, by path parameter (recorded).
const KINDS: [(&str, &str); 2] = [("appId", "AppInstance"), ("featureName", "PublicAppFeatureSetName")];

/// Other resource kinds in errors (recorded). A kind in neither list is only different wording.
const OTHER_KINDS: [&str; 5] = ["User", "UserGroup", "Group", "AppUser", "IdentityProvider"];

pub(super) static CREDENTIAL: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.credential",
        sentence: "A missing credential is refused with a known error code for it.",
        source: "docs, issue",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let (request, answer) = (exchange.request, exchange.answer);
        // OpenAPI declares 403 for all callbacks; no source names its error codes.
        let is_callback = request.path.ends_with("/oauth2/callback");
        let is_refused = matches!(answer.status, 401 | 403) && request.credential == CredentialUse::None;
        let Some(code) = text(answer, "errorCode").filter(|_| is_refused && !is_callback) else { return };
        if !CREDENTIAL_CODES.contains(&code) {
            findings.add("body#/errorCode", format!("one of {}", CREDENTIAL_CODES.join(", ")), code);
        }
    },
};

pub(super) static RESOURCE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.resource",
        sentence: "An error shows nothing of the resource.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(body) = body(exchange.answer).filter(|_| exchange.answer.status >= 400) else { return };
        walk(body, &mut |value, place| {
            let members = value.as_object().into_iter().flat_map(Map::keys);
            for name in members.filter(|name| RESOURCE_MEMBERS.contains(&name.as_str())) {
                let place = format!("body#{}", ValuePath::Member(place, name));
                findings.add(place, "nothing of the resource in an error", "present");
            }
        });
    },
};

pub(super) static NAMES: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.names",
        sentence: "A 404 that names a resource names the requested one.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        // The snapshot judges the exact words; a text that contains the requested id is good enough here.
        let Some(summary) = not_found(exchange.answer) else { return };
        let requested = || exchange.request.path_parameters.iter().map(|(_, value)| value.as_str());
        let is_named = requested().any(|value| summary.contains(value));
        let other = match named(summary) {
            Some((named, _)) if !is_named => Some(named),
            _ => app_ids(summary).find(|id| requested().all(|value| value != *id)),
        };
        if let Some(other) = other {
            let requested = requested().collect::<Vec<_>>().join(" or ");
            findings.add("body#/errorSummary", format!("the requested resource, {requested}"), other);
        }
    },
};

pub(super) static KIND: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.kind",
        sentence: "A 404 of the recorded form does not name another known kind of resource.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some((named, kind)) = not_found(exchange.answer).and_then(named) else { return };
        let parameter = exchange.request.path_parameters.iter().find(|(_, value)| value == named);
        let expected = parameter.and_then(|(name, _)| KINDS.iter().find(|(known, _)| known == name));
        let is_recorded = OTHER_KINDS.contains(&kind) || KINDS.iter().any(|(_, known)| *known == kind);
        if let Some((_, expected)) = expected.filter(|(_, expected)| is_recorded && *expected != kind) {
            findings.add("body#/errorSummary", format!("the kind {expected} (recorded)"), kind);
        }
    },
};

pub(super) static LINK: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.link",
        sentence: "The errorLink of an error equals its errorCode.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let answer = exchange.answer;
        if let (Some(code), Some(link)) = (text(answer, "errorCode"), text(answer, "errorLink"))
            && answer.status >= 400
            && code != link
        {
            findings.add("body#/errorLink", format!("{code}, equal to errorCode"), link);
        }
    },
};

/// The body of a JSON answer.
fn body(answer: &ResponseRecord) -> Option<&Value> {
    match &answer.body {
        Some(Body::Json(body)) => Some(body),
        _ => None,
    }
}

fn text<'a>(answer: &'a ResponseRecord, member: &str) -> Option<&'a str> {
    body(answer)?.get(member)?.as_str()
}

/// The error summary of a 404.
fn not_found(answer: &ResponseRecord) -> Option<&str> {
    text(answer, "errorSummary").filter(|_| answer.status == 404)
}

/// The app ids in a text: `0oa` and seventeen letters or digits (recorded).
fn app_ids(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 20 && word.starts_with("0oa"))
}

/// The id and kind in `Not found: Resource not found: {id} ({kind})` (recorded). Other texts name nothing.
fn named(summary: &str) -> Option<(&str, &str)> {
    let (id, kind) = summary.strip_prefix("Not found: Resource not found: ")?.split_once(" (")?;
    let kind = kind.strip_suffix(')')?;
    let is_form = !id.contains(char::is_whitespace) && kind.chars().all(char::is_alphanumeric);
    is_form.then_some((id, kind))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn findings(status: u16, credential: CredentialUse, body: &Value) -> usize {
        let requested = [("appId", "0oaA"), ("featureName", "NONE")];
        let mut exchange = TestExchange::of(body).with_path_parameters(&requested);
        exchange.answer.status = status;
        exchange.request.credential = credential;
        exchange.places(&[&CREDENTIAL, &RESOURCE, &NAMES, &KIND, &LINK]).len()
    }

    #[test]
    fn a_missing_credential_is_not_reported_as_missing_permissions() {
        let refused = |code: &str| json!({"errorCode": code});
        assert_eq!(findings(403, CredentialUse::None, &refused("E0000005")), 0);
        assert_eq!(findings(403, CredentialUse::None, &refused("E0000006")), 1);
        assert_eq!(findings(403, CredentialUse::Runner, &refused("E0000006")), 0);
    }

    #[test]
    fn an_error_shows_nothing_of_the_resource() {
        let refused = json!({"errorCode": "E0000005", "errorCauses": [{"detail": {"authScheme": "TOKEN"}}]});
        assert_eq!(findings(403, CredentialUse::None, &refused), 1);
        assert_eq!(findings(200, CredentialUse::None, &refused), 0);
    }

    #[test]
    fn the_error_link_repeats_the_error_code() {
        let refused = |link: &str| json!({"errorCode": "E0000001", "errorLink": link});
        assert_eq!(findings(400, CredentialUse::Runner, &refused("E0000001")), 0);
        assert_eq!(findings(400, CredentialUse::Runner, &refused("E0000003")), 1);
    }

    #[test]
    fn a_404_names_the_requested_resource() {
        let missing = |text: &str| json!({"errorSummary": text});
        let of = |text: &str| findings(404, CredentialUse::Runner, &missing(text));
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
