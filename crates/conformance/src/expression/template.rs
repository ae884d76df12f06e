//! Values that contain expressions: a whole string (`$inputs.appId`) keeps the type of its value; an embedded
//! expression (`"app {$inputs.app}"`) becomes text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Expression, ExpressionError, Scope, expression_prefix, parse};

/// A value with expressions to fill in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    Literal(Value),
    Whole(Expression),
    Text(Vec<Piece>),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Plain(String),
    Embedded(Expression),
}

impl Template {
    /// Parses a value of a flow document.
    pub(crate) fn parse(value: &Value) -> Result<Self, ExpressionError> {
        match value {
            Value::String(text) if expression_prefix(text) => parse(text).map(Self::Whole),
            Value::String(text) => pieces(text).map(|pieces| match pieces {
                Some(pieces) => Self::Text(pieces),
                None => Self::Literal(value.clone()),
            }),
            Value::Array(items) => items.iter().map(Self::parse).collect::<Result<_, _>>().map(Self::Array),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| Ok((name.clone(), Self::parse(value)?)))
                .collect::<Result<_, _>>()
                .map(Self::Object),
            other => Ok(Self::Literal(other.clone())),
        }
    }

    /// The value, or the first expression without a value.
    pub(crate) fn fill(&self, scope: &Scope<'_>) -> Result<Value, Expression> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Whole(expression) => {
                scope.value(expression).map(Cow::into_owned).ok_or_else(|| expression.clone())
            }
            Self::Text(pieces) => fill_text(pieces, scope).map(Value::String),
            Self::Array(items) => {
                items.iter().map(|item| item.fill(scope)).collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Object(members) => members
                .iter()
                .map(|(name, item)| Ok((name.clone(), item.fill(scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
        }
    }

    /// The value as far as it is known; expressions without a value become null.
    pub(crate) fn fill_known(&self, scope: &Scope<'_>) -> Value {
        match self {
            Self::Array(items) => items.iter().map(|item| item.fill_known(scope)).collect(),
            Self::Object(members) => members
                .iter()
                .map(|(name, item)| (name.clone(), item.fill_known(scope)))
                .collect::<Map<_, _>>()
                .into(),
            Self::Literal(_) | Self::Whole(_) | Self::Text(_) => self.fill(scope).unwrap_or_default(),
        }
    }

    /// All expressions in it, for the checks at load.
    pub(crate) fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Whole(expression) => vec![expression],
            Self::Text(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Embedded(expression) => Some(expression),
                    Piece::Plain(_) => None,
                })
                .collect(),
            Self::Array(items) => items.iter().flat_map(Self::expressions).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, item)| item.expressions()).collect(),
        }
    }
}

/// The text of a value inside other text.
pub(crate) fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

fn fill_text(pieces: &[Piece], scope: &Scope<'_>) -> Result<String, Expression> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Embedded(expression) => match scope.value(expression) {
                Some(value) => text.push_str(&as_text(&value)),
                None => return Err(expression.clone()),
            },
        }
    }
    Ok(text)
}

/// Splits `a {$inputs.b} c`; `None` if nothing is embedded.
fn pieces(text: &str) -> Result<Option<Vec<Piece>>, ExpressionError> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{$") {
        let after = &rest[at + 1..];
        let Some(end) = after.find('}') else { break };
        if !expression_prefix(&after[..end]) {
            plain.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        }
        plain.push_str(&rest[..at]);
        if !plain.is_empty() {
            pieces.push(Piece::Plain(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Embedded(parse(&after[..end])?));
        rest = &after[end + 1..];
    }
    if pieces.is_empty() {
        return Ok(None);
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    Ok(Some(pieces))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::StepOutputs;
    use super::*;
    use serde_json::json;

    fn fill(template: Value, inputs: Value) -> Result<Value, String> {
        let Value::Object(inputs) = inputs else {
            return Err("not an object".to_owned());
        };
        let scope =
            Scope { inputs: &inputs, steps: &StepOutputs::new(), outputs: &Map::new(), exchange: None };
        let template = Template::parse(&template).map_err(|error| error.0)?;
        template.fill(&scope).map_err(|absent| absent.to_string())
    }

    #[test]
    fn whole_expressions_keep_their_type_and_embedded_ones_become_text() {
        let inputs = json!({"n": 3, "s": "x", "o": {"a": [1]}});
        let template = json!({"w": "$inputs.n", "e": "n={$inputs.n} {$inputs.o}", "d": "$inputs.o.a"});
        assert_eq!(fill(template, inputs).unwrap(), json!({"w": 3, "e": "n=3 {\"a\":[1]}", "d": [1]}));
    }

    #[test]
    fn other_dollars_and_braces_stay_unchanged() {
        let text = json!("${source.login} {$100} {$ {a} $5");
        assert_eq!(fill(text.clone(), json!({})).unwrap(), text);
    }

    #[test]
    fn an_absent_value_is_named_in_the_error() {
        assert_eq!(fill(json!("a{$inputs.b}"), json!({})), Err("$inputs.b".to_owned()));
        let broken = fill(json!("a{$inputs.}"), json!({})).unwrap_err();
        assert!(broken.contains("name is missing"), "{broken}");
    }
}
