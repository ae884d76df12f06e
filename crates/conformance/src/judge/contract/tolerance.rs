//! Tolerances: where Okta's published document forgets what orgs answer. They stand with the options of
//! `fixtures/choices.json` that they belong to, and so have their sources.

use serde::Deserialize;

use crate::bundle;
use crate::error::RunError;
use crate::judge::known::fits;

/// The tolerances of `fixtures/choices.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tolerances {
    choices: Vec<Choice>,
}

/// A behaviour that the sources leave open or disagree on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// The entry of docs/behaviour.md.
    name: String,
    #[serde(rename = "question")]
    _question: String,
    options: Vec<ChoiceOption>,
    /// The id of the option that the mock takes.
    #[serde(rename = "mock")]
    _mock: String,
}

/// What an org may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceOption {
    #[serde(rename = "id")]
    _id: String,
    description: String,
    source: Vec<String>,
    /// Statuses of this option that the published document does not declare.
    #[serde(default, rename = "undeclaredStatuses")]
    undeclared: Vec<UndeclaredStatus>,
    /// What the judgement by the published document finds in an exchange of this option.
    #[serde(default)]
    findings: Vec<ToleratedFinding>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct UndeclaredStatus {
    /// The operationId, or `*`.
    operation: String,
    status: u16,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToleratedFinding {
    /// The operationId, or `*`.
    operation: String,
    /// The place of the finding; `*` stands for any one token.
    place: String,
}

impl Tolerances {
    /// The built-in ones.
    pub(crate) fn embedded() -> Result<Self, RunError> {
        let Some(file) = bundle::embedded("choices.json") else { return Ok(Self::default()) };
        serde_json::from_str(&file.text).map_err(|error| RunError::json(&file.name, error, "choices"))
    }

    fn options(&self) -> impl Iterator<Item = (&Choice, &ChoiceOption)> {
        self.choices.iter().flat_map(|choice| choice.options.iter().map(move |option| (choice, option)))
    }

    /// Whether a finding is one that an option gives cause for.
    pub(crate) fn tolerates(&self, operation: &str, place: &str) -> bool {
        self.options()
            .flat_map(|(_, option)| &option.findings)
            .any(|entry| is_of(&entry.operation, operation) && fits(&entry.place, place))
    }

    /// Why a status that a document does not declare is none the less right.
    pub(crate) fn undeclared_status(&self, operation: &str, status: u16) -> Option<String> {
        let (choice, option) = self.options().find(|(_, option)| {
            let mut statuses = option.undeclared.iter();
            statuses.any(|entry| entry.status == status && is_of(&entry.operation, operation))
        })?;
        let (name, why, sources) = (&choice.name, &option.description, option.source.join(", "));
        Some(format!("not declared, and tolerated: {name}, {why} [{sources}]"))
    }
}

/// Whether an entry for an operation, or for every one, is about this one.
fn is_of(entry: &str, operation: &str) -> bool {
    entry == "*" || entry == operation
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_built_in_choices_say_what_the_published_document_forgets() {
        let tolerances = Tolerances::embedded().unwrap();
        assert_eq!(
            tolerances.undeclared_status("getFeatureForApplication", 400).unwrap(),
            "not declared, and tolerated: feature.unsupported, 400 E0000001, cause `Provisioning is not supported.` [recorded]"
        );
        assert!(tolerances.undeclared_status("anyOperation", 429).is_some());
        assert_eq!(tolerances.undeclared_status("getApplication", 400), None);
        assert!(tolerances.tolerates("listApplications", "body#/3/universalLogout"));
        assert!(!tolerances.tolerates("listApplications", "body#/3/status"));
        assert!(!tolerances.tolerates("getApplication", "body#/authScheme"));
    }

    #[test]
    fn a_member_that_nobody_knows_is_refused() {
        let whole = json!({"choices": [{"name": "a.b", "question": "?", "mock": "one", "options": [{
            "id": "one", "description": "1", "source": ["docs"],
            "undeclaredStatuses": [{"operation": "*", "status": 401}],
            "findings": [{"operation": "*", "place": "body"}],
        }]}]});
        let reads = |value: &Value| serde_json::from_value::<Tolerances>(value.clone()).is_ok();
        assert!(reads(&whole));
        let option = "/choices/0/options/0";
        for place in ["", "/choices/0", option]
            .into_iter()
            .map(str::to_owned)
            .chain(["undeclaredStatuses", "findings"].map(|list| format!("{option}/{list}/0")))
        {
            let mut more = whole.clone();
            more.pointer_mut(&place).unwrap()["pointer"] = "".into();
            assert!(!reads(&more), "{place}");
        }
    }
}
