//! The secrets of a flow run that are known before anything is sent: the declared ones, and the literal or
//! input values at secret places of a request.

use serde_json::{Map, Value};

use super::inputs;
use crate::expression::{Scope, StepOutputs, as_text};
use crate::flow::{Call, Flow, Library, PERSON, ParameterTarget, PlannedRun, Step};
use crate::secrets::{is_removable, placed, placed_in};

/// Secrets by name.
pub(super) type NamedSecrets = Vec<(String, String)>;

/// The secrets of a run, by name.
pub(super) fn secrets(library: &Library, run: &PlannedRun) -> NamedSecrets {
    let mut all = inputs::secrets(&run.flow, &run.inputs);
    let mut others = placed(&Value::Object(run.inputs.clone()));
    sent(library, &run.flow, &run.inputs, &mut others);
    for (name, value) in others {
        if all.iter().all(|(_, known)| *known != value) && is_removable(&value) {
            all.push((name, value));
        }
    }
    all
}

/// Adds the secrets in the requests of a flow and of the flows that it calls. Values from answers are found
/// when they are sent.
fn sent(library: &Library, flow: &Flow, inputs: &Map<String, Value>, all: &mut NamedSecrets) {
    let (none, steps) = (Map::new(), StepOutputs::new());
    let scope = Scope { inputs, steps: &steps, outputs: &none, exchange: None };
    for step in &flow.steps {
        match &step.call {
            Call::Operation { source, .. } if source == PERSON => {}
            Call::Operation { .. } => of_request(step, &scope, all),
            Call::Flow(id) => {
                let Some(called) = library.flow(id) else { continue };
                let given = step.parameters.iter();
                let given =
                    given.filter_map(|(_, name, value)| Some((name.clone(), value.fill(&scope).ok()?)));
                let given: Map<String, Value> = given.collect();
                all.extend(inputs::secrets(called, &given));
                sent(library, called, &given, all);
            }
        }
    }
}

fn of_request(step: &Step, scope: &Scope<'_>, all: &mut NamedSecrets) {
    for (place, name, value) in &step.parameters {
        let Ok(value) = value.fill(scope) else { continue };
        let value = as_text(&value).into_owned();
        match place {
            ParameterTarget::Header => all.extend(placed_in(name, &value)),
            ParameterTarget::Query => all.extend(placed(&pair(name, value))),
            ParameterTarget::Path | ParameterTarget::Input => {}
        }
    }
    let Some(body) = &step.body else { return };
    match body.payload.as_ref().map(|payload| payload.fill_known(scope)) {
        Some(Value::String(text)) => all.extend(placed_in("", &text)),
        Some(payload) => all.extend(placed(&payload)),
        None => {}
    }
    for (target, value) in &body.replacements {
        let name = target.0.last().cloned().unwrap_or_default();
        if let Ok(value) = value.fill(scope) {
            all.extend(placed(&pair(&name, value)));
        }
    }
}

fn pair(name: &str, value: impl Into<Value>) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value.into())]))
}
