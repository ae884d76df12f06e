//! Success criteria of a step: `simple`, `regex` and `jsonpath` conditions.
//! They are compiled when a flow is loaded and answer yes or no; a value that
//! is absent makes a criterion false, not an error.

mod simple;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use fancy_regex::Regex;
use roas_arazzo::v1_1;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::expression::{Expression, Scope, as_text, parse};
use simple::Condition;

/// Regular expressions come from files that a user names: bounded work.
const BACKTRACK_LIMIT: usize = 100_000;

/// One criterion, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Criterion {
    condition: String,
    context: Option<Expression>,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Simple(Condition),
    Regex(Regex),
    JsonPath(JsonPath),
}

/// What a criterion found that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmet {
    pub(crate) place: String,
    pub(crate) wanted: String,
    pub(crate) came: String,
}

impl Criterion {
    /// Compiles a criterion of the typed document.
    pub(crate) fn compile(source: &v1_1::Criterion) -> Result<Self, String> {
        let context =
            source.context.as_deref().map(|text| parse(text).map_err(|error| error.0)).transpose()?;
        let test = match kind(source)? {
            v1_1::CriterionKind::Simple => Test::Simple(Condition::parse(&source.condition)?),
            v1_1::CriterionKind::Regex => Test::Regex(regex(&source.condition)?),
            v1_1::CriterionKind::Jsonpath => Test::JsonPath(
                JsonPath::parse(&source.condition)
                    .map_err(|error| format!("`{}`: {error}", source.condition))?,
            ),
            v1_1::CriterionKind::Xpath => {
                return Err("criteria of type `xpath` are not supported".to_owned());
            }
        };
        Ok(Self { condition: source.condition.clone(), context, test })
    }

    /// Every expression in it, for the checks at load.
    pub(crate) fn expressions(&self) -> Vec<&Expression> {
        let mut all: Vec<&Expression> = self.context.iter().collect();
        if let Test::Simple(condition) = &self.test {
            condition.expressions(&mut all);
        }
        all
    }

    /// Asks the criterion; `None` when it is met.
    pub(crate) fn check(&self, scope: &Scope<'_>) -> Option<Unmet> {
        let context = self.context.as_ref().map(|context| scope.value(context));
        let met = match (&self.test, &context) {
            (Test::Simple(condition), _) => condition.holds(scope),
            (Test::Regex(regex), Some(Some(value))) => regex.is_match(&as_text(value)).unwrap_or(false),
            (Test::JsonPath(path), Some(Some(value))) => !path.query(value).is_empty(),
            _ => false,
        };
        if met {
            return None;
        }
        Some(self.unmet(scope, context.flatten().as_deref()))
    }

    fn unmet(&self, scope: &Scope<'_>, context: Option<&Value>) -> Unmet {
        let kind = match &self.test {
            Test::Simple(condition) => {
                return Unmet {
                    place: condition.place(),
                    wanted: self.condition.clone(),
                    came: condition.values(scope),
                };
            }
            Test::Regex(_) => "matches",
            Test::JsonPath(_) => "has a result for",
        };
        Unmet {
            place: self.context.as_ref().map(ToString::to_string).unwrap_or_default(),
            wanted: format!("{kind} {}", self.condition),
            came: context.map_or_else(|| "absent".to_owned(), |value| value.to_string()),
        }
    }
}

fn kind(source: &v1_1::Criterion) -> Result<v1_1::CriterionKind, String> {
    match &source.type_ {
        None => Ok(v1_1::CriterionKind::Simple),
        Some(v1_1::CriterionType::Simple(kind)) => Ok(*kind),
        Some(v1_1::CriterionType::Expression(typed)) => {
            if typed.type_ == v1_1::ExpressionKind::Jsonpath && typed.version == "rfc9535" {
                return Ok(v1_1::CriterionKind::Jsonpath);
            }
            Err(format!(
                "criteria of version `{}` are not supported; use `regex` or `jsonpath` (rfc9535)",
                typed.version
            ))
        }
    }
}

/// Flows repeat themselves: each expression is compiled once.
fn regex(text: &str) -> Result<Regex, String> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = compiled.get(text) {
        return Ok(known.clone());
    }
    let regex = fancy_regex::RegexBuilder::new(text)
        .backtrack_limit(BACKTRACK_LIMIT)
        .build()
        .map_err(|error| format!("`{text}` is not a regular expression: {error}"))?;
    compiled.insert(text.to_owned(), regex.clone());
    Ok(regex)
}
