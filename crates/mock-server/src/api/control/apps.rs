//! Puts an app straight into a state.

use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::operation::Outcome;
use super::super::render::state::StoredApp;
use super::answer::json_answer;
use crate::rules::body::check_no_unknown_members;

pub(in crate::api) fn set_state(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object()?;
    let (id, app) = call.org.lock().describe_app(&call.app_id(), &body, check_no_unknown_members)?;
    Ok(json_answer(&StoredApp { id: &id, app: &app }))
}
