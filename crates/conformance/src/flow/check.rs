//! Checks across the parts of a flow: every expression refers to something that exists and has run already,
//! every parameter is declared, every called flow exists and does not call itself.

use std::sync::Arc;

use serde_json::Value;

use super::model::{Call, Flow, Step};
use super::parameters;
use super::source::SourceFile;
use crate::error::RunError;
use crate::expression::{Expression, NamedValue};

/// The position of an expression, which decides what it can refer to.
#[derive(Clone, Copy, PartialEq)]
enum ExpressionPosition {
    /// Before the request is sent.
    Before,
    /// After the answer has arrived.
    After,
    /// At the end of the flow.
    End,
}

/// Checks one flow against the whole library. Returns warnings.
pub(super) fn flow(
    library: &[Arc<Flow>],
    file: &SourceFile,
    index: usize,
    flow: &Flow,
) -> Result<Vec<String>, RunError> {
    let mut warnings = Vec::new();
    let at = format!("/workflows/{index}");
    let mut calls = vec![flow.id.as_str()];
    no_cycle(library, flow, &mut calls, &mut 0).map_err(|reason| file.problem(&at, reason))?;
    for (number, step) in flow.steps.iter().enumerate() {
        let place = format!("{at}/steps/{number}");
        let check = Check { library, file, flow, number };
        warnings.extend(check.parameters(step, &place)?);
        for (_, name, template) in &step.parameters {
            check.all(
                template.expressions(),
                ExpressionPosition::Before,
                &format!("{place}/parameters"),
                name,
            )?;
        }
        if let Some(body) = &step.body {
            let replaced = body.replacements.iter().flat_map(|(_, value)| value.expressions());
            let all = body.payload.iter().flat_map(|payload| payload.expressions()).chain(replaced);
            check.all(
                all.collect(),
                ExpressionPosition::Before,
                &format!("{place}/requestBody"),
                "requestBody",
            )?;
        }
        for (number, criterion) in step.criteria.iter().enumerate() {
            let place = format!("{place}/successCriteria/{number}");
            check.all(criterion.expressions(), ExpressionPosition::After, &place, "successCriteria")?;
        }
        for (name, output) in &step.outputs {
            check.all(
                output.expressions(),
                ExpressionPosition::After,
                &format!("{place}/outputs/{name}"),
                name,
            )?;
        }
    }
    let check = Check { library, file, flow, number: flow.steps.len() };
    for (name, output) in &flow.outputs {
        check.all(output.expressions(), ExpressionPosition::End, &format!("{at}/outputs/{name}"), name)?;
    }
    Ok(warnings)
}

/// The flow with that name.
fn named<'a>(library: &'a [Arc<Flow>], id: &str) -> Option<&'a Flow> {
    library.iter().find(|flow| flow.id == id).map(|flow| &**flow)
}

/// The maximum number of calls of other flows, nested calls included.
const MAX_CALLS: usize = 1_000;

fn no_cycle<'a>(
    library: &'a [Arc<Flow>],
    flow: &'a Flow,
    calls: &mut Vec<&'a str>,
    made: &mut usize,
) -> Result<(), String> {
    for step in &flow.steps {
        let Call::Flow(id) = &step.call else { continue };
        *made += 1;
        if *made > MAX_CALLS {
            return Err(format!(
                "the flow calls other flows more than {MAX_CALLS} times, nested calls included"
            ));
        }
        if calls.contains(&id.as_str()) {
            return Err(format!("the flow `{id}` calls itself ({} → {id})", calls.join(" → ")));
        }
        if let Some(called) = named(library, id) {
            calls.push(id);
            no_cycle(library, called, calls, made)?;
            calls.pop();
        }
    }
    Ok(())
}

struct Check<'a> {
    library: &'a [Arc<Flow>],
    file: &'a SourceFile,
    flow: &'a Flow,
    number: usize,
}

impl Check<'_> {
    fn all(
        &self,
        all: Vec<&Expression>,
        moment: ExpressionPosition,
        at: &str,
        name: &str,
    ) -> Result<(), RunError> {
        for expression in all {
            self.one(expression, moment)
                .map_err(|reason| self.file.problem(at, format!("`{name}`: {reason}")))?;
        }
        Ok(())
    }

    fn one(&self, expression: &Expression, moment: ExpressionPosition) -> Result<(), String> {
        match expression {
            Expression::Inputs(member) => self.input(member),
            Expression::Steps { step, output } => self.step_output(step, output, moment),
            Expression::Outputs(_) if moment == ExpressionPosition::After => Ok(()),
            Expression::Outputs(_) => Err(format!("`{expression}` cannot be used here")),
            Expression::Url
            | Expression::Method
            | Expression::StatusCode
            | Expression::Request(_)
            | Expression::Response(_) => match moment {
                ExpressionPosition::After => Ok(()),
                ExpressionPosition::Before => {
                    Err(format!("`{expression}` is not known before the request is sent"))
                }
                ExpressionPosition::End => {
                    Err(format!("`{expression}` belongs to a step; use an output of the step"))
                }
            },
            Expression::SourceDescriptions { .. } | Expression::Components { .. } => {
                Err(format!("`{expression}` has no value here"))
            }
        }
    }

    fn input(&self, member: &NamedValue) -> Result<(), String> {
        let first = member.name.split('.').next().unwrap_or_default();
        if self.flow.has_input(&member.name) || self.flow.has_input(first) {
            return Ok(());
        }
        Err(format!("the flow has no input `{}`", member.name))
    }

    fn step_output(&self, id: &str, output: &NamedValue, moment: ExpressionPosition) -> Result<(), String> {
        let before = &self.flow.steps[..self.number.min(self.flow.steps.len())];
        let Some(step) = before.iter().find(|step| step.id == id) else {
            let later = self.flow.steps.iter().any(|step| step.id == id);
            return Err(match later && moment != ExpressionPosition::End {
                true => format!("the step `{id}` has not run yet"),
                false => format!("there is no step `{id}`"),
            });
        };
        let first = output.name.split('.').next().unwrap_or_default();
        let has = |names: &[(String, _)]| names.iter().any(|(name, _)| *name == output.name || name == first);
        let inherited = match &step.call {
            Call::Flow(called) => named(self.library, called).is_some_and(|flow| has(&flow.outputs)),
            Call::Operation { .. } => false,
        };
        if has(&step.outputs) || inherited {
            return Ok(());
        }
        Err(format!("the step `{id}` has no output `{}`", output.name))
    }

    fn parameters(&self, step: &Step, at: &str) -> Result<Vec<String>, RunError> {
        match &step.call {
            Call::Operation { source, operation } => {
                parameters::check(self.file, at, step, source, operation)
            }
            Call::Flow(id) => self.called(step, id, at).map(|()| Vec::new()),
        }
    }

    fn called(&self, step: &Step, id: &str, at: &str) -> Result<(), RunError> {
        let Some(called) = named(self.library, id) else {
            let near = crate::nearest::nearest(id, self.library.iter().map(|flow| flow.id.as_str()));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(self
                .file
                .problem(&format!("{at}/workflowId"), format!("there is no flow `{id}`{hint}")));
        };
        let given = |name: &str| step.parameters.iter().any(|(_, known, _)| known == name);
        let required = called.inputs.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !given(name) {
                return Err(self.file.problem(at, format!("the flow `{id}` needs the input `{name}`")));
            }
        }
        match step.parameters.iter().find(|(_, name, _)| !called.has_input(name)) {
            Some((_, name, _)) => Err(self
                .file
                .problem(&format!("{at}/parameters"), format!("the flow `{id}` has no input `{name}`"))),
            None => Ok(()),
        }
    }
}
