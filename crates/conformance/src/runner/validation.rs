//! Checks of the settings of a run, before anything is sent.

use std::path::PathBuf;

use crate::check::Check;
use crate::error::RunError;
use crate::flow::{Call, Flow, Library, PlannedRun};
use crate::judge::contract::Contract;
use crate::judge::table;
use crate::judgement::Layer;
use crate::nearest::nearest;
use crate::secrets::is_a_word_of_answers;
use crate::setting::Setting;
use crate::undo::is_id;

/// Rejects secrets that occur in every answer anyway, such as `token`. Secrets are removed from answers by
/// value, so removing such a word would change what is judged.
pub(super) fn removable(place: &str, secret: &str, target: Option<&str>) -> Result<(), RunError> {
    let lower = secret.to_ascii_lowercase();
    let in_target = target.is_some_and(|target| target.to_ascii_lowercase().contains(&lower));
    if in_target || is_a_word_of_answers(secret) {
        return Err(RunError::usage(format!(
            "{place} is a word that occurs in answers anyway, so it cannot be removed from them; use a value that occurs nowhere else (a mock accepts any)"
        )));
    }
    Ok(())
}

/// Rejects a document about something else, which would judge nothing and let the run conform.
pub(super) fn covers_something(
    contract: &Contract,
    library: &Library,
    runs: &[PlannedRun],
    path: Option<&PathBuf>,
) -> Result<(), RunError> {
    let covered = runs.iter().flat_map(|run| operations(library, &run.flow)).any(|id| contract.has(&id));
    match path {
        Some(path) if !covered => Err(RunError::file(
            &path.display().to_string(),
            1,
            "this document has none of the operations that the selected flows call; use Okta's management document or the built-in one",
        )),
        _ => Ok(()),
    }
}

fn operations(library: &Library, flow: &Flow) -> Vec<String> {
    flow.steps
        .iter()
        .flat_map(|step| match &step.call {
            Call::Operation { operation, .. } => vec![operation.id.clone()],
            Call::Flow(id) => library.flow(id).map(|flow| operations(library, flow)).unwrap_or_default(),
        })
        .collect()
}

pub(super) fn known_apps(library: &Library, apps: &[(String, String)]) -> Result<(), RunError> {
    let names: Vec<&str> = library.flows.iter().flat_map(|flow| flow.apps()).collect();
    for (position, (name, id)) in apps.iter().enumerate() {
        if !is_id(id) {
            return Err(RunError::usage(format!("the app {name}: `{id}` is not an app id")));
        }
        if !names.contains(&name.as_str()) {
            let near = nearest(name, names.iter().copied());
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(RunError::Selection(format!("there is no flow for an app `{name}`{hint}")));
        }
        if apps.iter().take(position).any(|(other, _)| other == name) {
            return Err(RunError::usage(format!("two apps of the kind {name} are given; pass only one")));
        }
    }
    Ok(())
}

/// Rejects skipping all checks of a deciding judgement; by default, all checks of all three.
pub(super) fn still_decides(fail_on: Option<&[Layer]>, skipped: &[&Check]) -> Result<(), RunError> {
    let of = |layer: Layer| table::checks().filter(move |check| check.layer() == layer.word());
    let is_empty = |layer: &&Layer| of(**layer).all(|check| skipped.contains(&check) || !check.is_asked());
    let empty = match fail_on {
        Some(layers) => layers.iter().find(is_empty),
        None if Layer::ALL.iter().all(|layer| is_empty(&layer)) => Layer::ALL.first(),
        None => None,
    };
    match empty {
        Some(layer) => Err(RunError::usage(format!(
            "every check of the {} judgement is skipped, but that judgement decides; skip fewer checks, or let another judgement decide",
            layer.word()
        ))
        .solved_by([Setting::SkipCheck, Setting::FailOn])),
        None => Ok(()),
    }
}

pub(super) fn known_check(id: &str) -> Result<&'static Check, RunError> {
    table::named(id).map_err(|near| {
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        RunError::usage(format!("there is no check `{id}`{hint} (see docs/checks.md)"))
    })
}
