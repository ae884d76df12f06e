//! The second layer: the OpenAPI document. Is the status declared, do the
//! headers and the body fit, is the content type one of those named?

use std::sync::Arc;

use serde_json::Value;

use super::consistency;
use super::declared::DeclaredResponse;
use super::document::{Document, Once};
use super::keys;
use super::links::Templates;
use super::listing;
use super::refusal;
use super::request;
use super::tolerance::Tolerances;
use crate::check;
use crate::coverage::Declared;
use crate::event::{Finding, Judgement};
use crate::openapi::{OpenApi, Operation};
use crate::place::{pointer_token, walk};
use crate::transport::{Body, RequestRecord, ResponseRecord};

/// The contract.
pub(crate) struct Contract {
    document: Document,
    tolerances: Tolerances,
    templates: Templates,
    /// By the places of their responses; `None` where there is none.
    declared: Once<Option<Arc<DeclaredResponse>>>,
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").finish_non_exhaustive()
    }
}

impl Contract {
    pub(crate) fn new(api: OpenApi, tolerances: Tolerances) -> Result<Self, String> {
        let templates = Templates::of(api.paths());
        Ok(Self { document: Document::new(api)?, tolerances, templates, declared: Once::new() })
    }

    /// That every schema of the document's answers can be used: one that cannot would judge nothing.
    ///
    /// # Errors
    /// The first that cannot, and why.
    pub(crate) fn check_schemas(&self) -> Result<(), String> {
        let document = &self.document;
        for operation in document.api.operations_in_order() {
            let responses = format!("{}/responses", operation.pointer);
            let statuses = document.at(&responses).and_then(Value::as_object).into_iter().flatten();
            for (status, _) in statuses {
                let place = format!("{responses}/{}", pointer_token(status));
                let response = document
                    .resolved(place.clone())
                    .ok_or_else(|| format!("{place} refers to something that is not there"))?;
                let media = document.at(&format!("{response}/content")).and_then(Value::as_object);
                for (name, _) in media.into_iter().flatten() {
                    let schema = format!("{response}/content/{}/schema", pointer_token(name));
                    if document.at(&schema).is_some() {
                        document.validator(&schema).map_err(|reason| format!("{schema}: {reason}"))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Calls its operations as the flows do.
    pub(crate) fn name_as<'a>(&mut self, operations: impl IntoIterator<Item = &'a Operation>) {
        self.document.api.name_as(operations);
    }

    /// Title and version of the document.
    pub(crate) fn title(&self) -> String {
        let text = |pointer: &str| self.document.at(pointer).and_then(Value::as_str).unwrap_or("?");
        format!("{} {}", text("/info/title"), text("/info/version"))
    }

    /// The operations of the document, with the statuses that they declare.
    pub(crate) fn declared_operations(&self) -> Vec<Declared> {
        let operations = self.document.api.operations_in_order().map(|operation| {
            let statuses = self.statuses(operation).map(str::to_owned).collect();
            (operation.id.clone(), format!("{} {}", operation.method, operation.path), statuses)
        });
        operations.collect()
    }

    /// Whether the document has the operation.
    pub(crate) fn has(&self, operation: &str) -> bool {
        self.document.api.operation(operation).is_some()
    }

    /// Judges one answer to an operation.
    pub(crate) fn judge(
        &self,
        operation: &Operation,
        request: &RequestRecord,
        response: &ResponseRecord,
    ) -> Judgement {
        let Some(known) = self.document.api.operation(&operation.id) else {
            return Judgement::unjudged(format!("the contract has no operation `{}`", operation.id));
        };
        let Some(declared) = self.declared(known, response.status) else {
            if let Some(why) = self.tolerances.undeclared_status(&operation.id, response.status) {
                return Judgement { reason: Some(why), ..Judgement::of(Vec::new()) };
            }
            let statuses: Vec<&str> = self.statuses(known).collect();
            let mut findings = vec![Finding {
                check: &check::CONTRACT_STATUS,
                place: "status".to_owned(),
                wanted: format!("one of {}", statuses.join(", ")),
                came: response.status.to_string(),
            }];
            request::check(
                &self.document,
                known,
                &operation.undeclared,
                request,
                response.status,
                &mut findings,
            );
            return Judgement::of(findings);
        };
        let mut findings = declared.judge(response);
        request::check(&self.document, known, &operation.undeclared, request, response.status, &mut findings);
        if let (200..=299, Some(Body::Json(body))) = (response.status, &response.body) {
            walk(body, &mut |value, place| {
                let Some(object) = value.as_object() else { return };
                self.templates.check(object, place, &request.path_parameters, &mut findings);
                consistency::object(object, place, response, &mut findings);
                keys::check(object, place, &mut findings);
            });
            consistency::items(body, &mut findings);
            if operation.id == "listApplications" {
                listing::check(request, response, body, &mut findings);
            }
        }
        consistency::headers(response, &mut findings);
        refusal::check(request, response, &mut findings);
        findings.retain(|finding| !self.tolerances.tolerates(&operation.id, &finding.place));
        Judgement::of(findings)
    }

    /// What is declared of a status: exactly, by its class (`4XX`), or by default.
    fn declared(&self, operation: &Operation, status: u16) -> Option<Arc<DeclaredResponse>> {
        self.declared.get(&format!("{} {status}", operation.pointer), || {
            let class = format!("{}XX", status / 100);
            let pointer = [status.to_string(), class, "default".to_owned()]
                .into_iter()
                .map(|key| format!("{}/responses/{key}", operation.pointer))
                .find_map(|pointer| self.document.resolved(pointer))?;
            Some(Arc::new(DeclaredResponse::read(&self.document, &pointer)))
        })
    }

    fn statuses(&self, operation: &Operation) -> impl Iterator<Item = &str> {
        let listed = self.document.at(&format!("{}/responses", operation.pointer)).and_then(Value::as_object);
        listed.into_iter().flatten().map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;
