//! Builds the request of a step from the values known so far.

use serde_json::{Map, Value};

use crate::exchange::Body;
use crate::expression::{Expression, Pointer, Scope, as_text};
use crate::flow::{ParameterTarget, Step, StepBody};
use crate::openapi::Operation;
use crate::transport::{PlannedBody, PlannedRequest};

/// The reason that there is no request.
#[derive(Debug)]
pub(super) enum RequestError {
    /// An expression has no value.
    Lacking(Expression),
    /// The values cannot be part of a request.
    Impossible(String),
}

impl From<Expression> for RequestError {
    fn from(expression: Expression) -> Self {
        Self::Lacking(expression)
    }
}

/// The request of a step.
pub(super) fn plan(
    step: &Step,
    operation: &Operation,
    scope: &Scope<'_>,
) -> Result<PlannedRequest, RequestError> {
    let mut planned = PlannedRequest {
        method: operation.method.clone(),
        base_path: operation.base_path.clone(),
        path_template: operation.path.clone(),
        path_parameters: Vec::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
    };
    for (place, name, template) in &step.parameters {
        let value = template.fill(scope)?;
        match place {
            ParameterTarget::Path => planned.path_parameters.push((name.clone(), one(name, &value)?)),
            ParameterTarget::Header => planned.headers.push((name.clone(), one(name, &value)?)),
            ParameterTarget::Query => {
                for value in many(&value) {
                    planned.query.push((name.clone(), one(name, value)?));
                }
            }
            ParameterTarget::Input => {}
        }
    }
    if let Some(body) = &step.body {
        planned.body = content(body, scope)?.map(|content| (body.content_type.clone(), content));
    }
    Ok(planned)
}

/// Applies OpenAPI's `style: form` with `explode`: a list repeats the name.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

fn one(name: &str, value: &Value) -> Result<String, RequestError> {
    match value {
        Value::Object(_) | Value::Array(_) | Value::Null => {
            Err(RequestError::Impossible(format!("the parameter `{name}` cannot be {value}")))
        }
        other => Ok(as_text(other).into_owned()),
    }
}

fn content(body: &StepBody, scope: &Scope<'_>) -> Result<Option<PlannedBody>, RequestError> {
    let mut payload = match &body.payload {
        Some(payload) => Some(payload.fill(scope)?),
        None => None,
    };
    for (target, template) in &body.replacements {
        let value = template.fill(scope)?;
        replace(payload.get_or_insert_with(|| Value::Object(Map::new())), target, value)?;
    }
    let Some(payload) = payload else { return Ok(None) };
    Ok(Some(match payload {
        // A text is sent unchanged, even if it is not well-formed JSON.
        Value::String(text) => PlannedBody::Plain(Body::Text(text)),
        Value::Object(members) if is_form(&body.content_type) => form(&members),
        other => PlannedBody::Plain(Body::Json(other)),
    }))
}

fn is_form(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}

fn form(members: &Map<String, Value>) -> PlannedBody {
    PlannedBody::Form(
        members.iter().map(|(name, value)| (name.clone(), as_text(value).into_owned())).collect(),
    )
}

/// Sets the value at a JSON pointer; a missing last member is added.
fn replace(payload: &mut Value, target: &Pointer, value: Value) -> Result<(), RequestError> {
    let no_target = || {
        RequestError::Impossible(format!("there is no value at the replacement target `{}`", target.text()))
    };
    let Some((last, parents)) = target.0.split_last() else {
        *payload = value;
        return Ok(());
    };
    let parent = payload.pointer_mut(&Pointer(parents.to_vec()).text()).ok_or_else(no_target)?;
    match parent {
        Value::Object(members) => drop(members.insert(last.clone(), value)),
        Value::Array(items) => {
            let index: usize = last.parse().map_err(|_| no_target())?;
            *items.get_mut(index).ok_or_else(no_target)? = value;
        }
        _ => return Err(no_target()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn at(tokens: &[&str]) -> Pointer {
        Pointer(tokens.iter().map(|token| (*token).to_owned()).collect())
    }

    #[test]
    fn replacements_set_the_value_at_a_pointer() {
        let mut payload = json!({"a": {"b": [1, 2]}});
        replace(&mut payload, &at(&["a", "b", "1"]), json!(3)).unwrap();
        replace(&mut payload, &at(&["a", "new"]), json!("x")).unwrap();
        assert_eq!(payload, json!({"a": {"b": [1, 3], "new": "x"}}));
        assert!(replace(&mut payload, &at(&["a", "b", "9"]), json!(3)).is_err());
        assert!(replace(&mut payload, &at(&["none", "b"]), json!(3)).is_err());
        replace(&mut payload, &at(&[]), json!([])).unwrap();
        assert_eq!(payload, json!([]));
    }
}
