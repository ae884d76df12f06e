//! The names of members: a document has none that would have no effect, since its author would believe that it
//! had one.

use super::refused::{Refused, did_you_mean};
use super::schema::AppSchema;
use crate::rules::app::App;
use crate::rules::body::{Json, Object};
use crate::rules::catalogue::AppKind;
use crate::rules::error::echo;
use crate::rules::feature::FeatureName;
use crate::rules::nearest::nearest;

/// Refuses features that no app has.
pub(super) fn check_feature_names(members: &Object<'_>) -> Result<(), Refused> {
    match members.get("features") {
        Some(Json::Object(features)) => {
            let known = [FeatureName::UserProvisioning, FeatureName::InboundProvisioning];
            check_names("/features", features, &known.map(FeatureName::as_str))
        }
        _ => Ok(()),
    }
}

/// Refuses names that an object does not have.
pub(super) fn check_names(place: &str, members: &Object<'_>, known: &[&str]) -> Result<(), Refused> {
    match members.names().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let hint = nearest(name, known.iter().copied());
            let hint = hint.map_or_else(|| format!("known are {}", known.join(", ")), did_you_mean);
            Err(Refused::new(format!("{place}/{}", echo(name)), format!("unknown member; {hint}")))
        }
    }
}

/// Refuses a member of an app that would have no effect.
fn unknown_member(kind: Option<AppKind>, pointer: &str) -> Refused {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let settings = kind.into_iter().flat_map(|kind| kind.definition().settings).map(|member| member.name);
    let schema = AppSchema::new();
    let names: Vec<&str> = match parent {
        "/settings/app" => settings.collect(),
        _ => schema.members(parent),
    };
    let hint = match nearest(name, names) {
        Some(similar) if similar != name => did_you_mean(similar),
        _ => "it is unknown, read-only or a secret".to_owned(),
    };
    Refused::new(pointer, format!("unknown member; {hint}"))
}

/// Refuses members of an app that the org did not read.
pub(super) fn check_ignored(app: &App, members: &Object<'_>) -> Result<(), Refused> {
    match members.ignored().first() {
        None => Ok(()),
        Some(pointer) => Err(unknown_member(app.kind(), pointer)),
    }
}
