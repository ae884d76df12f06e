//! Pages of other sites: neither DNS rebinding nor a cross-site form has any effect.

use okta_mock_server::MockServer;
use serde_json::json;
use workspace_tests::Answer;
use workspace_tests::wire::{Served, request};

const SLACK: &str = "0oaslack000000000001";

fn send(mock: &Served, method: &str, target: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
    let mut wire = mock.connect();
    wire.write(&request(method, target, headers, body.map(str::as_bytes)));
    wire.read_answer(method).expect("an answer")
}

fn status(mock: &Served, target: &str, host: &str) -> u16 {
    send(mock, "GET", target, &[("Host", host)], None).status
}

#[test]
fn only_private_and_allowed_hosts_are_served() {
    let open = Served::start(MockServer::builder());
    let allowing = Served::start(MockServer::builder().allowed_host("Mock.example.com"));
    let declared = Served::start(MockServer::builder().api_token("t"));
    for host in [
        "localhost:80",
        "127.0.0.1",
        "[::1]",
        "okta-mock:8080",
        "a.localhost",
        "a.test",
        "a.internal",
        "a.local",
    ] {
        assert_eq!(status(&open, "/api/v1/apps", host), 200, "{host}");
    }
    for host in ["dev-1.okta.com", "rebound.example:8080", "localhost.example.com", "mock.example.com"] {
        let refused = send(&open, "GET", "/api/v1/apps", &[("Host", host)], None);
        assert_eq!(refused.status, 403, "{host}");
        assert!(refused.text().contains("--allowed-host"), "{}", refused.text());
        // A page can forward any host.
        let forwarded = [("Host", host), ("X-Forwarded-Host", "localhost")];
        assert_eq!(send(&open, "GET", "/api/v1/apps", &forwarded, None).status, 403, "{host}");
        for target in ["/_mock", "/third-party/slack/oauth/authorize", "/nowhere"] {
            assert_eq!(status(&open, target, host), 403, "{host} {target}");
        }
        // With a declared token, the API is served at every host, but the control plane is not.
        let credential = [("Host", host), ("Authorization", "SSWS t")];
        assert_eq!(send(&declared, "GET", "/api/v1/apps", &credential, None).status, 200, "{host}");
        assert_eq!(status(&declared, "/_mock", host), 403, "{host}");
    }
    assert_eq!(status(&allowing, "/api/v1/apps", "mock.EXAMPLE.com:8080"), 200);
    assert_eq!(status(&allowing, "/_mock", "mock.example.com"), 200);
    assert_eq!(status(&allowing, "/api/v1/apps", "other.example.com"), 403);
    let proxied = [("Host", "127.0.0.1"), ("X-Forwarded-Host", "okta.example.com")];
    assert_eq!(send(&open, "GET", "/api/v1/apps", &proxied, None).status, 200, "a proxy names its own host");
}

/// Starts a consent attempt and returns its authorize link as a request target.
fn authorize_link(mock: &Served) -> String {
    let target = format!("/api/v1/apps/{SLACK}/connections/default");
    let answer = mock.send("POST", &target, Some(&json!({"profile": {"authScheme": "OAUTH2"}}).to_string()));
    let link = answer.json()["_links"]["authorize"]["href"].as_str().expect("a link").to_owned();
    link.strip_prefix("http://127.0.0.1").expect("a link of this org").to_owned()
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn pages_of_other_sites_are_refused() {
    let mock = Served::start(MockServer::builder());
    let link = authorize_link(&mock);
    let (path, query) = link.split_once('?').expect("a query");
    let form = format!("decision=allow&{query}");
    for foreign in [
        ("Origin", "http://elsewhere.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let refused = send(&mock, "POST", path, &[FORM, foreign], Some(&form));
        assert_eq!(refused.status, 403, "{foreign:?}");
        assert_eq!(send(&mock, "GET", &link, &[foreign], None).status, 403, "{foreign:?}");
        assert_eq!(send(&mock, "GET", "/_mock", &[foreign], None).status, 403, "{foreign:?}");
    }
    // A link to the page works from any site.
    let navigation =
        [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html")];
    assert_eq!(send(&mock, "GET", &link, &navigation, None).status, 200);
    // The page's own form is accepted. A TLS proxy in front of the mock changes only the scheme.
    for own in ["http://127.0.0.1", "https://127.0.0.1"] {
        let taken = send(&mock, "POST", path, &[FORM, ("Origin", own)], Some(&form));
        assert!(taken.status == 302 && taken.header("location").unwrap().contains("code="), "{taken:?}");
    }
}

#[test]
fn only_open_attempts_get_codes() {
    let mock = Served::start(MockServer::builder());
    let link = authorize_link(&mock);
    let (path, query) = link.split_once('?').expect("a query");
    let location = |form: &str| {
        let answer = send(&mock, "POST", path, &[FORM], Some(form));
        (answer.status, answer.header("location").unwrap_or_default().to_owned())
    };
    let state = query.split('&').find_map(|pair| pair.strip_prefix("state=")).expect("a state");
    // An unknown state, a state of another kind of app, and a state that is too long get no code.
    let (status, to) = location(&format!("decision=allow&{}", query.replace(state, "unknown")));
    assert!(status == 302 && to.contains("error=invalid_request") && !to.contains("code="), "{to}");
    let other_app = link.replace("slack", "zoomus");
    let answer = send(&mock, "GET", &other_app, &[], None);
    assert!(answer.header("location").unwrap().contains("error=invalid_request"), "{answer:?}");
    let (status, _) = location(&format!("decision=allow&{}", query.replace(state, &"x".repeat(900_000))));
    assert_eq!(status, 400);
    // Any number of codes leaves another attempt's code valid.
    let google = mock.send(
        "POST",
        "/api/v1/apps/0oagoogle00000000001/connections/default",
        Some(r#"{"profile":{"authScheme":"OAUTH2"}}"#),
    );
    let google =
        google.json()["_links"]["authorize"]["href"].as_str().unwrap().replace("http://127.0.0.1", "");
    let redirect = send(&mock, "GET", &google, &[], None).header("location").unwrap().to_owned();
    for _ in 0..50 {
        assert!(location(&format!("decision=allow&{query}")).1.contains("code="));
    }
    let redirect = redirect.strip_prefix("http://127.0.0.1").expect("back to the org");
    let answer = send(&mock, "GET", redirect, &[], None);
    assert!(answer.text().contains("continue_oauth_flow_url"), "{answer:?}");
}
