//! Exchanges for the tests of checks.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use serde_json::{Value, json};

use super::check::ContractCheck;
use crate::exchange::{Body, CredentialUse, RequestRecord, ResponseRecord};
use crate::judge::contract::document::ContractDocument;
use crate::judge::contract::exchange::{Exchange, objects};
use crate::judge::contract::memory::Memory;
use crate::judge::contract::paths::PathTemplates;
use crate::judgement::{Finding, Findings};
use crate::openapi::OpenApi;

/// A request and its answer.
pub(super) struct TestExchange {
    pub(super) request: RequestRecord,
    pub(super) answer: ResponseRecord,
}

impl TestExchange {
    /// A request that was answered with 200 and this body.
    pub(super) fn of(body: &Value) -> Self {
        let request = RequestRecord {
            method: "GET".to_owned(),
            url: String::new(),
            path: "/api/v1/apps".to_owned(),
            query: Vec::new(),
            path_parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
            credential: CredentialUse::Runner,
        };
        let body = Some(Body::Json(body.clone()));
        let answer = ResponseRecord { status: 200, headers: Vec::new(), body, broken_json: None };
        Self { request, answer }
    }

    /// The same exchange with these headers of the answer.
    pub(super) fn with_headers(mut self, lines: &[(&str, &str)]) -> Self {
        self.answer.headers = owned(lines);
        self
    }

    /// The same exchange with these query parameters.
    pub(super) fn with_query(mut self, query: &[(&str, &str)]) -> Self {
        self.request.query = owned(query);
        self
    }

    /// The same exchange with these path parameters.
    pub(super) fn with_path_parameters(mut self, parameters: &[(&str, &str)]) -> Self {
        self.request.path_parameters = owned(parameters);
        self
    }

    /// The findings of checks, given the memory.
    pub(super) fn after(&self, memory: &RefCell<Memory>, checks: &[&'static ContractCheck]) -> Vec<Finding> {
        let operation = json!({"operationId": "listApplications", "responses": {}});
        let document = json!({"openapi": "3.1.0", "paths": {"/api/v1/apps": {"get": operation}}});
        let document = ContractDocument::new(OpenApi::new(document).unwrap()).unwrap();
        let operation = document.api.operation("listApplications").unwrap();
        let paths = PathTemplates::of(PATHS.into_iter());
        memory.borrow_mut().note(&self.request, &self.answer);
        let exchange = Exchange {
            document: &document,
            paths: &paths,
            operation,
            statuses: &[],
            undeclared: &[],
            declared: None,
            request: &self.request,
            answer: &self.answer,
            memory,
            objects: objects(&self.answer),
        };
        let mut found = Vec::new();
        for check in checks {
            (check.run)(&exchange, &mut Findings::new(&check.about, &mut found));
        }
        found
    }

    /// The places of the findings of checks.
    pub(super) fn places(&self, checks: &[&'static ContractCheck]) -> Vec<String> {
        let found = self.after(&RefCell::default(), checks);
        found.into_iter().map(|finding| finding.place).collect()
    }
}

const PATHS: [&str; 4] = [
    "/api/v1/apps/{appId}",
    "/api/v1/apps/{appId}/connections/default",
    "/api/v1/apps/{appId}/connections/default/lifecycle/activate",
    "/api/v1/apps/{appId}/features/{featureName}",
];

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
