//! An app that the run created: removes it, and nothing else.

use std::time::Duration;

use serde_json::Value;

use super::app::reads;
use super::calls::{CallError, OrgClient, describe, good};
use super::plan::RestoreRequest;
use super::result::Leftover;
use crate::transport::mark_of;
use crate::undo::{CreatedApp, UndoFile, is_id};

/// The result of removing an app that was, or may have been, created.
pub(super) enum Removal {
    /// The org never created it.
    NeverMade,
    /// It is gone; verified by reading.
    Gone(String),
    Left(Leftover),
}

/// Removes the app; one without a recorded id is searched for by its label.
pub(super) async fn remove(
    calls: &OrgClient<'_>,
    app: &CreatedApp,
    file: &UndoFile,
) -> Result<Removal, CallError> {
    let Some(id) = &app.id else {
        return lost(calls, app, file).await;
    };
    let look = look(id);
    let answer = calls.carry_out(&look).await?;
    if answer.status == 404 {
        return Ok(Removal::Gone(id.clone()));
    }
    let seen = good(&look, &answer)?;
    if !app.may_be(&seen, file.started) || !app.is_told_by(&seen, &mark_of(&file.run)) {
        return Ok(Removal::Left(Leftover {
            retry: true,
            what: format!(
                "{} {id}: this is not the app that the run created, so it was not deleted",
                app.name
            ),
            calls: Vec::new(),
        }));
    }
    delete(calls, app, id, &seen).await
}

/// Handles a create request without a recorded answer. A possible app is deleted only if it carries the note
/// of the run, because another run may have used the same label.
async fn lost(calls: &OrgClient<'_>, app: &CreatedApp, file: &UndoFile) -> Result<Removal, CallError> {
    let mut pauses = SEARCH_PAUSES.iter();
    loop {
        match (found(calls, app, file).await?, pauses.next().filter(|_| app.may_be_created_yet())) {
            (Removal::NeverMade, Some(pause)) => tokio::time::sleep(*pause).await,
            (Removal::NeverMade, None) if app.may_be_shown_yet() => {
                return Ok(Removal::Left(unreached(
                    calls,
                    app,
                    "the create request got no answer, and the org does not list the app; run `restore` ten minutes later to settle it",
                )));
            }
            (removal, _) => return Ok(removal),
        }
    }
}

/// Pauses between searches for an app that the org does not list.
const SEARCH_PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3)];

/// Searches once.
async fn found(calls: &OrgClient<'_>, app: &CreatedApp, file: &UndoFile) -> Result<Removal, CallError> {
    let listed = calls.read(&search(&app.label)).await?;
    let candidates = listed.as_array().into_iter().flatten().filter(|seen| {
        app.may_be(seen, file.started) && seen.get("label").and_then(Value::as_str) == Some(&app.label)
    });
    let mark = mark_of(&file.run);
    let is_marked =
        |seen: &Value| seen.pointer("/settings/notes/admin").and_then(Value::as_str) == Some(mark.as_str());
    let (own, others): (Vec<&Value>, Vec<&Value>) = candidates.partition(|seen| is_marked(seen));
    let id = |seen: &Value| {
        let id = seen.get("id").and_then(Value::as_str)?;
        is_id(id).then(|| id.to_owned())
    };
    if let Some((id, seen)) = own.first().and_then(|seen| Some((id(seen)?, seen))) {
        calls.transport.guard().own(&id);
        return delete(calls, app, &id, seen).await;
    }
    if !own.is_empty() {
        return Ok(Removal::Left(Leftover {
            retry: true,
            what: format!(
                "the app `{}` with the label `{}` belongs to this run, but its id is invalid; delete it by hand",
                app.name, app.label
            ),
            calls: Vec::new(),
        }));
    }
    let ids: Vec<String> = others.into_iter().filter_map(id).collect();
    if ids.is_empty() {
        return Ok(Removal::NeverMade);
    }
    // Without the note it may belong to somebody else, so a person has to check it.
    Ok(Removal::Left(Leftover {
        retry: true,
        what: format!(
            "an app `{}` with the label `{}` may belong to this run, but lacks its note: {}; if it does, delete it",
            app.name,
            app.label,
            ids.join(", ")
        ),
        calls: ids.iter().flat_map(|id| deletion(id)).filter_map(|step| calls.record(&step)).collect(),
    }))
}

/// The request that reads an app.
pub(super) fn look(id: &str) -> RestoreRequest {
    let [look, ..] = reads(id);
    look
}

/// The request that finds an app by its label.
pub(super) fn search(label: &str) -> RestoreRequest {
    RestoreRequest::get("/api/v1/apps".to_owned(), &[("q", label), ("limit", "200")])
}

/// The requests that delete an app; an active one cannot be deleted (recorded).
pub(super) fn deletion(id: &str) -> [RestoreRequest; 2] {
    let path = format!("/api/v1/apps/{id}");
    [RestoreRequest::post(format!("{path}/lifecycle/deactivate"), None), RestoreRequest::delete(path)]
}

async fn delete(
    calls: &OrgClient<'_>,
    app: &CreatedApp,
    id: &str,
    seen: &Value,
) -> Result<Removal, CallError> {
    let [deactivate, delete] = deletion(id);
    if seen.get("status").and_then(Value::as_str) != Some("INACTIVE") {
        calls.carry_out(&deactivate).await?;
    }
    let answer = calls.carry_out(&delete).await?;
    if calls.carry_out(&look(id)).await?.status == 404 {
        return Ok(Removal::Gone(id.to_owned()));
    }
    Ok(Removal::Left(Leftover {
        retry: true,
        what: format!("{} {id} still exists: {}", app.name, describe(&delete.planned(), &answer)),
        calls: [deactivate, delete].iter().filter_map(|step| calls.record(step)).collect(),
    }))
}

/// The report of an app whose state is unknown.
pub(super) fn unreached(calls: &OrgClient<'_>, app: &CreatedApp, reason: &str) -> Leftover {
    let Some(id) = &app.id else {
        return Leftover {
            retry: true,
            what: format!(
                "an app `{}` with the label `{}` was possibly created: {reason}",
                app.name, app.label
            ),
            calls: [calls.record(&search(&app.label))].into_iter().flatten().collect(),
        };
    };
    Leftover {
        retry: true,
        what: format!("{} {id} was created by the run: {reason}", app.name),
        calls: deletion(id).iter().filter_map(|step| calls.record(step)).collect(),
    }
}
