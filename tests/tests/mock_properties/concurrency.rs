//! Concurrent clients over real sockets: only one of them can use a code, and no client sees a partly
//! updated state.

use std::collections::HashSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use okta_mock_server::MockServer;
use serde_json::{Value, json};
use workspace_tests::Answer;
use workspace_tests::wire::Served;

const GOOGLE: &str = "/api/v1/apps/0oagoogle00000000001/connections/default";
const HUB: &str = "/api/v1/apps/0oaokta0org2org00001";

fn path(link: &str) -> &str {
    link.strip_prefix("http://127.0.0.1").expect("a link of this org")
}

/// Sets the connection and follows the consent up to the callback's address.
fn consent(mock: &Served) -> String {
    let set = mock.send("POST", GOOGLE, Some(r#"{"profile":{"authScheme":"OAUTH2"}}"#)).json();
    let link = set["_links"]["authorize"]["href"].as_str().expect("a link");
    let redirect = mock.send("GET", path(link), None);
    let back = redirect.header("location").expect("a redirect").to_owned();
    let shown = mock.send("GET", path(&back), None).json();
    let callback = &shown["continue_oauth_flow_url"];
    assert_eq!(callback["method"], "POST");
    path(callback["href"].as_str().expect("a link")).to_owned()
}

fn at_once(mock: &Served, clients: usize, target: &str) -> Vec<Answer> {
    let start = &Barrier::new(clients);
    std::thread::scope(|scope| {
        let client = || {
            scope.spawn(move || {
                start.wait();
                mock.send("POST", target, None)
            })
        };
        let clients: Vec<_> = (0..clients).map(|_| client()).collect();
        clients.into_iter().map(|client| client.join().expect("an answer")).collect()
    })
}

#[test]
fn exactly_one_of_concurrent_callbacks_with_one_code_succeeds() {
    let mock = Served::start(MockServer::builder());
    for round in 0..20 {
        for clients in [2, 10] {
            let callback = consent(&mock);
            let answers = at_once(&mock, clients, &callback);
            let granted = answers.iter().filter(|answer| answer.status == 204).count();
            assert_eq!(granted, 1, "round {round}, {clients} clients: {answers:?}");
            let refused = answers
                .iter()
                .filter(|answer| (answer.status, answer.error_code().as_str()) == (400, "E0000001"));
            assert_eq!(refused.count(), clients - 1, "{answers:?}");
            assert_eq!(mock.send("POST", &format!("{GOOGLE}/lifecycle/activate"), None).status, 204);
            assert_eq!(mock.send("POST", &format!("{GOOGLE}/lifecycle/deactivate"), None).status, 204);
        }
    }
}

/// Concurrent writers set complete states; every reader sees one of them, unmixed.
fn assert_updates_are_atomic(
    mock: &Served,
    target: &str,
    method: &str,
    states: &[Value],
    shown: fn(&Value) -> Value,
) {
    let expected: HashSet<String> = states
        .iter()
        .map(|state| {
            let answer = mock.send(method, target, Some(&state.to_string()));
            assert_eq!(answer.status, 200, "{answer:?}");
            shown(&answer.json()).to_string()
        })
        .collect();
    assert_eq!(expected.len(), states.len(), "the states must differ");
    let (done, expected) = (&AtomicBool::new(false), &expected);
    let seen: HashSet<String> = std::thread::scope(|scope| {
        let writers: Vec<_> = states
            .iter()
            .map(|state| {
                scope.spawn(move || {
                    for _ in 0..60 {
                        let answer = mock.send(method, target, Some(&state.to_string()));
                        assert!(expected.contains(&shown(&answer.json()).to_string()), "torn: {answer:?}");
                    }
                })
            })
            .collect();
        let reader = || {
            scope.spawn(move || {
                let mut seen = HashSet::new();
                while !done.load(Ordering::SeqCst) {
                    let answer = mock.send("GET", target, None);
                    let state = shown(&answer.json()).to_string();
                    assert!(expected.contains(&state), "torn: {answer:?}");
                    seen.insert(state);
                }
                seen
            })
        };
        let readers = [reader(), reader()];
        let failed = writers.into_iter().map(|writer| writer.join()).filter(Result::is_err).count();
        done.store(true, Ordering::SeqCst);
        let seen = readers.into_iter().flat_map(|reader| reader.join().expect("a reader")).collect();
        assert_eq!(failed, 0, "a writer saw a torn state");
        seen
    });
    assert!(seen.len() > 1, "the readers saw no change");
}

#[test]
fn readers_never_see_a_partly_updated_feature() {
    let mock = Served::start(MockServer::builder());
    let token = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
    let set =
        mock.send("POST", &format!("{HUB}/connections/default?activate=true"), Some(&token.to_string()));
    assert_eq!(set.status, 200);
    let inbound = |criteria: &str, flag: bool, hour: u8| {
        let import = json!({"expression": format!("0 {hour} * * *"), "timezone": "UTC"});
        json!({
            "importSettings": {
                "username": {"userNameFormat": "CUSTOM", "userNameExpression": format!("source.{criteria}")},
                "schedule": {"status": "ENABLED", "fullImport": import, "incrementalImport": import},
            },
            "importRules": {"userCreateAndMatch": {
                "exactMatchCriteria": criteria, "allowPartialMatch": flag, "autoConfirmPartialMatch": flag,
                "autoConfirmExactMatch": flag, "autoConfirmNewUsers": flag, "autoActivateNewUsers": flag,
            }},
        })
    };
    let states = [inbound("EMAIL", true, 1), inbound("USERNAME", false, 2)];
    let target = format!("{HUB}/features/INBOUND_PROVISIONING");
    assert_updates_are_atomic(&mock, &target, "PUT", &states, |feature| feature["capabilities"].clone());
}

#[test]
fn readers_never_see_a_partly_updated_connection() {
    let mock = Served::start(MockServer::builder());
    let states = [
        json!({"baseUrl": "https://a.example/", "profile": {"authScheme": "TOKEN", "token": "t"}}),
        json!({"profile": {"authScheme": "OAUTH2", "clientId": "one", "signing": {"rotationMode": "AUTO"}}}),
        json!({"profile": {"authScheme": "OAUTH2", "clientId": "two", "signing": {"rotationMode": "MANUAL"}}}),
    ];
    assert_updates_are_atomic(&mock, &format!("{HUB}/connections/default"), "POST", &states, Value::clone);
}
