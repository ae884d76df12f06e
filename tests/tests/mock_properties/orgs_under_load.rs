//! Many orgs at once: a random load against a model, and copies of an org that changes meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use okta_mock_server::{Load, MockServer, NewOrg};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use workspace_tests::Answer;
use workspace_tests::wire::{Served, Wire, request};

const ORGS: usize = 1_000;
const CLIENTS: usize = 8;

/// A call on one of a client's orgs.
#[derive(Clone, Debug)]
enum Call {
    Create(String),
    Delete(usize),
    SetConnection(usize, String),
    List,
    Reset,
    Keep,
    Restore,
    /// Drops an org and adds it again, as a copy of another one.
    Fork(usize),
    Load,
}

fn call() -> impl Strategy<Value = (usize, Call)> {
    let call = prop_oneof![
        6 => "[a-z]{1,12}".prop_map(Call::Create),
        2 => any::<usize>().prop_map(Call::Delete),
        4 => (any::<usize>(), "[a-z]{1,12}").prop_map(|(app, host)| Call::SetConnection(app, host)),
        3 => Just(Call::List),
        1 => Just(Call::Reset),
        1 => Just(Call::Keep),
        1 => Just(Call::Restore),
        2 => any::<usize>().prop_map(Call::Fork),
        1 => Just(Call::Load),
    ];
    (any::<usize>(), call)
}

/// The apps of an org by id: label and base URL.
type Apps = BTreeMap<String, (String, Option<String>)>;

#[derive(Clone, Debug, Default)]
struct Model {
    apps: Apps,
    initial: Apps,
    checkpoint: Option<Apps>,
}

/// A client with some of the orgs, which no other client changes.
struct Client {
    wire: Wire,
    orgs: Vec<(String, Model)>,
}

impl Client {
    fn send(&mut self, host: &str, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let headers = [("Host", host), ("Connection", "keep-alive")];
        let body = body.map(Value::to_string);
        self.wire.write(&request(method, target, &headers, body.as_ref().map(|body| body.as_bytes())));
        self.wire.read_answer(method).expect("an answer")
    }

    fn at(&mut self, org: usize, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let host = format!("{}.localhost", self.orgs[org].0);
        self.send(&host, method, target, body)
    }

    fn perform(&mut self, org: usize, call: &Call) {
        let ids: Vec<_> = self.orgs[org].1.apps.keys().cloned().collect();
        let chosen = |index: &usize| (!ids.is_empty()).then(|| ids[index % ids.len()].clone());
        match call {
            Call::Create(label) => {
                let app = json!({"name": "zscalerbyz", "label": label});
                let answer = self.at(org, "POST", "/api/v1/apps", Some(&app));
                assert_eq!(answer.status, 200, "{answer:?}");
                let id = answer.json()["id"].as_str().expect("an id").to_owned();
                self.orgs[org].1.apps.insert(id, (label.clone(), None));
            }
            Call::Delete(index) => {
                let Some(id) = chosen(index) else { return };
                let target = format!("/api/v1/apps/{id}");
                assert_eq!(self.at(org, "POST", &format!("{target}/lifecycle/deactivate"), None).status, 200);
                assert_eq!(self.at(org, "DELETE", &target, None).status, 204);
                self.orgs[org].1.apps.remove(&id);
            }
            Call::SetConnection(index, host) => {
                let Some(id) = chosen(index) else { return };
                let url = format!("https://{host}.example.com");
                let body = json!({"baseUrl": url, "profile": {"authScheme": "TOKEN", "token": "t"}});
                let target = format!("/api/v1/apps/{id}/connections/default");
                assert_eq!(self.at(org, "POST", &target, Some(&body)).status, 200);
                self.orgs[org].1.apps.get_mut(&id).expect("an app").1 = Some(url);
            }
            Call::List => self.check(org),
            Call::Reset => {
                assert_eq!(self.at(org, "POST", "/_mock/reset", None).status, 204);
                let model = &mut self.orgs[org].1;
                model.apps = model.initial.clone();
            }
            Call::Keep => {
                assert_eq!(self.at(org, "PUT", "/_mock/checkpoints/c", None).status, 204);
                let model = &mut self.orgs[org].1;
                model.checkpoint = Some(model.apps.clone());
            }
            Call::Restore => {
                let answer = self.at(org, "POST", "/_mock/checkpoints/c/restore", None);
                let model = &mut self.orgs[org].1;
                assert_eq!(answer.status, if model.checkpoint.is_some() { 204 } else { 404 });
                model.apps = model.checkpoint.clone().unwrap_or_else(|| model.apps.clone());
            }
            Call::Fork(index) => {
                let source = index % self.orgs.len();
                if source == org {
                    return;
                }
                let body = json!({"name": self.orgs[org].0, "fork": self.orgs[source].0, "listen": false});
                self.replace(org, &body);
                let apps = self.orgs[source].1.apps.clone();
                self.orgs[org].1 = Model { initial: apps.clone(), apps, checkpoint: None };
            }
            Call::Load => {
                let body = json!({"name": self.orgs[org].0, "load": "empty", "listen": false});
                self.replace(org, &body);
                self.orgs[org].1 = Model::default();
            }
        }
    }

    fn replace(&mut self, org: usize, body: &Value) {
        let name = self.orgs[org].0.clone();
        assert_eq!(self.send("localhost", "DELETE", &format!("/_mock/orgs/{name}"), None).status, 204);
        let answer = self.send("localhost", "POST", "/_mock/orgs", Some(body));
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Compares an org with its model.
    fn check(&mut self, org: usize) {
        let list = self.at(org, "GET", "/api/v1/apps?limit=200", None).json();
        let mut shown = Apps::new();
        for app in list.as_array().expect("a list") {
            let id = app["id"].as_str().expect("an id");
            let connection =
                self.at(org, "GET", &format!("/api/v1/apps/{id}/connections/default"), None).json();
            let url = connection["baseUrl"].as_str().map(ToOwned::to_owned);
            shown.insert(id.to_owned(), (app["label"].as_str().expect("a label").to_owned(), url));
        }
        assert_eq!(shown, self.orgs[org].1.apps, "org {}", self.orgs[org].0);
    }
}

#[test]
fn a_thousand_orgs_under_a_random_load_do_what_the_model_does() {
    let empty = |number| NewOrg::load(format!("org-{number}"), Load::Empty).without_port();
    let builder = (0..ORGS).fold(MockServer::builder().load(Load::Empty), |b, number| b.org(empty(number)));
    let mock = Served::start(builder);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let wire = mock.connect();
            let own = (0..ORGS).filter(|number| number % CLIENTS == client);
            let orgs = own.map(|number| (format!("org-{number}"), Model::default())).collect();
            scope.spawn(move || {
                // The calls differ for each run; a failure names the org and both states.
                let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
                let calls = vec(call(), 1_500).new_tree(&mut runner).expect("calls").current();
                let mut client = Client { wire, orgs };
                for (org, call) in &calls {
                    client.perform(org % client.orgs.len(), call);
                }
                (0..client.orgs.len()).for_each(|org| client.check(org));
            });
        }
    });
    assert_eq!(mock.send("GET", "/api/v1/apps", None).json(), json!([]), "the default org is untouched");
}

/// A client changes label and base URL of an app together, again and again. Whatever copies the org
/// meanwhile, the two are of one call.
#[test]
fn copies_of_an_org_that_changes_are_never_torn() {
    const HUB: &str = "0oaokta0org2org00001";
    let mock = Served::start(MockServer::builder());
    let ended = AtomicBool::new(false);
    let mut seen = BTreeSet::new();
    let mut check = |app: &Value| {
        let label = app["label"].as_str().expect("a label");
        let url = app["settings"]["app"]["baseUrl"].as_str();
        if let (Some(number), Some(url)) = (label.strip_prefix("Hub "), url) {
            assert_eq!(url, format!("https://hub-{number}.example.com"));
            seen.insert(number.to_owned());
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                let app = json!({"name": "okta_org2org", "label": format!("Hub {number}"), "signOnMode": "AUTO_LOGIN",
                    "settings": {"app": {"baseUrl": format!("https://hub-{number}.example.com")}}});
                let answer = mock.send("PUT", &format!("/api/v1/apps/{HUB}"), Some(&app.to_string()));
                assert_eq!(answer.status, 200, "{answer:?}");
                if ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let send = |method: &str, target: &str, body: Option<&Value>| {
            let answer = mock.send(method, target, body.map(Value::to_string).as_deref());
            assert!(!answer.is_refusal(), "{method} {target}: {answer:?}");
            answer
        };
        for round in 0..100 {
            send("POST", "/_mock/orgs", Some(&json!({"name": "copy", "fork": "default", "listen": false})));
            let mut wire = mock.connect();
            let host = [("Host", "copy.localhost")];
            wire.write(&request("GET", &format!("/api/v1/apps/{HUB}"), &host, None));
            check(&wire.read_answer("GET").expect("an answer").json());
            send("DELETE", "/_mock/orgs/copy", None);

            send("PUT", "/_mock/checkpoints/c", None);
            let state = send("GET", "/_mock/state", None).json();
            let apps = state["apps"].as_array().expect("apps");
            check(apps.iter().find(|app| app["id"] == HUB).expect("the app"));
            if round % 10 == 0 {
                send("POST", "/_mock/reset", None);
            }
            send("POST", "/_mock/checkpoints/c/restore", None);
            check(&send("GET", &format!("/api/v1/apps/{HUB}"), None).json());
        }
        ended.store(true, Ordering::Relaxed);
    });
    assert!(seen.len() > 10, "only {} states were seen", seen.len());
}
