//! Turns names from the command line into planned runs: one for each app of a flow.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::library::Library;
use super::model::{Call, Flow, Step};
use crate::error::RunError;
use crate::guide::Guide;
use crate::nearest::nearest;

/// One flow with one set of inputs.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRun {
    pub(crate) flow: Arc<Flow>,
    pub(crate) app: Option<String>,
    pub(crate) inputs: Map<String, Value>,
    /// The repetition, counted from one; `None` for a single one.
    pub(crate) round: Option<u32>,
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

/// The flows to run; each kind of filter narrows the choice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// `flow` or `flow@app`.
    pub(crate) names: Vec<String>,
    pub(crate) apps: Vec<String>,
    /// Prefixes of the guide's sections, or of the titles of flow files.
    pub(crate) sections: Vec<String>,
    pub(crate) tags: Vec<String>,
    /// Names of steps, or of the guide steps they cite.
    pub(crate) steps: Vec<String>,
}

/// Selects the planned runs; an empty selection means all.
pub(crate) fn plan(
    library: &Library,
    guide: &Guide,
    selection: &Selection,
) -> Result<Vec<PlannedRun>, RunError> {
    let all: Vec<PlannedRun> =
        library.flows.iter().filter(|flow| library.stands_alone(flow)).flat_map(runs).collect();
    if all.is_empty() {
        return Err(RunError::Selection("there is no flow to run".to_owned()));
    }
    for name in &selection.names {
        if !all.iter().any(|run| run.is_named(name)) {
            return Err(not_found(library, &all, name));
        }
    }
    let apps: Vec<&str> = library.flows.iter().flat_map(|flow| flow.apps()).collect();
    known("app", &selection.apps, &apps, |name, known| name == known)?;
    let tags: Vec<&str> = library.flows.iter().flat_map(|flow| &flow.tags).map(String::as_str).collect();
    known("tag", &selection.tags, &tags, |name, known| name == known)?;
    let sections = library.flows.iter().map(|flow| flow.section.as_str());
    let sections: Vec<&str> = sections.chain(guide.steps.iter().map(|step| step.section.as_str())).collect();
    known("section", &selection.sections, &sections, begins)?;
    let steps: Vec<&str> = library
        .flows
        .iter()
        .flat_map(|flow| &flow.steps)
        .flat_map(|step| std::iter::once(step.id.as_str()).chain(step.guide.as_deref()))
        .collect();
    known("step", &selection.steps, &steps, |name, known| name == known)?;
    let chosen: Vec<PlannedRun> =
        all.into_iter().filter(|run| selection.takes(run, library, guide)).collect();
    match chosen.is_empty() {
        true => Err(RunError::Selection("no flow matches all the filters; drop one".to_owned())),
        false => Ok(chosen),
    }
}

impl PlannedRun {
    fn is_named(&self, name: &str) -> bool {
        self.flow.id == name || self.name() == name
    }
}

impl Selection {
    fn takes(&self, run: &PlannedRun, library: &Library, guide: &Guide) -> bool {
        let flow = &run.flow;
        let any = |expected: &[String], fits: &dyn Fn(&str) -> bool| {
            expected.is_empty() || expected.iter().any(|expected| fits(expected))
        };
        any(&self.names, &|name| run.is_named(name))
            && any(&self.apps, &|app| run.app.as_deref() == Some(app))
            && any(&self.tags, &|tag| flow.tags.iter().any(|known| known == tag))
            && any(&self.sections, &|section| {
                begins(section, &flow.section)
                    || steps(library, flow).iter().any(|step| {
                        let cited = step.guide.as_deref().and_then(|id| guide.step(id));
                        cited.is_some_and(|cited| begins(section, &cited.section))
                    })
            })
            && any(&self.steps, &|name| {
                steps(library, flow).iter().any(|step| step.id == name || step.guide.as_deref() == Some(name))
            })
    }
}

fn begins(expected: &str, known: &str) -> bool {
    known.to_lowercase().starts_with(&expected.to_lowercase())
}

/// The steps of a flow and of the flows that it calls.
fn steps<'l>(library: &'l Library, flow: &'l Flow) -> Vec<&'l Step> {
    flow.steps
        .iter()
        .flat_map(|step| {
            let called = match &step.call {
                Call::Flow(id) => library.flow(id).map(|flow| steps(library, flow)).unwrap_or_default(),
                Call::Operation { .. } => Vec::new(),
            };
            std::iter::once(step).chain(called)
        })
        .collect()
}

/// Rejects a name that selects nothing, and suggests the nearest.
fn known(
    kind: &str,
    expected: &[String],
    all: &[&str],
    fits: impl Fn(&str, &str) -> bool,
) -> Result<(), RunError> {
    for name in expected {
        if !all.iter().any(|known| fits(name, known)) {
            let near = nearest(name, all.iter().copied());
            let hint = near.map_or_else(
                || "run `okta-conformance list` to see them all".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(RunError::Selection(format!("there is no {kind} `{name}`; {hint}")));
        }
    }
    Ok(())
}

fn runs(flow: &Arc<Flow>) -> Vec<PlannedRun> {
    if flow.examples.is_empty() {
        return vec![PlannedRun { flow: flow.clone(), app: None, inputs: defaults(flow), round: None }];
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
                round: None,
            }
        })
        .collect()
}

/// The default values in the inputs' schema.
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
            "the flow `{}` is a part of other flows and cannot run by itself",
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
        None => "run `okta-conformance list` to see them all".to_owned(),
    };
    RunError::Selection(format!("there is no flow `{name}`; {hint}"))
}
