//! How third-party apps answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::operation::Outcome;
use super::answer::{json_answer, no_content, present, read};
use crate::org::third_party::{ConsentMode, ThirdParty, ThirdPartyBehavior};
use crate::rules::behaviour as rule;

/// The body of PUT /_mock/third-party. Members that are absent stay as they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThirdPartyBody {
    /// The id of an app; without it, the body is about all apps that have no behavior of their own.
    #[serde(default, deserialize_with = "present")]
    app: Option<String>,
    #[serde(default, deserialize_with = "present")]
    verification: Option<Reaction>,
    #[serde(default, deserialize_with = "present")]
    code: Option<Reaction>,
    #[serde(default, deserialize_with = "present")]
    consent: Option<Consent>,
}

/// What a third-party app does with a credential or a code.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Reaction {
    Accept,
    Refuse,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Consent {
    AskBrowsers,
    Ask,
    Grant,
    Deny,
}

pub(in crate::api) fn set(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let given: ThirdPartyBody = read(body, &rule::CONTROL_THIRD_PARTY)?;
    let mut org = call.org.lock();
    let app = given.app.as_deref().map(|id| org.app(id).map(|(id, _)| id)).transpose()?;
    let current = app.map_or(org.third_party.default(), |app| org.third_party.at(&app));
    let refuses = |given: Option<Reaction>, current| given.map_or(current, |given| given == Reaction::Refuse);
    let behavior = ThirdPartyBehavior {
        refuses_credential: refuses(given.verification, current.refuses_credential),
        refuses_code: refuses(given.code, current.refuses_code),
        consent: given.consent.map_or(current.consent, ConsentMode::from),
    };
    org.third_party.set(app, behavior);
    Ok(json_answer(&third_party(&org.third_party)))
}

pub(in crate::api) fn get(call: &Call<'_>) -> Outcome {
    Ok(json_answer(&third_party(&call.org.lock().third_party)))
}

/// Restores the behavior of the start.
pub(in crate::api) fn reset(call: &Call<'_>) -> Outcome {
    let mut org = call.org.lock();
    let initial = org.controlled().initial().third_party.clone();
    org.third_party = initial;
    Ok(no_content())
}

fn third_party(third_party: &ThirdParty) -> Value {
    let apps = third_party.apps().map(|(id, behavior)| (id.to_string(), behavior_json(*behavior)));
    let mut members = behavior_json(third_party.default());
    members["apps"] = Value::Object(apps.collect::<Map<_, _>>());
    members
}

fn behavior_json(behavior: ThirdPartyBehavior) -> Value {
    let reaction = |refuses| if refuses { Reaction::Refuse } else { Reaction::Accept };
    json!({
        "verification": reaction(behavior.refuses_credential),
        "code": reaction(behavior.refuses_code),
        "consent": Consent::from(behavior.consent),
    })
}

impl From<Consent> for ConsentMode {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::AskBrowsers => Self::AskBrowsers,
            Consent::Ask => Self::Ask,
            Consent::Grant => Self::Grant,
            Consent::Deny => Self::Deny,
        }
    }
}

impl From<ConsentMode> for Consent {
    fn from(mode: ConsentMode) -> Self {
        match mode {
            ConsentMode::AskBrowsers => Self::AskBrowsers,
            ConsentMode::Ask => Self::Ask,
            ConsentMode::Grant => Self::Grant,
            ConsentMode::Deny => Self::Deny,
        }
    }
}
