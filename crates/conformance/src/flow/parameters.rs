//! Compares the parameters of a step with those that its operation declares. Orgs ignore a misspelled query
//! parameter or header, so the answer would be to a different question.
//!
//! A step that sends an undeclared parameter on purpose names it in `x-undeclared`.

use serde_json::Value;

use super::model::{ParameterTarget, Step};
use super::source::{SourceDescription, SourceFile};
use crate::error::RunError;
use crate::nearest::nearest;
use crate::openapi::{Operation, Parameters};

/// The extension of a step that names its undeclared parameters.
pub(super) const UNDECLARED: &str = "x-undeclared";

/// Checks the parameters of the step at `at`. Returns a warning for each undeclared one: the document may be
/// outdated, and the contract judges the request when it is sent.
pub(super) fn check(
    file: &SourceFile,
    at: &str,
    step: &Step,
    source: &str,
    operation: &Operation,
) -> Result<Vec<String>, RunError> {
    in_path(file, at, step, operation)?;
    let Some(SourceDescription::OpenApi(api)) = file.source(source) else { return Ok(Vec::new()) };
    let declared = api.parameters(operation);
    if !declared.is_whole() {
        // A declaration in another document could have any name.
        return Ok(Vec::new());
    }
    let sent = |place: ParameterTarget| of(step, place);
    let checked = ParameterCheck { file, at, step, operation, declared: &declared };
    let undeclared_queries = sent(ParameterTarget::Query).filter(|name| !declared.has_query(name));
    let undeclared_headers = sent(ParameterTarget::Header).filter(|name| !declared.has_header(name));
    let undeclared: Vec<_> = undeclared_queries
        .map(|name| ("query", name))
        .chain(undeclared_headers.map(|name| ("header", name)))
        .collect();
    let is_meant = |name: &str| operation.undeclared.iter().any(|meant| meant == name);
    // Without this check the list would grow and hide the next misspelling.
    if let Some(meant) =
        operation.undeclared.iter().find(|meant| undeclared.iter().all(|(_, name)| name != meant))
    {
        return Err(checked.needless(meant));
    }
    let surprising = undeclared.iter().filter(|(_, name)| !is_meant(name));
    Ok(surprising.map(|(place, name)| checked.undeclared(place, name).to_string()).collect())
}

/// The names of a step's parameters at a place.
fn of(step: &Step, place: ParameterTarget) -> impl Iterator<Item = &str> {
    step.parameters.iter().filter(move |(own, ..)| *own == place).map(|(_, name, _)| name.as_str())
}

/// Checks that the step sets exactly the path parameters in the operation's path template.
fn in_path(file: &SourceFile, at: &str, step: &Step, operation: &Operation) -> Result<(), RunError> {
    if let Some(extra) =
        of(step, ParameterTarget::Path).find(|name| operation.path_parameters().all(|known| known != *name))
    {
        let reason = format!(
            "the step `{}`: the path of `{}` has no parameter `{extra}`{}",
            step.id,
            operation.id,
            hint(extra, operation.path_parameters())
        );
        return Err(file.problem(&place_of(file, at, "path", extra), reason));
    }
    match operation.path_parameters().find(|name| of(step, ParameterTarget::Path).all(|given| given != *name))
    {
        Some(lacking) => {
            let reason =
                format!("the step `{}`: `{}` needs the path parameter `{lacking}`", step.id, operation.id);
            Err(file.problem(at, reason))
        }
        None => Ok(()),
    }
}

struct ParameterCheck<'c> {
    file: &'c SourceFile,
    at: &'c str,
    step: &'c Step,
    operation: &'c Operation,
    declared: &'c Parameters<'c>,
}

impl ParameterCheck<'_> {
    fn undeclared(&self, place: &str, name: &str) -> RunError {
        let Self { file, at, step, operation, declared } = self;
        let hint = match declared.place_of(name) {
            Some(other) => format!("; `{name}` is declared in the {other}"),
            None => hint(name, declared.names(place).into_iter()),
        };
        let kind = if place == "query" { "query parameter" } else { place };
        let reason = format!(
            "the step `{}`: `{}` declares no {kind} `{name}`{hint} (to send it on purpose, name it in the step's `{UNDECLARED}`)",
            step.id, operation.id
        );
        file.problem(&place_of(file, at, place, name), reason)
    }

    fn needless(&self, name: &str) -> RunError {
        let Self { file, at, step, operation, .. } = self;
        let sends = step.parameters.iter().any(|(_, own, _)| own == name);
        let why = match sends {
            true => format!("`{}` declares it", operation.id),
            false => "the step does not send it".to_owned(),
        };
        let reason = format!("the step `{}`: `{UNDECLARED}` names `{name}`, but {why}; remove it", step.id);
        file.problem(&format!("{at}/{UNDECLARED}"), reason)
    }
}

/// Suggests the nearest known parameter.
fn hint<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The pointer of a parameter in the list of the step; for one of its workflow or of `components`, the step.
fn place_of(file: &SourceFile, at: &str, place: &str, name: &str) -> String {
    let list = format!("{at}/parameters");
    let own = file.document.value.pointer(&list).and_then(Value::as_array);
    let is_it = |each: &Value| {
        let text = |member: &str| each.get(member).and_then(Value::as_str);
        text("name") == Some(name) && text("in") == Some(place)
    };
    match own.and_then(|own| own.iter().position(is_it)) {
        Some(index) => format!("{list}/{index}"),
        None => at.to_owned(),
    }
}
