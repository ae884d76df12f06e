//! Each way to break the contract, and tolerances.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::exchange::Body;
use crate::verdict::Verdict;
use serde_json::json;

fn contract() -> Contract {
    let document = json!({
        "openapi": "3.1.0",
        "paths": {"/a/{id}": {"get": {"operationId": "get", "responses": {
            "200": {"description": "", "headers": {"x-limit": {"$ref": "#/components/headers/Limit"}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A~1b.c"}}}},
            "204": {"description": ""},
            "4XX": {"$ref": "#/components/responses/Error"},
        }}}},
        "components": {
            "headers": {"Limit": {"required": true, "schema": {"type": "integer", "minimum": 0}}},
            "responses": {"Error": {"description": "", "content": {"application/json": {"schema": {"required": ["errorCode"]}}}}},
            "schemas": {
                "A/b.c": {"type": "object", "required": ["status"], "properties": {
                    "status": {"$ref": "#/components/schemas/Status"},
                    "at": {"type": "string", "format": "date-time"}}},
                "Status": {"enum": ["ENABLED", "DISABLED"]},
            },
        },
    });
    Contract::new(OpenApi::new(document).unwrap(), Tolerances::default()).unwrap()
}

#[test]
fn requests_have_declared_parameters_and_bodies() {
    let document = json!({"openapi": "3.1.0", "paths": {"/a": {
        "parameters": [{"$ref": "#/components/parameters/Trace"}],
        "post": {"operationId": "add",
            "parameters": [{"name": "activate", "in": "query", "schema": {"type": "boolean"}}],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"required": ["name"]}}}},
            "responses": {"204": {"description": ""}, "400": {"description": ""}}},
        "get": {"operationId": "read", "responses": {"204": {"description": ""}}},
    }}, "components": {"parameters": {"Trace": {"name": "X-Trace", "in": "header"}}}});
    let contract = Contract::new(OpenApi::new(document).unwrap(), Tolerances::default()).unwrap();
    let of = |id: &str, query: &str, header: &str, body: Option<Value>, status| {
        let operation = contract.document.api.operation(id).unwrap().clone();
        let request = RequestRecord {
            query: vec![(query.to_owned(), "TRUE".to_owned())]
                .into_iter()
                .filter(|(name, _)| !name.is_empty())
                .collect(),
            headers: vec![(header.to_owned(), "1".to_owned())],
            body: body.map(Body::Json),
            ..request()
        };
        let findings =
            contract.judge(&operation, &request, &answer(status, &[], None), &RefCell::default()).findings;
        findings.into_iter().map(|finding| (finding.check.id, finding.place)).collect::<Vec<_>>()
    };
    let found = |check, place: &str| vec![(check, place.to_owned())];
    let whole = || Some(json!({"name": "google"}));
    assert_eq!(of("add", "activate", "x-trace", whole(), 204), []);
    assert_eq!(of("add", "", "Authorization", whole(), 204), []);
    let query = found("contract.request.query", "request query activat");
    assert_eq!(of("add", "activat", "x-trace", whole(), 204), query);
    assert_eq!(of("add", "activat", "x-trace", whole(), 400), query, "refused requests are checked too");
    assert_eq!(of("add", "activat", "x-trace", whole(), 500).len(), 2, "in addition to an undeclared status");
    assert_eq!(
        of("add", "", "x-trase", whole(), 204),
        found("contract.request.header", "request header x-trase")
    );
    let body = found("contract.request.body", "request body");
    assert_eq!(of("add", "", "x-trace", Some(json!({})), 204), body);
    assert_eq!(of("add", "", "x-trace", Some(json!({})), 400), [], "invalid on purpose");
    assert_eq!(of("add", "", "x-trace", None, 204), body);
    assert_eq!(of("read", "", "x-trace", Some(json!({})), 204), body);
}

#[test]
fn parameters_in_x_undeclared_are_no_finding() {
    let contract = contract();
    let known = contract.document.api.operation("get").unwrap();
    let sent = RequestRecord { query: vec![("fliter".to_owned(), "x".to_owned())], ..request() };
    let places = |undeclared: &[&str]| {
        let undeclared = undeclared.iter().map(|name| (*name).to_owned()).collect();
        let operation = Operation { undeclared, ..(**known).clone() };
        let findings =
            contract.judge(&operation, &sent, &answer(204, &[], None), &RefCell::default()).findings;
        findings.into_iter().map(|finding| finding.place).collect::<Vec<_>>()
    };
    assert_eq!(places(&["other"]), ["request query fliter"]);
    assert!(places(&["fliter"]).is_empty());
}

fn answer(status: u16, headers: &[(&str, &str)], body: Option<Value>) -> ResponseRecord {
    ResponseRecord {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.map(Body::Json),
        broken_json: None,
    }
}

fn request() -> RequestRecord {
    RequestRecord {
        method: "GET".to_owned(),
        url: "https://dev-1.okta.com/a/1".to_owned(),
        path: "/a/1".to_owned(),
        query: Vec::new(),
        path_parameters: vec![("id".to_owned(), "1".to_owned())],
        headers: Vec::new(),
        body: None,
        credential: crate::exchange::CredentialUse::Runner,
    }
}

const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");
const LIMIT: (&str, &str) = ("x-limit", "50");

fn places(response: &ResponseRecord) -> Vec<String> {
    let contract = contract();
    let operation = contract.document.api.operation("get").unwrap().clone();
    let judgement = contract.judge(&operation, &request(), response, &RefCell::default());
    assert_eq!(judgement.verdict == Verdict::Conforms, judgement.findings.is_empty());
    judgement.findings.into_iter().map(|finding| finding.place).collect()
}

#[test]
fn matching_answers_conform() {
    let body = json!({"status": "ENABLED", "more": 1, "at": "2026-01-01T00:00:00.000Z"});
    assert_eq!(places(&answer(200, &[JSON, LIMIT], Some(body))), [""; 0]);
    assert_eq!(places(&answer(204, &[], None)), [""; 0]);
    assert_eq!(places(&answer(404, &[JSON], Some(json!({"errorCode": "E"})))), [""; 0]);
    assert_eq!(places(&answer(401, &[("www-authenticate", "Bearer")], None)), [""; 0]);
}

#[test]
fn each_violation_has_its_place() {
    let good = || Some(json!({"status": "ENABLED"}));
    let cases = [
        (answer(201, &[JSON, LIMIT], good()), "status"),
        (answer(200, &[JSON], good()), "header x-limit"),
        (answer(200, &[JSON, ("x-limit", "many")], good()), "header x-limit"),
        (answer(200, &[("content-type", "text/html"), LIMIT], good()), "header content-type"),
        (answer(200, &[LIMIT], good()), "header content-type"),
        (answer(200, &[JSON, LIMIT], None), "body"),
        (answer(204, &[], good()), "body"),
        (answer(200, &[JSON, LIMIT], Some(json!({"status": "enabled"}))), "body#/status"),
        (answer(200, &[JSON, LIMIT], Some(json!({}))), "body"),
        (answer(200, &[JSON, LIMIT], Some(json!({"status": "ENABLED", "at": "today"}))), "body#/at"),
        (answer(404, &[JSON], Some(json!({}))), "body"),
        (answer(401, &[], None), "body"),
    ];
    for (response, place) in cases {
        assert_eq!(places(&response), [place], "{response:?}");
    }
}

#[test]
fn an_unknown_operation_is_not_judged() {
    let contract = contract();
    let mut operation = (**contract.document.api.operation("get").unwrap()).clone();
    operation.id = "other".to_owned();
    let judgement = contract.judge(&operation, &request(), &answer(200, &[], None), &RefCell::default());
    assert_eq!(judgement.verdict, Verdict::Unjudged);
}
