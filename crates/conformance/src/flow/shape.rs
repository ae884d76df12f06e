//! Checks the shape of an Arazzo document on the plain value, so that every error has a line: unknown members
//! (a typing mistake would otherwise turn a check off), wrong types, constructs that are not supported.

use serde_json::Value;

use super::text::{ParsedDocument, SyntaxError};
use crate::value_path::pointer_token;

/// The required type of a member.
#[derive(Debug, Clone, Copy)]
enum MemberKind {
    Text,
    /// One of the standard's words.
    Word(&'static [&'static str]),
    Number,
    Any,
    One(&'static Shape),
    Many(&'static Shape),
    Named(&'static Shape),
    /// A member of the standard that this runner does not support.
    Refused(&'static str),
}

#[derive(Debug)]
struct Shape {
    name: &'static str,
    required: &'static [&'static str],
    members: &'static [(&'static str, MemberKind)],
}

static ROOT: Shape = Shape {
    name: "an Arazzo document",
    required: &["arazzo", "info", "sourceDescriptions", "workflows"],
    members: &[
        ("arazzo", MemberKind::Text),
        ("$self", MemberKind::Text),
        ("info", MemberKind::One(&INFO)),
        ("sourceDescriptions", MemberKind::Many(&SOURCE)),
        ("workflows", MemberKind::Many(&WORKFLOW)),
        ("components", MemberKind::One(&COMPONENTS)),
    ],
};

static INFO: Shape = Shape {
    name: "`info`",
    required: &["title", "version"],
    members: &[
        ("title", MemberKind::Text),
        ("summary", MemberKind::Text),
        ("description", MemberKind::Text),
        ("version", MemberKind::Text),
    ],
};

static SOURCE: Shape = Shape {
    name: "a source description",
    required: &["name", "url"],
    members: &[
        ("name", MemberKind::Text),
        ("url", MemberKind::Text),
        ("type", MemberKind::Word(&["openapi", "arazzo", "asyncapi"])),
    ],
};

static WORKFLOW: Shape = Shape {
    name: "a workflow",
    required: &["workflowId", "steps"],
    members: &[
        ("workflowId", MemberKind::Text),
        ("summary", MemberKind::Text),
        ("description", MemberKind::Text),
        ("inputs", MemberKind::Any),
        ("dependsOn", MemberKind::Refused("call the other workflow in a step")),
        ("steps", MemberKind::Many(&STEP)),
        ("successActions", MemberKind::Many(&ACTION)),
        ("failureActions", MemberKind::Many(&ACTION)),
        ("outputs", MemberKind::Any),
        ("parameters", MemberKind::Many(&PARAMETER)),
    ],
};

static STEP: Shape = Shape {
    name: "a step",
    required: &["stepId"],
    members: &[
        ("stepId", MemberKind::Text),
        ("description", MemberKind::Text),
        ("operationId", MemberKind::Text),
        ("workflowId", MemberKind::Text),
        ("parameters", MemberKind::Many(&PARAMETER)),
        ("requestBody", MemberKind::One(&BODY)),
        ("successCriteria", MemberKind::Many(&CRITERION)),
        ("onSuccess", MemberKind::Many(&ACTION)),
        ("onFailure", MemberKind::Many(&ACTION)),
        ("outputs", MemberKind::Any),
        ("operationPath", MemberKind::Refused("use `operationId`")),
        ("channelPath", MemberKind::Refused("AsyncAPI is not supported")),
        ("correlationId", MemberKind::Refused("AsyncAPI is not supported")),
        ("action", MemberKind::Refused("AsyncAPI is not supported")),
        ("timeout", MemberKind::Refused("the runner has its own timeouts")),
        ("dependsOn", MemberKind::Refused("steps run in order")),
    ],
};

static PARAMETER: Shape = Shape {
    name: "a parameter",
    required: &[],
    members: &[
        ("name", MemberKind::Text),
        ("in", MemberKind::Word(&["path", "query", "header", "cookie"])),
        ("value", MemberKind::Any),
        ("reference", MemberKind::Text),
    ],
};

static BODY: Shape = Shape {
    name: "a request body",
    required: &[],
    members: &[
        ("contentType", MemberKind::Text),
        ("payload", MemberKind::Any),
        ("replacements", MemberKind::Many(&REPLACEMENT)),
    ],
};

static REPLACEMENT: Shape = Shape {
    name: "a replacement",
    required: &["target", "value"],
    members: &[
        ("target", MemberKind::Text),
        ("value", MemberKind::Any),
        ("targetSelectorType", MemberKind::Refused("targets are JSON pointers")),
    ],
};

static CRITERION: Shape = Shape {
    name: "a criterion",
    required: &["condition"],
    members: &[("condition", MemberKind::Text), ("context", MemberKind::Text), ("type", MemberKind::Any)],
};

static ACTION: Shape = Shape {
    name: "an action",
    required: &[],
    members: &[
        ("name", MemberKind::Text),
        ("type", MemberKind::Word(&["end", "goto", "retry"])),
        ("retryAfter", MemberKind::Number),
        ("retryLimit", MemberKind::Number),
        ("criteria", MemberKind::Many(&CRITERION)),
        ("reference", MemberKind::Text),
        ("workflowId", MemberKind::Refused("steps run in order")),
        ("stepId", MemberKind::Refused("steps run in order")),
        ("parameters", MemberKind::Refused("steps run in order")),
    ],
};

static COMPONENTS: Shape = Shape {
    name: "`components`",
    required: &[],
    members: &[
        ("inputs", MemberKind::Any),
        ("parameters", MemberKind::Named(&PARAMETER)),
        ("successActions", MemberKind::Named(&ACTION)),
        ("failureActions", MemberKind::Named(&ACTION)),
    ],
};

/// Checks the whole document; returns the first error.
pub(super) fn check(document: &ParsedDocument) -> Result<(), SyntaxError> {
    if let Some(version) = document.value.get("arazzo").and_then(Value::as_str)
        && !(version.starts_with("1.0.") || version.starts_with("1.1."))
    {
        return Err(SyntaxError {
            line: document.line("/arazzo"),
            reason: format!("Arazzo {version} is not supported; use 1.0.1 or 1.1.0"),
        });
    }
    object(document, &document.value, "", &ROOT)
}

fn object(document: &ParsedDocument, value: &Value, at: &str, shape: &Shape) -> Result<(), SyntaxError> {
    let problem = |at: &str, reason: String| SyntaxError { line: document.line(at), reason };
    let Value::Object(members) = value else {
        return Err(problem(at, format!("{} must be an object", shape.name)));
    };
    for (name, value) in members {
        let place = format!("{at}/{}", pointer_token(name));
        if name.starts_with("x-") {
            continue;
        }
        let Some((_, kind)) = shape.members.iter().find(|(known, _)| known == name) else {
            let near = crate::nearest::nearest(name, shape.members.iter().map(|(known, _)| *known));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(problem(&place, format!("{} has no member `{name}`{hint}", shape.name)));
        };
        member(document, value, &place, name, *kind)?;
    }
    match shape.required.iter().find(|name| !members.contains_key(**name)) {
        Some(name) => Err(problem(at, format!("{} needs `{name}`", shape.name))),
        None => Ok(()),
    }
}

fn member(
    document: &ParsedDocument,
    value: &Value,
    at: &str,
    name: &str,
    kind: MemberKind,
) -> Result<(), SyntaxError> {
    let wrong = |expected: &str| {
        Err(SyntaxError { line: document.line(at), reason: format!("`{name}` must be {expected}") })
    };
    match kind {
        MemberKind::Any => Ok(()),
        MemberKind::Text => match value.as_str() {
            None => wrong("a string"),
            // Terminals show these texts unchanged.
            Some(text) if text.chars().any(|each| each.is_control() && !matches!(each, '\n' | '\t')) => {
                wrong("a string without control characters")
            }
            Some(_) => Ok(()),
        },
        MemberKind::Word(words) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(()),
        MemberKind::Word(words) => wrong(&format!("one of {}", words.join(", "))),
        MemberKind::Number if value.is_number() => Ok(()),
        MemberKind::Number => wrong("a number"),
        MemberKind::One(shape) => object(document, value, at, shape),
        MemberKind::Many(shape) => match value.as_array() {
            None => wrong("a list"),
            Some(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| object(document, item, &format!("{at}/{index}"), shape)),
        },
        MemberKind::Named(shape) => match value.as_object() {
            None => wrong("an object"),
            Some(members) => members.iter().try_for_each(|(name, item)| {
                object(document, item, &format!("{at}/{}", pointer_token(name)), shape)
            }),
        },
        MemberKind::Refused(instead) => Err(SyntaxError {
            line: document.line(at),
            reason: format!("`{name}` is not supported: {instead}"),
        }),
    }
}
