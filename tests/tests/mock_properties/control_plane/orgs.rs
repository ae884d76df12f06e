//! The orgs of a process: by host name and by port, added, copied and dropped while the mock runs.

use std::net::SocketAddr;

use okta_mock_server::{Limits, Load, MockServer, NewOrg};
use serde_json::{Value, json};
use workspace_tests::wire::{Served, Wire, request};
use workspace_tests::{Answer, ContractCheck};

use super::{ZSCALER, connection, connection_status, expect, set_connection};

/// Sends a request at a host, to an address.
fn at(address: SocketAddr, host: &str, method: &str, target: &str, body: Option<&Value>) -> Answer {
    let body = body.map(Value::to_string);
    let mut wire = Wire::open(address);
    wire.write(&request(method, target, &[("Host", host)], body.as_ref().map(|body| body.as_bytes())));
    let answer = wire.read_answer(method).expect("an answer");
    ContractCheck::shared().assert(method, target, &answer);
    answer
}

fn apps_at(mock: &Served, host: &str) -> usize {
    at(mock.address(), host, "GET", "/api/v1/apps", None).json().as_array().expect("a list").len()
}

fn add(mock: &Served, org: &Value) -> Value {
    expect(mock, "POST", "/_mock/orgs", Some(org), 201).json()
}

fn names(mock: &Served) -> Vec<String> {
    let orgs = expect(mock, "GET", "/_mock/orgs", None, 200).json();
    let orgs = orgs["orgs"].as_array().expect("a list").clone();
    orgs.iter().map(|org| org["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn an_org_is_served_at_its_port_and_at_its_host_name() {
    let mock = Served::start(MockServer::builder());
    let acme = add(&mock, &json!({"name": "ACME", "load": "empty"}));
    assert_eq!((&acme["name"], &acme["host_url"]), (&json!("acme"), &json!("http://acme.localhost")));
    let port = acme["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    let own: SocketAddr = port.parse().unwrap();
    assert_ne!(own, mock.address());

    for host in ["acme.localhost", "Acme.LOCALHOST:1234", "acme.okta-mock:8080", "acme.test", "acme"] {
        assert_eq!(apps_at(&mock, host), 0, "{host}");
    }
    for host in ["127.0.0.1", "localhost:80", "other.localhost", "default.localhost", "[::1]:80", "notacme"] {
        assert_eq!(apps_at(&mock, host), 6, "{host}");
    }
    // Its own port serves it, and the others by host name.
    for (host, apps) in [("127.0.0.1", 0), ("unknown.localhost", 0), ("default.localhost", 6)] {
        let answer = at(own, host, "GET", "/api/v1/apps", None);
        assert_eq!(answer.json().as_array().unwrap().len(), apps, "{host}");
    }
    let create =
        json!({"name": "bookmark", "label": "B", "settings": {"app": {"url": "https://b.example.com"}}});
    assert_eq!(at(own, "127.0.0.1:99", "POST", "/api/v1/apps", Some(&create)).status, 200);
    let list = at(mock.address(), "acme.localhost:8080", "GET", "/api/v1/apps", None).json();
    let link = list[0]["_links"]["deactivate"]["href"].as_str().unwrap();
    assert!(link.starts_with("http://acme.localhost:8080/api/v1/apps/"), "{link}");
    assert_eq!(apps_at(&mock, "localhost"), 6);
    assert_eq!(names(&mock), ["acme", "default"]);

    expect(&mock, "DELETE", "/_mock/orgs/Acme", None, 204);
    assert_eq!(apps_at(&mock, "acme.localhost"), 6, "an unknown name is the listener's own org");
    expect(&mock, "DELETE", "/_mock/orgs/acme", None, 404);
    let closed = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        std::net::TcpStream::connect(own).is_err()
    });
    assert!(closed, "the port stays open");
}

#[test]
fn urls_by_host_name_carry_the_host_and_port_of_the_request() {
    let mock = Served::start(MockServer::builder());
    add(&mock, &json!({"name": "acme", "listen": false}));
    for (host, expected) in [
        ("127.0.0.1:18080", "http://acme.localhost:18080"),
        ("[::1]:18080", "http://acme.localhost:18080"),
        ("localhost", "http://acme.localhost"),
        ("okta-mock:8080", "http://acme.okta-mock:8080"),
        ("acme.okta-mock:8080", "http://acme.okta-mock:8080"),
        ("acme", "http://acme"),
    ] {
        let orgs = at(mock.address(), host, "GET", "/_mock/orgs", None).json();
        assert_eq!(orgs["orgs"][0]["host_url"], expected, "{host}");
        assert_eq!(orgs["orgs"][0]["url"], expected, "{host}");
        assert_eq!(orgs["orgs"][1]["url"], format!("http://{}", mock.address()), "{host}");
    }
}

/// A web page can point `acme.evil.example` at the mock, too.
#[test]
fn the_name_of_an_org_opens_no_public_host() {
    let mock = Served::start(MockServer::builder().allowed_host("mock.example.com"));
    add(&mock, &json!({"name": "acme", "load": "empty"}));
    for host in ["acme.evil.example", "acme.okta-mock.evil.example", "other.mock.example.com"] {
        for target in ["/api/v1/apps", "/_mock/orgs"] {
            let answer = at(mock.address(), host, "GET", target, None);
            assert_eq!((answer.status, answer.error_code().as_str()), (403, "E0000005"), "{host} {target}");
        }
    }
    assert_eq!(apps_at(&mock, "acme.mock.example.com"), 0);
    assert_eq!(apps_at(&mock, "mock.example.com"), 6);
}

#[test]
fn a_copy_begins_with_the_state_and_is_independent() {
    let mock = Served::start(MockServer::builder().seed(3));
    let initial = expect(&mock, "GET", "/_mock/state", None, 200).text().to_owned();
    set_connection(&mock);
    add(&mock, &json!({"name": "copy", "fork": "default"}));
    let state = |host| at(mock.address(), host, "GET", "/_mock/state", None).text().to_owned();
    assert_eq!(state("copy.localhost"), state("localhost"));

    let activate = format!("{}/lifecycle/activate", connection());
    assert_eq!(at(mock.address(), "copy.localhost", "POST", &activate, None).status, 204);
    assert_eq!(connection_status(&mock), "DISABLED");
    add(&mock, &json!({"name": "second", "fork": "copy", "listen": false}));
    let status = |host| {
        at(mock.address(), host, "GET", &connection(), None).json()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("second.localhost"), "ENABLED");

    // It resets to the state that it began with, and keeps nothing of the other's log and faults.
    let deactivate = format!("{}/lifecycle/deactivate", connection());
    assert_eq!(at(mock.address(), "second.localhost", "POST", &deactivate, None).status, 204);
    let log = at(mock.address(), "second.localhost", "GET", "/_mock/requests", None).json();
    assert_eq!(log["requests"].as_array().unwrap().len(), 2);
    assert_eq!(at(mock.address(), "second.localhost", "POST", "/_mock/reset", None).status, 204);
    assert_eq!(status("second.localhost"), "ENABLED");
    expect(&mock, "POST", "/_mock/reset", None, 204);
    assert_eq!(state("localhost"), initial);
    assert_eq!((status("copy.localhost"), names(&mock).len()), ("ENABLED".to_owned(), 3));
}

#[test]
fn with_a_seed_the_ids_of_an_org_depend_on_its_name_alone() {
    let created = |name: &str| {
        let mock = Served::start(MockServer::builder().seed(9));
        add(&mock, &json!({"name": name, "listen": false}));
        let app = json!({"name": "zscalerbyz", "label": "Z"});
        let host = format!("{name}.localhost");
        at(mock.address(), &host, "POST", "/api/v1/apps", Some(&app)).json()["id"].clone()
    };
    assert_eq!(created("acme"), created("acme"));
    assert_ne!(created("acme"), created("other"));
}

#[test]
fn an_org_is_loaded_from_a_document() {
    let mock = Served::start(MockServer::builder());
    let app = json!({"id": ZSCALER, "name": "zscalerbyz", "label": "Z", "status": "INACTIVE"});
    add(&mock, &json!({"name": "acme", "load": {"apps": [app]}}));
    let app = at(mock.address(), "acme.test", "GET", &format!("/api/v1/apps/{ZSCALER}"), None).json();
    assert_eq!(app["status"], "INACTIVE");
}

#[test]
fn a_refused_org_changes_nothing() {
    let limits = Limits { orgs: 3, ..Limits::default() };
    let mock = Served::start(MockServer::builder().limits(limits));
    add(&mock, &json!({"name": "acme"}));
    let before = names(&mock);
    for (body, cause) in [
        (json!({"name": "acme"}), "name: there is an org acme already"),
        (json!({"name": "Acme"}), "name: there is an org acme already"),
        (json!({"name": "default"}), "name: there is an org default already"),
        (json!({"name": "localhost"}), "name: localhost is the host of the default org"),
        (json!({"name": "b", "fork": "acne"}), "fork: there is no org \"acne\"; did you mean acme?"),
        (json!({"name": "b", "fork": ""}), "fork: there is no org \"\""),
        (json!({"name": "b", "load": "guide", "fork": "acme"}), "fork: give load or fork, not both"),
        (
            json!({"name": "b", "load": "other"}),
            "load: must be \"guide\", \"empty\" or the document of a state",
        ),
        (
            json!({"name": "b", "load": ["x"]}),
            "load: must be \"guide\", \"empty\" or the document of a state",
        ),
        (json!({"name": "b", "cors": ["example.com"]}), "cors: give scheme, host and port of a page"),
        (json!({"name": "b", "lisen": true}), "body: unknown field `lisen`"),
        (json!({"name": 1}), "body: invalid type: integer"),
        (json!({}), "body: missing field `name`"),
    ] {
        let answer = expect(&mock, "POST", "/_mock/orgs", Some(&body), 400).json();
        let shown = answer["errorCauses"][0]["errorSummary"].as_str().unwrap().to_owned();
        assert!(shown.starts_with(cause), "{body}: {shown}");
        assert_eq!(answer["rule"], "control.org", "{body}");
    }
    for name in ["", "-a", "a-", "a.b", "a b", "ä", &"a".repeat(64)] {
        let answer = expect(&mock, "POST", "/_mock/orgs", Some(&json!({"name": name})), 400).json();
        assert_eq!(answer["errorSummary"], "Api validation failed: name", "{name}");
    }
    let missing = json!({"name": "b", "load": {"apps": [{"name": "zscalerbyz"}]}});
    let answer = expect(&mock, "POST", "/_mock/orgs", Some(&missing), 400).json();
    assert_eq!(answer["errorSummary"], "Api validation failed: load", "{answer}");
    assert_eq!(names(&mock), before);

    add(&mock, &json!({"name": "b"}));
    let answer = expect(&mock, "POST", "/_mock/orgs", Some(&json!({"name": "c"})), 400).json();
    assert_eq!(answer["errorCauses"][0]["errorSummary"], "name: there are 3 orgs already; drop one");
    let answer = expect(&mock, "DELETE", "/_mock/orgs/default", None, 400).json();
    assert_eq!(
        answer["errorCauses"][0]["errorSummary"],
        "name: the org that the mock starts with cannot be dropped"
    );
}

#[test]
fn an_org_trusts_origins_of_its_own() {
    let mock = Served::start(MockServer::builder().trusted_origin("https://all.example.com"));
    add(&mock, &json!({"name": "acme", "cors": ["https://acme.example.com/"]}));
    add(&mock, &json!({"name": "copy", "fork": "acme"}));
    let allowed = |host: &str, origin: &str| {
        let mut wire = mock.connect();
        wire.write(&request("GET", "/api/v1/apps", &[("Host", host), ("Origin", origin)], None));
        wire.read_answer("GET").unwrap().header("access-control-allow-origin").map(ToOwned::to_owned)
    };
    for (host, origin, is_trusted) in [
        ("acme.localhost", "https://acme.example.com", true),
        ("copy.localhost", "https://acme.example.com", true),
        ("localhost", "https://acme.example.com", false),
        ("acme.localhost", "https://all.example.com", true),
        ("localhost", "https://all.example.com", true),
    ] {
        assert_eq!(allowed(host, origin).is_some(), is_trusted, "{host} {origin}");
    }
}

#[test]
fn orgs_of_the_builder_are_served() {
    let mock = MockServer::builder()
        .org(NewOrg::load("hub", Load::Empty))
        .org(NewOrg::fork("spoke", "default").without_port())
        .start_blocking()
        .unwrap();
    let orgs = mock.orgs();
    let found: Vec<_> = orgs.iter().map(|org| (org.name(), org.org().apps().len())).collect();
    assert_eq!(found, [("default", 6), ("hub", 0), ("spoke", 6)]);
    let port = mock.url().rsplit_once(':').unwrap().1;
    assert_eq!(orgs[2].url(), format!("http://spoke.localhost:{port}"));
    let hub: SocketAddr = orgs[1].url().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(at(hub, "127.0.0.1", "GET", "/api/v1/apps", None).json(), json!([]));

    let added = mock.add_org(NewOrg::fork("third", "hub")).unwrap();
    assert_eq!(added.org().apps(), []);
    let refused = mock.add_org(NewOrg::fork("third", "hub")).unwrap_err();
    assert_eq!(refused.to_string(), "name: there is an org third already (control.org)");
    mock.remove_org("third").unwrap();
    assert_eq!(mock.remove_org("third").unwrap_err().rule, "control.org");
    let error = MockServer::builder().org(NewOrg::load("a.b", Load::Guide)).start_blocking().unwrap_err();
    assert!(error.to_string().starts_with("org a.b: name: must be 1 to 63"), "{error}");
}

/// The runtime of a user goes on when the server is dropped or shut down.
#[tokio::test(flavor = "multi_thread")]
async fn the_ports_of_all_orgs_close_with_the_server() {
    for is_shut_down in [true, false] {
        let mock = MockServer::builder().org(NewOrg::load("hub", Load::Empty)).start().await.unwrap();
        let hub = mock.orgs()[1].url().strip_prefix("http://").unwrap().to_owned();
        let connect = || tokio::net::TcpStream::connect(hub.clone());
        assert!(connect().await.is_ok());
        match is_shut_down {
            true => mock.shutdown().await,
            false => drop(mock),
        }
        let mut is_closed = false;
        for _ in 0..200 {
            is_closed = connect().await.is_err();
            if is_closed {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(is_closed, "shut down: {is_shut_down}");
    }
}
