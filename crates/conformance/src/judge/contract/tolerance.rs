//! Tolerances: answers of orgs that Okta's published document omits. They are part of the options in
//! `fixtures/choices.json`, and so have their sources.

use serde::Deserialize;

use crate::bundle;
use crate::error::RunError;
use crate::judge::place::fits;

/// The tolerances of `fixtures/choices.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tolerances {
    choices: Vec<Choice>,
}

/// A behavior that the sources leave open or disagree on.
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

/// A possible behavior of an org.
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
    /// Findings by the published document in an exchange of this option.
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
    /// The built-in tolerances.
    pub(crate) fn embedded() -> Result<Self, RunError> {
        let Some(file) = bundle::embedded("choices.json") else { return Ok(Self::default()) };
        serde_json::from_str(&file.text).map_err(|error| RunError::json(&file.name, error, "choices"))
    }

    fn options(&self) -> impl Iterator<Item = (&Choice, &ChoiceOption)> {
        self.choices.iter().flat_map(|choice| choice.options.iter().map(move |option| (choice, option)))
    }

    /// True if an option explains a finding.
    pub(crate) fn tolerates(&self, operation: &str, place: &str) -> bool {
        self.options()
            .flat_map(|(_, option)| &option.findings)
            .any(|entry| applies_to(&entry.operation, operation) && fits(&entry.place, place))
    }

    /// The reason that an undeclared status is tolerated.
    pub(crate) fn undeclared_status(&self, operation: &str, status: u16) -> Option<String> {
        let (choice, option) = self.options().find(|(_, option)| {
            let mut statuses = option.undeclared.iter();
            statuses.any(|entry| entry.status == status && applies_to(&entry.operation, operation))
        })?;
        let (name, why, sources) = (&choice.name, &option.description, option.source.join(", "));
        Some(format!("not declared, and tolerated: {name}, {why} [{sources}]"))
    }
}

/// True if an entry is for this operation or for all.
fn applies_to(entry: &str, operation: &str) -> bool {
    entry == "*" || entry == operation
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_built_in_choices_cover_omissions_of_the_published_document() {
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
    fn unknown_members_are_rejected() {
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
