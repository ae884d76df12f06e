//! From names on the command line to the runs they mean: one for each app that
//! a flow is for.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::library::Library;
use super::model::Flow;
use crate::error::RunError;

/// How alike two names have to be before one is suggested for the other.
const ALIKE: f64 = 0.6;

/// One flow with one set of inputs.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRun {
    pub(crate) flow: Arc<Flow>,
    pub(crate) app: Option<String>,
    pub(crate) inputs: Map<String, Value>,
}

impl PlannedRun {
    /// `flow` or `flow@app`: the name in reports, selections and snapshots.
    pub(crate) fn name(&self) -> String {
        run_name(&self.flow.id, self.app.as_deref())
    }
}

/// The name of a run.
pub(crate) fn run_name(flow: &str, app: Option<&str>) -> String {
    match app {
        Some(app) => format!("{flow}@{app}"),
        None => flow.to_owned(),
    }
}

/// Selects the runs that `names` mean; no name means all of them.
pub(crate) fn plan(library: &Library, names: &[String]) -> Result<Vec<PlannedRun>, RunError> {
    let all: Vec<PlannedRun> =
        library.flows.iter().filter(|flow| flow.stands_alone()).flat_map(runs).collect();
    if names.is_empty() {
        if all.is_empty() {
            return Err(RunError::Selection("there is no flow to run".to_owned()));
        }
        return Ok(all);
    }
    let mut chosen = vec![false; all.len()];
    for name in names {
        let mut found = false;
        for (run, chosen) in all.iter().zip(&mut chosen) {
            if run.flow.id == *name || run.name() == *name {
                *chosen = true;
                found = true;
            }
        }
        if !found {
            return Err(not_found(library, &all, name));
        }
    }
    Ok(all.into_iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(run, _)| run).collect())
}

fn runs(flow: &Arc<Flow>) -> Vec<PlannedRun> {
    if flow.examples.is_empty() {
        return vec![PlannedRun { flow: flow.clone(), app: None, inputs: defaults(flow) }];
    }
    flow.examples
        .iter()
        .map(|example| {
            let mut inputs = defaults(flow);
            inputs.extend(example.clone());
            PlannedRun {
                flow: flow.clone(),
                app: example.get("app").and_then(Value::as_str).map(ToOwned::to_owned),
                inputs,
            }
        })
        .collect()
}

/// The `default`s of the inputs' schema.
fn defaults(flow: &Flow) -> Map<String, Value> {
    let properties = flow.inputs.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter_map(|(name, schema)| Some((name.clone(), schema.get("default")?.clone())))
        .collect()
}

fn not_found(library: &Library, all: &[PlannedRun], name: &str) -> RunError {
    if let Some(flow) = library.flow(name) {
        return RunError::Selection(format!(
            "the flow `{}` is a part of others and cannot be run by itself",
            flow.id
        ));
    }
    let names: Vec<String> = all.iter().map(PlannedRun::name).collect();
    let flows = all.iter().map(|run| run.flow.id.as_str());
    let near = match name.contains('@') {
        true => nearest(name, names.iter().map(String::as_str)),
        false => nearest(name, flows),
    };
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`okta-conformance list` shows them".to_owned(),
    };
    RunError::Selection(format!("there is no flow `{name}`; {hint}"))
}

/// The name most like `wanted`, if any is like it at all.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike =
        |name: &str| strsim::normalized_damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
    let mut best: Option<(&str, f64)> = None;
    for name in names {
        let score = alike(name);
        if score >= ALIKE && best.is_none_or(|(_, known)| score > known) {
            best = Some((name, score));
        }
    }
    best.map(|(name, _)| name)
}
