//! The input of the contract's checks: a request, its answer, and their declarations.

use std::cell::RefCell;

use reqwest::Url;
use serde_json::{Map, Value};

use super::declared::DeclaredResponse;
use super::document::ContractDocument;
use super::memory::Memory;
use super::paths::PathTemplates;
use crate::exchange::{Body, RequestRecord, ResponseRecord};
use crate::openapi::Operation;
use crate::value_path::{ValuePath, walk};

/// One exchange.
pub(super) struct Exchange<'a> {
    pub(super) document: &'a ContractDocument,
    pub(super) paths: &'a PathTemplates,
    /// The operation in the contract.
    pub(super) operation: &'a Operation,
    /// The declared statuses of the operation.
    pub(super) statuses: &'a [String],
    /// The parameters that the step sends undeclared on purpose.
    pub(super) undeclared: &'a [String],
    /// The declared response for the answer's status, if any.
    pub(super) declared: Option<&'a DeclaredResponse>,
    pub(super) request: &'a RequestRecord,
    pub(super) answer: &'a ResponseRecord,
    /// The state that the flow has seen so far.
    pub(super) memory: &'a RefCell<Memory>,
    /// The objects in the body of a successful answer, parents first.
    pub(super) objects: Vec<Object<'a>>,
}

/// The links of connections, features and apps to the API itself (OpenAPI).
const TO_API: [&str; 7] = ["self", "users", "groups", "policies", "uploadLogo", "activate", "deactivate"];

/// An object in the body of an answer.
pub(super) struct Object<'a> {
    pub(super) members: &'a Map<String, Value>,
    /// Its JSON Pointer in the body.
    pub(super) pointer: String,
    pub(super) depth: Depth,
}

/// The depth of an object in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The object is the body.
    Root,
    /// The object is an item of the list that is the body.
    Item,
    /// The object is inside another object.
    Inner,
}

impl<'a> Exchange<'a> {
    /// The body of a successful JSON answer.
    pub(super) fn body(&self) -> Option<&'a Value> {
        body(self.answer)
    }

    /// The items of a list in a successful answer.
    pub(super) fn items(&self) -> Option<&'a Vec<Value>> {
        self.body().and_then(Value::as_array)
    }
}

fn body(answer: &ResponseRecord) -> Option<&Value> {
    match (answer.status, &answer.body) {
        (200..=299, Some(Body::Json(body))) => Some(body),
        _ => None,
    }
}

/// The objects in the body of a successful answer, parents first.
pub(super) fn objects(answer: &ResponseRecord) -> Vec<Object<'_>> {
    let mut objects = Vec::new();
    if let Some(body) = body(answer) {
        walk(body, &mut |value, place| {
            let Some(members) = value.as_object() else { return };
            let depth = match place {
                ValuePath::Root => Depth::Root,
                ValuePath::Item(ValuePath::Root, _) => Depth::Item,
                _ => Depth::Inner,
            };
            objects.push(Object { members, pointer: place.to_string(), depth });
        });
    }
    objects
}

impl Object<'_> {
    /// The value of a string member.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// The place of a member, such as `body#/0/profile`.
    pub(super) fn place(&self, member: &str) -> String {
        format!("body#{}/{member}", self.pointer)
    }

    /// The URL of a link.
    pub(super) fn href(&self, relation: &str) -> Option<&str> {
        self.members.get("_links")?.get(relation)?.get("href")?.as_str()
    }

    /// Its links to the API, by relation.
    pub(super) fn links_to_api(&self) -> impl Iterator<Item = (&'static str, Url)> {
        let link = |relation: &'static str| Some((relation, Url::parse(self.href(relation)?).ok()?));
        TO_API.into_iter().filter_map(link)
    }

    /// The place of the URL of a link.
    pub(super) fn href_place(&self, relation: &str) -> String {
        self.place(&format!("_links/{relation}/href"))
    }
}

/// The tolerated clock difference: a rate-limit window is a minute (docs, rate limits).
pub(super) const SKEW_SECONDS: i64 = 60;
