//! The orgs of the process.

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::body::JsonBody;
use super::super::call::Call;
use super::super::library::NamedOrg;
use super::super::operation::Outcome;
use super::super::orgs::{Initial, NewOrg};
use super::answer::{json_answer, no_content, present, read};
use crate::org::document::Load;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// The body of POST /_mock/orgs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddBody {
    name: String,
    #[serde(default, deserialize_with = "present")]
    load: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    fork: Option<String>,
    #[serde(default, deserialize_with = "present")]
    listen: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    cors: Option<Vec<String>>,
}

pub(in crate::api) fn list(call: &Call<'_>) -> Outcome {
    let orgs: Vec<_> = call.orgs.all(&call.origin).iter().map(|org| org_json(call, org)).collect();
    Ok(json_answer(&json!({"orgs": orgs})))
}

pub(in crate::api) fn add(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let AddBody { name, load, fork, listen, cors } = read(body, &rule::CONTROL_ORG)?;
    let initial = match (load, fork) {
        (Some(_), Some(_)) => return Err(invalid("fork", "give load or fork, not both").into()),
        (None, Some(source)) => Initial::Fork(source),
        (None, None) => Initial::Load(Load::Guide),
        (Some(load), None) => Initial::Load(contents(&load)?),
    };
    let new = NewOrg {
        has_port: listen.unwrap_or(true),
        trusted_origins: cors.unwrap_or_default(),
        ..NewOrg::new(name, initial)
    };
    let added = call.orgs.add(new, &call.origin)?;
    Ok(json_answer(&org_json(call, &added)).with_status(StatusCode::CREATED))
}

pub(in crate::api) fn remove(call: &Call<'_>) -> Outcome {
    remove_named(call, &call.parameter("name"))
}

/// Drops the org of this name.
pub(in crate::api) fn remove_named(call: &Call<'_>, name: &str) -> Outcome {
    call.orgs.remove(name)?;
    Ok(no_content())
}

/// Reads the initial contents: a name, or a document.
fn contents(load: &RawValue) -> Result<Load, OktaError> {
    match load.get() {
        "\"guide\"" => Ok(Load::Guide),
        "\"empty\"" => Ok(Load::Empty),
        document if document.starts_with('{') => Ok(Load::Document(document.to_owned())),
        _ => Err(invalid("load", "must be \"guide\", \"empty\" or the document of a state")),
    }
}

fn org_json(call: &Call<'_>, org: &NamedOrg) -> Value {
    let host_url = call.orgs.host_url(org.name(), &call.origin);
    json!({"name": org.name(), "url": org.url(), "host_url": host_url})
}

fn invalid(member: &str, cause: &str) -> OktaError {
    OktaError::validation(&rule::CONTROL_ORG, member, format!("{member}: {cause}"))
}
