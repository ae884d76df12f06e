//! An app that the run created: it is removed, and nothing else is.

use serde_json::Value;

use super::LeftOver;
use super::calls::{Calls, Trouble, good, told};
use super::plan::Step;
use crate::undo::CreatedApp;

/// The clocks of an org's servers may differ by so many seconds.
const SKEW: i64 = 60;

/// What became of an app that was, or was about to be, created.
pub(super) enum Removal {
    /// The org never took it.
    NeverMade,
    /// It is gone, read back.
    Gone(String),
    Left(LeftOver),
}

/// Removes the app; one whose id never arrived is looked for by its label.
pub(super) async fn remove(calls: &Calls<'_>, app: &CreatedApp, started: i64) -> Result<Removal, Trouble> {
    let Some(id) = &app.id else {
        return lost(calls, app, started).await;
    };
    let path = format!("/api/v1/apps/{id}");
    let answer = calls.get(&path, &[]).await?;
    if answer.status == 404 {
        return Ok(Removal::Gone(id.clone()));
    }
    let seen = good(&path, &answer)?;
    if !is_of_the_run(&seen, app, started) {
        return Ok(Removal::Left(LeftOver {
            retry: true,
            what: format!("{} {id}: this is not the app that the run created; it is left alone", app.name),
            calls: Vec::new(),
        }));
    }
    delete(calls, app, id, &seen).await
}

/// The run ended between the request and its answer.
async fn lost(calls: &Calls<'_>, app: &CreatedApp, started: i64) -> Result<Removal, Trouble> {
    let answer = calls.get("/api/v1/apps", &[("q", &app.label), ("limit", "200")]).await?;
    let listed = good("/api/v1/apps", &answer)?;
    let found: Vec<&Value> = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter(|seen| {
            is_of_the_run(seen, app, started)
                && seen.get("label").and_then(Value::as_str) == Some(app.label.as_str())
        })
        .collect();
    let id = |seen: &Value| seen.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
    match found.as_slice() {
        [] => Ok(Removal::NeverMade),
        [one] => match id(one) {
            Some(id) => {
                calls.transport.guard().own(&id);
                delete(calls, app, &id, one).await
            }
            None => Ok(Removal::NeverMade),
        },
        // Somebody else may have made one of them: a person has to look.
        several => Ok(Removal::Left(LeftOver {
            retry: true,
            what: format!(
                "one of {} apps `{}` with the label `{}` may be of this run: {}",
                several.len(),
                app.name,
                app.label,
                several.iter().filter_map(|seen| id(seen)).collect::<Vec<_>>().join(", ")
            ),
            calls: Vec::new(),
        })),
    }
}

/// Whether an app may be one that the run created: of its kind, and not older.
fn is_of_the_run(seen: &Value, app: &CreatedApp, started: i64) -> bool {
    let created =
        seen.get("created").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    seen.get("name").and_then(Value::as_str) == Some(app.name.as_str())
        && created.is_some_and(|created| created.as_second() >= started - SKEW)
}

async fn delete(calls: &Calls<'_>, app: &CreatedApp, id: &str, seen: &Value) -> Result<Removal, Trouble> {
    let path = format!("/api/v1/apps/{id}");
    let deactivate = Step::post(format!("{path}/lifecycle/deactivate"), None);
    let delete = Step::delete(path.clone());
    // An active app cannot be deleted (recorded).
    if seen.get("status").and_then(Value::as_str) != Some("INACTIVE") {
        calls.carry_out(&deactivate).await?;
    }
    let answer = calls.carry_out(&delete).await?;
    if calls.get(&path, &[]).await?.status == 404 {
        return Ok(Removal::Gone(id.to_owned()));
    }
    Ok(Removal::Left(LeftOver {
        retry: true,
        what: format!("{} {id} is still there: {}", app.name, told(&delete.planned(), &answer)),
        calls: [deactivate, delete].iter().filter_map(|step| calls.record(step)).collect(),
    }))
}

/// What to do about an app of which the org says nothing any more.
pub(super) fn unreached(calls: &Calls<'_>, app: &CreatedApp, reason: &str) -> LeftOver {
    let Some(id) = &app.id else {
        return LeftOver {
            retry: true,
            what: format!(
                "an app `{}` with the label `{}` may have been created: {reason}",
                app.name, app.label
            ),
            calls: Vec::new(),
        };
    };
    let path = format!("/api/v1/apps/{id}");
    let steps = [Step::post(format!("{path}/lifecycle/deactivate"), None), Step::delete(path)];
    LeftOver {
        retry: true,
        what: format!("{} {id} was created by the run: {reason}", app.name),
        calls: steps.iter().filter_map(|step| calls.record(step)).collect(),
    }
}
