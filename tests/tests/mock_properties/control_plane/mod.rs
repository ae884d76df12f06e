//! The control plane: every call over a real socket, each answer checked against its contract.

mod faults;
mod inspector;
mod orgs;
mod refusals;
mod request_log;
mod settings;

use serde_json::{Value, json};
use workspace_tests::wire::{Served, request};
use workspace_tests::{Answer, ContractCheck};

pub(super) const ZSCALER: &str = "0oazscalerbyz0000001";
pub(super) const ACTIVATE: &str = "activateDefaultProvisioningConnectionForApplication";
pub(super) const CANARY: &str = "canary-that-nobody-may-see";

pub(super) fn connection() -> String {
    format!("/api/v1/apps/{ZSCALER}/connections/default")
}

/// Calls the control plane, and checks the answer against `control.openapi.json`.
pub(super) fn control(mock: &Served, method: &str, target: &str, body: Option<&Value>) -> Answer {
    let answer = mock.send(method, target, body.map(Value::to_string).as_deref());
    ContractCheck::shared().assert(method, target, &answer);
    answer
}

pub(super) fn expect(mock: &Served, method: &str, target: &str, body: Option<&Value>, status: u16) -> Answer {
    let answer = control(mock, method, target, body);
    assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
    answer
}

pub(super) fn requests(mock: &Served, query: &str) -> Vec<Value> {
    let answer = expect(mock, "GET", &format!("/_mock/requests{query}"), None, 200);
    answer.json()["requests"].as_array().unwrap().clone()
}

pub(super) fn add_fault(mock: &Served, fault: &Value) -> u64 {
    expect(mock, "POST", "/_mock/faults", Some(fault), 201).json()["id"].as_u64().unwrap()
}

pub(super) fn activate(mock: &Served) -> Option<Answer> {
    let target = format!("{}/lifecycle/activate", connection());
    let mut wire = mock.connect();
    wire.write(&request("POST", &target, &[("Authorization", "SSWS t")], None));
    wire.read_answer("POST")
}

pub(super) fn set_connection(mock: &Served) {
    let body =
        json!({"baseUrl": "https://a.example.com", "profile": {"authScheme": "TOKEN", "token": CANARY}});
    assert_eq!(mock.send("POST", &connection(), Some(&body.to_string())).status, 200);
}

pub(super) fn connection_status(mock: &Served) -> String {
    mock.send("GET", &connection(), None).json()["status"].as_str().unwrap().to_owned()
}
