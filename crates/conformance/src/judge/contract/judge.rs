//! The second judgement, by the OpenAPI document: the status must be declared, the headers and the body must
//! match their schemas, and the content type must be a declared one.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use super::checks::{Applies, CHECKS};
use super::declared::DeclaredResponse;
use super::document::{ContractDocument, Once};
use super::exchange::{Exchange, objects};
use super::memory::Memory;
use super::paths::PathTemplates;
use super::tolerance::Tolerances;
use crate::coverage::DeclaredOperation;
use crate::exchange::{RequestRecord, ResponseRecord};
use crate::judgement::{Finding, Findings, Judgement};
use crate::openapi::{OpenApi, Operation};
use crate::value_path::pointer_token;

/// The contract.
pub(crate) struct Contract {
    document: ContractDocument,
    tolerances: Tolerances,
    paths: PathTemplates,
    /// The declared responses by place; `None` if there is none.
    declared: Once<Option<Arc<DeclaredResponse>>>,
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").finish_non_exhaustive()
    }
}

impl Contract {
    pub(crate) fn new(api: OpenApi, tolerances: Tolerances) -> Result<Self, String> {
        let paths = PathTemplates::of(api.paths());
        Ok(Self { document: ContractDocument::new(api)?, tolerances, paths, declared: Once::new() })
    }

    /// Checks that every schema of the document's answers can be used; an unusable one would judge nothing.
    ///
    /// # Errors
    /// The first unusable schema, with the reason.
    pub(crate) fn check_schemas(&self) -> Result<(), String> {
        let document = &self.document;
        for operation in document.api.operations_in_order() {
            let responses = format!("{}/responses", operation.pointer);
            let statuses = document.at(&responses).and_then(Value::as_object).into_iter().flatten();
            for (status, _) in statuses {
                let place = format!("{responses}/{}", pointer_token(status));
                let response = document
                    .resolved(place.clone())
                    .ok_or_else(|| format!("{place} refers to something that does not exist"))?;
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

    /// Renames its operations like those of the flows.
    pub(crate) fn name_as<'a>(&mut self, operations: impl IntoIterator<Item = &'a Operation>) {
        self.document.api.name_as(operations);
    }

    /// The title and version of the document.
    pub(crate) fn title(&self) -> String {
        let text = |pointer: &str| self.document.at(pointer).and_then(Value::as_str).unwrap_or("?");
        format!("{} {}", text("/info/title"), text("/info/version"))
    }

    /// The operations of the document, with their declared statuses.
    pub(crate) fn declared_operations(&self) -> Vec<DeclaredOperation> {
        let operations = self.document.api.operations_in_order().map(|operation| {
            let request = format!("{} {}", operation.method, operation.path);
            (operation.id.clone(), request, self.statuses(operation))
        });
        operations.collect()
    }

    /// True if the document has the operation.
    pub(crate) fn has(&self, operation: &str) -> bool {
        self.document.api.operation(operation).is_some()
    }

    /// Judges one answer to an operation, with the state that the flow has seen before.
    pub(crate) fn judge(
        &self,
        operation: &Operation,
        request: &RequestRecord,
        response: &ResponseRecord,
        memory: &RefCell<Memory>,
    ) -> Judgement {
        memory.borrow_mut().note(request, response);
        let Some(known) = self.document.api.operation(&operation.id) else {
            return Judgement::unjudged(format!("the contract has no operation `{}`", operation.id));
        };
        let declared = self.declared(known, response.status);
        let exchange = Exchange {
            document: &self.document,
            paths: &self.paths,
            operation: known,
            statuses: &self.statuses(known),
            undeclared: &operation.undeclared,
            declared: declared.as_deref(),
            request,
            answer: response,
            memory,
            objects: objects(response),
        };
        let tolerated = match declared {
            Some(_) => None,
            None => self.tolerances.undeclared_status(&known.id, response.status),
        };
        let mut found = Vec::new();
        for check in CHECKS {
            let applies = match check.applies {
                // The response of a tolerated status is unknown, but earlier answers are known.
                Applies::Always => tolerated.is_none(),
                Applies::Declared => declared.is_some(),
                Applies::Flow => true,
            };
            if !applies {
                continue;
            }
            let before = found.len();
            (check.run)(&exchange, &mut Findings::new(&check.about, &mut found));
            if check.applies != Applies::Flow {
                let tolerates = |finding: &Finding| self.tolerances.tolerates(&operation.id, &finding.place);
                let new = found.split_off(before);
                found.extend(new.into_iter().filter(|finding| !tolerates(finding)));
            }
        }
        Judgement { reason: tolerated, ..Judgement::of(found) }
    }

    /// The declared response for a status: exact, by class (`4XX`), or the default.
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

    fn statuses(&self, operation: &Operation) -> Vec<String> {
        let listed = self.document.at(&format!("{}/responses", operation.pointer)).and_then(Value::as_object);
        listed.into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
