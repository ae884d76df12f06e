//! Success criteria of a step: compilation and evaluation.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use fancy_regex::Regex;
use roas_arazzo::v1_1;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::simple::Condition;
use crate::expression::{Expression, Scope, as_text, parse};

/// Limits the work of regular expressions, which come from the user's files.
const BACKTRACK_LIMIT: usize = 100_000;
/// Maximum size of a compiled part, in bytes.
const COMPILED_LIMIT: usize = 1024 * 1024;

/// A compiled criterion.
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
    /// The query, and the exponent of its work in the number of values.
    JsonPath(JsonPath, u32),
}

/// The context in which criteria are evaluated. Many search the whole body, so its text is built only once.
pub(crate) struct CriterionContext<'a> {
    scope: &'a Scope<'a>,
    body: OnceCell<Option<String>>,
}

impl<'a> CriterionContext<'a> {
    pub(crate) const fn of(scope: &'a Scope<'a>) -> Self {
        Self { scope, body: OnceCell::new() }
    }

    fn body(&self) -> Option<&str> {
        let text = || Some(self.scope.exchange?.response.body.as_ref()?.text());
        self.body.get_or_init(text).as_deref()
    }
}

/// A criterion that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnmetCriterion {
    pub(crate) place: String,
    pub(crate) expected: String,
    pub(crate) actual: String,
}

impl Criterion {
    /// Compiles a criterion of the typed document.
    pub(crate) fn compile(source: &v1_1::Criterion) -> Result<Self, String> {
        super::bounds::check(&source.condition)?;
        let context =
            source.context.as_deref().map(|text| parse(text).map_err(|error| error.0)).transpose()?;
        let test = match kind(source)? {
            v1_1::CriterionKind::Simple => Test::Simple(Condition::parse(&source.condition)?),
            v1_1::CriterionKind::Regex => Test::Regex(regex(&source.condition)?),
            v1_1::CriterionKind::Jsonpath => Test::JsonPath(
                JsonPath::parse(&source.condition)
                    .map_err(|error| format!("`{}`: {error}", source.condition))?,
                super::bounds::exponent(&source.condition),
            ),
            v1_1::CriterionKind::Xpath => {
                return Err("criteria of type `xpath` are not supported".to_owned());
            }
        };
        Ok(Self { condition: source.condition.clone(), context, test })
    }

    /// All expressions in it, for the checks at load.
    pub(crate) fn expressions(&self) -> Vec<&Expression> {
        let mut all: Vec<&Expression> = self.context.iter().collect();
        if let Test::Simple(condition) = &self.test {
            condition.expressions(&mut all);
        }
        all
    }

    /// Evaluates the criterion; `None` if it is met.
    pub(crate) fn check(&self, moment: &CriterionContext<'_>) -> Option<UnmetCriterion> {
        let scope = moment.scope;
        let value = || scope.value(self.context.as_ref()?);
        let met = match &self.test {
            Test::Simple(condition) => condition.holds(scope),
            Test::Regex(regex) => {
                let matches = |text: &str| regex.is_match(text).unwrap_or(false);
                match &self.context {
                    Some(context) if context.is_whole_body() => moment.body().is_some_and(matches),
                    _ => value().is_some_and(|value| matches(&as_text(&value))),
                }
            }
            Test::JsonPath(path, exponent) => value().is_some_and(|value| {
                super::bounds::is_affordable(&value, *exponent) && !path.query(&value).is_empty()
            }),
        };
        (!met).then(|| self.unmet(scope, value().as_deref()))
    }

    fn unmet(&self, scope: &Scope<'_>, context: Option<&Value>) -> UnmetCriterion {
        let kind = match &self.test {
            Test::Simple(condition) => {
                return UnmetCriterion {
                    place: condition.place(),
                    expected: self.condition.clone(),
                    actual: condition.values(scope),
                };
            }
            Test::Regex(_) => "matches",
            Test::JsonPath(_, exponent) => {
                if context.is_some_and(|value| !super::bounds::is_affordable(value, *exponent)) {
                    return UnmetCriterion {
                        place: self.context.as_ref().map(ToString::to_string).unwrap_or_default(),
                        expected: format!("has a result for {}", self.condition),
                        actual: "an answer with too many values for this query".to_owned(),
                    };
                }
                "has a result for"
            }
        };
        UnmetCriterion {
            place: self.context.as_ref().map(ToString::to_string).unwrap_or_default(),
            expected: format!("{kind} {}", self.condition),
            actual: context.map_or_else(|| "absent".to_owned(), |value| value.to_string()),
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

/// Compiles a regular expression; flows repeat them, so each is compiled once.
fn regex(text: &str) -> Result<Regex, String> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = compiled.get(text) {
        return Ok(known.clone());
    }
    let regex = fancy_regex::RegexBuilder::new(text)
        .backtrack_limit(BACKTRACK_LIMIT)
        .delegate_size_limit(COMPILED_LIMIT)
        .build()
        .map_err(|error| format!("`{text}` is not a regular expression: {error}"))?;
    compiled.insert(text.to_owned(), regex.clone());
    Ok(regex)
}
