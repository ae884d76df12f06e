//! What an app is assigned to: there are no users and no groups. Terraform reads these when it reads an app.

use super::answer::json;
use super::call::Call;
use super::operation::Outcome;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// GET /apps/{appId}/users and /apps/{appId}/groups.
pub(super) fn list(call: &Call<'_>) -> Outcome {
    call.app()?;
    rule::APP_ASSIGNMENTS.apply();
    Ok(json(b"[]".to_vec()))
}

/// GET /internal/apps/{appId}/settings/oauth/idToken, which Terraform reads for the groups claim of a client.
pub(super) fn id_token(call: &Call<'_>) -> Outcome {
    let (_, app) = call.app()?;
    match app.client {
        Some(_) => Ok(json(b"{}".to_vec())),
        None => Err(OktaError::invalid(&rule::CLIENT_OF_OTHER_APP, "appId").into()),
    }
}
