//! What a refusal says has to fit the request that was refused.

use serde_json::{Map, Value};

use super::{Applies, ContractCheck};
use crate::check::Check;
use crate::exchange::{Body, CredentialUse, ResponseRecord};
use crate::value_path::{ValuePath, walk};

/// Docs and reports of real orgs know these codes for a missing credential, and no other.
const CREDENTIAL_CODES: [&str; 3] = ["E0000004", "E0000005", "E0000011"];

/// OpenAPI: members of apps, connections, features and key sets, which no error has.
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

/// Recorded: how orgs call what the parameter of a path names.
const KINDS: [(&str, &str); 2] = [("appId", "AppInstance"), ("featureName", "PublicAppFeatureSetName")];

/// Recorded: how orgs call other resources. A kind that is in neither list is a matter of wording.
const OTHER_KINDS: [&str; 5] = ["User", "UserGroup", "Group", "AppUser", "IdentityProvider"];

pub(super) static CREDENTIAL: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.credential",
        sentence: "A missing credential is refused with a code that is known for it.",
        source: "docs, issue",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let (request, answer) = (exchange.request, exchange.answer);
        // OpenAPI declares 403 for callbacks of every kind, and no source says with which codes.
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
        sentence: "A refusal shows nothing of the resource.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(body) = body(exchange.answer).filter(|_| exchange.answer.status >= 400) else { return };
        walk(body, &mut |value, place| {
            let members = value.as_object().into_iter().flat_map(Map::keys);
            for name in members.filter(|name| RESOURCE_MEMBERS.contains(&name.as_str())) {
                let place = format!("body#{}", ValuePath::Member(place, name));
                findings.add(place, "nothing of the resource in a refusal", "present");
            }
        });
    },
};

pub(super) static NAMES: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.names",
        sentence: "A 404 that names a resource names the one that was asked for.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        // Its words are for the snapshot to judge: a text that names what was asked for says enough.
        let Some(summary) = not_found(exchange.answer) else { return };
        let asked = || exchange.request.path_parameters.iter().map(|(_, value)| value.as_str());
        let is_named = asked().any(|value| summary.contains(value));
        let other = match named(summary) {
            Some((named, _)) if !is_named => Some(named),
            _ => app_ids(summary).find(|id| asked().all(|value| value != *id)),
        };
        if let Some(other) = other {
            let asked = asked().collect::<Vec<_>>().join(" or ");
            findings.add("body#/errorSummary", format!("to name what was asked for, {asked}"), other);
        }
    },
};

pub(super) static KIND: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.refusal.kind",
        sentence: "A 404 of the recorded form does not call the resource by the kind of another.",
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
        sentence: "The errorLink of a refusal is its errorCode once more.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let answer = exchange.answer;
        if let (Some(code), Some(link)) = (text(answer, "errorCode"), text(answer, "errorLink"))
            && answer.status >= 400
            && code != link
        {
            findings.add("body#/errorLink", format!("{code}, as in errorCode"), link);
        }
    },
};

/// The body of an answer, if it is JSON.
fn body(answer: &ResponseRecord) -> Option<&Value> {
    match &answer.body {
        Some(Body::Json(body)) => Some(body),
        _ => None,
    }
}

fn text<'a>(answer: &'a ResponseRecord, member: &str) -> Option<&'a str> {
    body(answer)?.get(member)?.as_str()
}

/// The summary of a 404.
fn not_found(answer: &ResponseRecord) -> Option<&str> {
    text(answer, "errorSummary").filter(|_| answer.status == 404)
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
    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn findings(status: u16, credential: CredentialUse, body: &Value) -> usize {
        let asked = [("appId", "0oaA"), ("featureName", "NONE")];
        let mut tried = TestExchange::of(body).with_path_parameters(&asked);
        tried.answer.status = status;
        tried.request.credential = credential;
        tried.places(&[&CREDENTIAL, &RESOURCE, &NAMES, &KIND, &LINK]).len()
    }

    #[test]
    fn who_sends_no_credential_is_not_told_of_missing_permissions() {
        let refused = |code: &str| json!({"errorCode": code});
        assert_eq!(findings(403, CredentialUse::None, &refused("E0000005")), 0);
        assert_eq!(findings(403, CredentialUse::None, &refused("E0000006")), 1);
        assert_eq!(findings(403, CredentialUse::Runner, &refused("E0000006")), 0);
    }

    #[test]
    fn a_refusal_tells_nothing_of_the_resource() {
        let told = json!({"errorCode": "E0000005", "errorCauses": [{"detail": {"authScheme": "TOKEN"}}]});
        assert_eq!(findings(403, CredentialUse::None, &told), 1);
        assert_eq!(findings(200, CredentialUse::None, &told), 0);
    }

    #[test]
    fn a_refusal_repeats_its_code() {
        let refused = |link: &str| json!({"errorCode": "E0000001", "errorLink": link});
        assert_eq!(findings(400, CredentialUse::Runner, &refused("E0000001")), 0);
        assert_eq!(findings(400, CredentialUse::Runner, &refused("E0000003")), 1);
    }

    #[test]
    fn what_is_not_found_is_what_was_asked_for() {
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
