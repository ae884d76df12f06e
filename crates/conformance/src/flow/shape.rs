//! The shape of an Arazzo document, checked on the plain value so that every
//! complaint has a line: members that nobody knows (a typing mistake would
//! otherwise switch a check off), wrong types, constructs not supported here.

use serde_json::Value;

use super::text::{Document, Problem};
use crate::place::pointer_token;

/// What a member has to be.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    /// One of the words that the standard has.
    Word(&'static [&'static str]),
    Number,
    Any,
    One(&'static Shape),
    Many(&'static Shape),
    Named(&'static Shape),
    /// In the standard, but not supported by this runner.
    Refused(&'static str),
}

#[derive(Debug)]
struct Shape {
    what: &'static str,
    required: &'static [&'static str],
    members: &'static [(&'static str, Kind)],
}

static ROOT: Shape = Shape {
    what: "an Arazzo document",
    required: &["arazzo", "info", "sourceDescriptions", "workflows"],
    members: &[
        ("arazzo", Kind::Text),
        ("$self", Kind::Text),
        ("info", Kind::One(&INFO)),
        ("sourceDescriptions", Kind::Many(&SOURCE)),
        ("workflows", Kind::Many(&WORKFLOW)),
        ("components", Kind::One(&COMPONENTS)),
    ],
};

static INFO: Shape = Shape {
    what: "`info`",
    required: &["title", "version"],
    members: &[
        ("title", Kind::Text),
        ("summary", Kind::Text),
        ("description", Kind::Text),
        ("version", Kind::Text),
    ],
};

static SOURCE: Shape = Shape {
    what: "a source description",
    required: &["name", "url"],
    members: &[
        ("name", Kind::Text),
        ("url", Kind::Text),
        ("type", Kind::Word(&["openapi", "arazzo", "asyncapi"])),
    ],
};

static WORKFLOW: Shape = Shape {
    what: "a workflow",
    required: &["workflowId", "steps"],
    members: &[
        ("workflowId", Kind::Text),
        ("summary", Kind::Text),
        ("description", Kind::Text),
        ("inputs", Kind::Any),
        ("dependsOn", Kind::Refused("call the other workflow from a step")),
        ("steps", Kind::Many(&STEP)),
        ("successActions", Kind::Many(&ACTION)),
        ("failureActions", Kind::Many(&ACTION)),
        ("outputs", Kind::Any),
        ("parameters", Kind::Many(&PARAMETER)),
    ],
};

static STEP: Shape = Shape {
    what: "a step",
    required: &["stepId"],
    members: &[
        ("stepId", Kind::Text),
        ("description", Kind::Text),
        ("operationId", Kind::Text),
        ("workflowId", Kind::Text),
        ("parameters", Kind::Many(&PARAMETER)),
        ("requestBody", Kind::One(&BODY)),
        ("successCriteria", Kind::Many(&CRITERION)),
        ("onSuccess", Kind::Many(&ACTION)),
        ("onFailure", Kind::Many(&ACTION)),
        ("outputs", Kind::Any),
        ("operationPath", Kind::Refused("name the operation by `operationId`")),
        ("channelPath", Kind::Refused("AsyncAPI is out of reach here")),
        ("correlationId", Kind::Refused("AsyncAPI is out of reach here")),
        ("action", Kind::Refused("AsyncAPI is out of reach here")),
        ("timeout", Kind::Refused("the runner has its own time limits")),
        ("dependsOn", Kind::Refused("steps run in the order they stand in")),
    ],
};

static PARAMETER: Shape = Shape {
    what: "a parameter",
    required: &[],
    members: &[
        ("name", Kind::Text),
        ("in", Kind::Word(&["path", "query", "header", "cookie"])),
        ("value", Kind::Any),
        ("reference", Kind::Text),
    ],
};

static BODY: Shape = Shape {
    what: "a request body",
    required: &[],
    members: &[
        ("contentType", Kind::Text),
        ("payload", Kind::Any),
        ("replacements", Kind::Many(&REPLACEMENT)),
    ],
};

static REPLACEMENT: Shape = Shape {
    what: "a replacement",
    required: &["target", "value"],
    members: &[
        ("target", Kind::Text),
        ("value", Kind::Any),
        ("targetSelectorType", Kind::Refused("targets are JSON pointers")),
    ],
};

static CRITERION: Shape = Shape {
    what: "a criterion",
    required: &["condition"],
    members: &[("condition", Kind::Text), ("context", Kind::Text), ("type", Kind::Any)],
};

static ACTION: Shape = Shape {
    what: "an action",
    required: &[],
    members: &[
        ("name", Kind::Text),
        ("type", Kind::Word(&["end", "goto", "retry"])),
        ("retryAfter", Kind::Number),
        ("retryLimit", Kind::Number),
        ("criteria", Kind::Many(&CRITERION)),
        ("reference", Kind::Text),
        ("workflowId", Kind::Refused("flows go from step to step")),
        ("stepId", Kind::Refused("flows go from step to step")),
        ("parameters", Kind::Refused("flows go from step to step")),
    ],
};

static COMPONENTS: Shape = Shape {
    what: "`components`",
    required: &[],
    members: &[
        ("inputs", Kind::Any),
        ("parameters", Kind::Named(&PARAMETER)),
        ("successActions", Kind::Named(&ACTION)),
        ("failureActions", Kind::Named(&ACTION)),
    ],
};

/// Checks the whole document; the first mistake is told.
pub(super) fn check(document: &Document) -> Result<(), Problem> {
    if let Some(version) = document.value.get("arazzo").and_then(Value::as_str)
        && !(version.starts_with("1.0.") || version.starts_with("1.1."))
    {
        return Err(Problem {
            line: document.line("/arazzo"),
            reason: format!("Arazzo {version} is not supported; use 1.0.1 or 1.1.0"),
        });
    }
    object(document, &document.value, "", &ROOT)
}

fn object(document: &Document, value: &Value, at: &str, shape: &Shape) -> Result<(), Problem> {
    let problem = |at: &str, reason: String| Problem { line: document.line(at), reason };
    let Value::Object(members) = value else {
        return Err(problem(at, format!("{} has to be an object", shape.what)));
    };
    for (name, value) in members {
        let place = format!("{at}/{}", pointer_token(name));
        if name.starts_with("x-") {
            continue;
        }
        let Some((_, kind)) = shape.members.iter().find(|(known, _)| known == name) else {
            let near = crate::nearest::nearest(name, shape.members.iter().map(|(known, _)| *known));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(problem(&place, format!("{} has no member `{name}`{hint}", shape.what)));
        };
        member(document, value, &place, name, *kind)?;
    }
    match shape.required.iter().find(|name| !members.contains_key(**name)) {
        Some(name) => Err(problem(at, format!("{} needs `{name}`", shape.what))),
        None => Ok(()),
    }
}

fn member(document: &Document, value: &Value, at: &str, name: &str, kind: Kind) -> Result<(), Problem> {
    let wrong = |wanted: &str| {
        Err(Problem { line: document.line(at), reason: format!("`{name}` has to be {wanted}") })
    };
    match kind {
        Kind::Any => Ok(()),
        Kind::Text => match value.as_str() {
            None => wrong("a string"),
            // Shown on terminals as they are.
            Some(text) if text.chars().any(|each| each.is_control() && !matches!(each, '\n' | '\t')) => {
                wrong("a string without control characters")
            }
            Some(_) => Ok(()),
        },
        Kind::Word(words) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(()),
        Kind::Word(words) => wrong(&format!("one of {}", words.join(", "))),
        Kind::Number if value.is_number() => Ok(()),
        Kind::Number => wrong("a number"),
        Kind::One(shape) => object(document, value, at, shape),
        Kind::Many(shape) => match value.as_array() {
            None => wrong("a list"),
            Some(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| object(document, item, &format!("{at}/{index}"), shape)),
        },
        Kind::Named(shape) => match value.as_object() {
            None => wrong("an object"),
            Some(members) => members.iter().try_for_each(|(name, item)| {
                object(document, item, &format!("{at}/{}", pointer_token(name)), shape)
            }),
        },
        Kind::Refused(instead) => Err(Problem {
            line: document.line(at),
            reason: format!("`{name}` is not supported by this runner: {instead}"),
        }),
    }
}
