//! The OpenAPI document that judges: lookup, references, and the validators of its schemas, each compiled on
//! first use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, Registry};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::extent::Extent;
use super::schema::Schema;
use crate::openapi::OpenApi;

/// The URI of the document in the registry of schemas.
const NAME: &str = "urn:okta-conformance:contract";

/// Values that are computed once, by name; different names are computed concurrently.
pub(super) struct Once<T>(Mutex<HashMap<String, Arc<OnceLock<T>>>>);

impl<T: Clone> Once<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn get(&self, name: &str, make: impl FnOnce() -> T) -> T {
        let place = {
            // A panic elsewhere leaves the map whole: entries are only added.
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(name) {
                Some(place) => place.clone(),
                None => known.entry(name.to_owned()).or_default().clone(),
            }
        };
        place.get_or_init(make).clone()
    }
}

type Compiled = Result<Arc<Schema>, String>;

/// A document with its validators.
pub(super) struct ContractDocument {
    pub(super) api: OpenApi,
    registry: Registry<'static>,
    validators: Once<Compiled>,
}

impl ContractDocument {
    pub(super) fn new(api: OpenApi) -> Result<Self, String> {
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(NAME, (*api.value).clone())
            .and_then(|builder| builder.prepare())
            .map_err(|error| format!("its schemas cannot be read: {error}"))?;
        Ok(Self { api, registry, validators: Once::new() })
    }

    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.api.value.pointer(pointer)
    }

    /// Follows references (`$ref` within the document) from the pointer.
    pub(super) fn resolved(&self, pointer: String) -> Option<String> {
        self.api.resolved(pointer)
    }

    /// The schema at a place, if there is a usable one. An unusable schema is a fault of the document, not of
    /// the org.
    pub(super) fn schema(&self, pointer: &str) -> Option<Arc<Schema>> {
        self.at(pointer)?;
        self.validator(pointer).ok()
    }

    /// The validator of the schema at a place, shared by many answers.
    ///
    /// # Errors
    /// The reason that the schema cannot be used.
    pub(super) fn validator(&self, pointer: &str) -> Compiled {
        let pointer = &self.resolved(pointer.to_owned()).unwrap_or_else(|| pointer.to_owned());
        self.validators.get(pointer, || {
            let extent = Extent::of(&self.api.value, pointer)?;
            jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_registry(&self.registry)
                .should_validate_formats(true)
                .build(&json!({ "$ref": format!("{NAME}#{}", fragment(pointer)) }))
                .map(|validator| Arc::new(Schema { validator, extent }))
                .map_err(|error| error.to_string())
        })
    }
}

/// A JSON pointer as a URI fragment (RFC 6901, section 6).
fn fragment(pointer: &str) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(pointer, &KEPT).to_string()
}
