//! Inputs that the user provides instead of the examples: a real org needs real tokens and addresses. One
//! JSON object: by app, then by input name.

use std::path::Path;

use serde_json::{Map, Value};

use crate::bundle;
use crate::error::RunError;
use crate::expression::Pointer;
use crate::flow::{Flow, Library, PlannedRun};
use crate::judge::contract::Extent;
use crate::nearest::nearest;
use crate::repeated_name::repeated_name;

/// The secret inputs of a flow, by name.
pub(super) fn secrets(flow: &Flow, inputs: &Map<String, Value>) -> Vec<(String, String)> {
    let inputs = Value::Object(inputs.clone());
    let value = |pointer: &Pointer| inputs.pointer(&pointer.text()).and_then(Value::as_str);
    flow.secrets
        .iter()
        .filter_map(|(name, pointer)| Some((name.clone(), value(pointer)?.to_owned())))
        .collect()
}

/// The reason that a value does not match the schema of its input. The value is masked; it may be secret.
fn unfit(flow: &Flow, name: &str, value: &Value) -> Option<String> {
    let schema = flow.inputs.get("properties")?.get(name)?;
    match Extent::of(schema, "") {
        Ok(extent) if extent.is_affordable(value) => {}
        Ok(_) => return Some("it is nested too deeply for its schema".to_owned()),
        Err(reason) => return Some(format!("its schema in {} cannot be used: {reason}", flow.file)),
    }
    let validator = jsonschema::validator_for(schema).ok()?;
    let error = validator.iter_errors(value).next()?;
    let place = Some(error.instance_path().as_str()).filter(|place| !place.is_empty());
    Some(error.masked_with(place.unwrap_or("the value")).to_string())
}

/// Inputs by app and name. No `Debug`: they may hold secrets.
#[derive(Clone, Default)]
pub(super) struct Inputs(Map<String, Value>);

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Inputs").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

impl Inputs {
    /// Reads the file; every app and input must exist in a flow.
    pub(super) fn load(path: Option<&Path>, library: &Library) -> Result<Self, RunError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let file = bundle::read(path)?;
        let parsed: Value =
            serde_json::from_str(&file.text).map_err(|error| RunError::json(&file.name, error, "JSON"))?;
        let wrong = |name: &str, reason: String| {
            let before = file.text.find(&format!("\"{name}\"")).map_or("", |start| &file.text[..start]);
            RunError::file(&file.name, 1 + before.matches('\n').count(), reason)
        };
        if let Some((name, line)) = repeated_name(file.text.as_bytes()) {
            let reason = format!("`{name}` appears twice in one object; remove one");
            return Err(RunError::file(&file.name, line, reason));
        }
        let Value::Object(apps) = parsed else {
            return Err(wrong("", "expected an object: inputs by app, as in {\"google\": {…}}".to_owned()));
        };
        for (app, inputs) in &apps {
            let flows: Vec<&Flow> = library
                .flows
                .iter()
                .map(|flow| &**flow)
                .filter(|flow| flow.apps().any(|name| name == app))
                .collect();
            if flows.is_empty() {
                let near = nearest(app, library.flows.iter().flat_map(|flow| flow.apps()));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return Err(wrong(app, format!("there is no flow for an app `{app}`{hint}")));
            }
            let Some(inputs) = inputs.as_object() else {
                return Err(wrong(app, format!("the inputs of `{app}` must be an object")));
            };
            for (name, value) in inputs {
                if ["app", "appId"].contains(&name.as_str()) {
                    let reason = format!("`{name}` cannot be set here; pass the app with --app {app}=0oa…");
                    return Err(wrong(name, reason));
                }
                if !flows.iter().any(|flow| flow.has_input(name)) {
                    return Err(wrong(name, format!("no flow for `{app}` has an input `{name}`")));
                }
                if let Some(reason) = flows.iter().find_map(|flow| unfit(flow, name, value)) {
                    return Err(wrong(name, format!("`{name}` of `{app}` is invalid: {reason}")));
                }
            }
        }
        Ok(Self(apps))
    }

    /// The secret inputs of all flows.
    pub(super) fn secrets(&self, library: &Library) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (app, given) in &self.0 {
            let flows = library.flows.iter().filter(|flow| flow.apps().any(|name| name == app));
            all.extend(
                given
                    .as_object()
                    .into_iter()
                    .flat_map(|given| flows.clone().flat_map(|flow| secrets(flow, given))),
            );
        }
        all.sort();
        all.dedup();
        all
    }

    /// Replaces the examples by the user's inputs.
    pub(super) fn fill(&self, run: &mut PlannedRun) {
        let Some(app) = run.app.clone() else { return };
        self.fill_for(&app, &run.flow.clone(), &mut run.inputs);
    }

    /// Does the same for a flow that the runner itself runs.
    pub(super) fn fill_for(&self, app: &str, flow: &Flow, inputs: &mut Map<String, Value>) {
        let given = self.0.get(app).and_then(Value::as_object);
        for (name, value) in given.into_iter().flatten().filter(|(name, _)| flow.has_input(name)) {
            inputs.insert(name.clone(), value.clone());
        }
    }
}
