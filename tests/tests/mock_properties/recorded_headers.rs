//! Checks the recorded header names of each kind of answer, without those that the project leaves out
//! (cookies, content security policy, compression).

use okta_mock_server::{Load, MockServer};
use workspace_tests::wire::{Served, request};
use workspace_tests::{Answer, ContractCheck};

const CACHED: [&str; 3] = ["cache-control", "expires", "pragma"];
const EVERYWHERE: [&str; 6] =
    ["accept-ch", "p3p", "referrer-policy", "server", "strict-transport-security", "x-xss-protection"];
const PER_REQUEST: [&str; 4] =
    ["x-okta-request-id", "x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"];

fn json_names() -> Vec<&'static str> {
    names(&[&CACHED, &EVERYWHERE, &PER_REQUEST, &["content-type", "x-content-type-options", "date"]])
}

fn names(groups: &[&[&'static str]]) -> Vec<&'static str> {
    let mut names = groups.concat();
    names.sort_unstable();
    names
}

/// Returns the header names of an answer, without those of the transport.
fn header_names(answer: &Answer) -> Vec<&str> {
    let transport = ["connection", "content-length", "link"];
    let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.retain(|name| !transport.contains(name));
    names.sort_unstable();
    names
}

fn send(mock: &Served, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut wire = mock.connect();
    wire.write(&request(method, target, headers, None));
    let answer = wire.read_answer(method).expect("an answer");
    ContractCheck::shared().assert(method, target, &answer);
    answer
}

#[test]
fn json_answers_and_refusals_have_the_recorded_headers() {
    let mock = Served::start(MockServer::builder());
    for (target, headers, status) in [
        ("/api/v1/apps", &[][..], 200),
        ("/api/v1/apps/0oagoogle00000000001", &[], 200),
        ("/api/v1/apps/none", &[], 404),
        ("/api/v1/apps?after=x", &[], 400),
        ("/api/v1/none", &[], 404),
        ("/api/v1/apps", &[("Authorization", "SSWS")], 401),
        ("/api/v1/apps", &[("Authorization", "")], 403),
    ] {
        let answer = send(&mock, "GET", target, headers);
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(header_names(&answer), json_names(), "{target} {headers:?}");
    }
}

#[test]
fn an_answer_without_a_body_has_the_recorded_headers() {
    let mock = Served::start(MockServer::builder());
    let target = "/api/v1/apps/0oagoogle00000000001/connections/default/lifecycle/deactivate";
    let answer = send(&mock, "POST", target, &[]);
    assert_eq!((answer.status, answer.header("content-length")), (204, None));
    assert_eq!(
        header_names(&answer),
        names(&[&CACHED, &EVERYWHERE, &PER_REQUEST, &["x-frame-options", "date"]])
    );
}

#[test]
fn container_refusals_have_few_headers() {
    let mock = Served::start(MockServer::builder());
    let few =
        names(&[&["content-type", "x-content-type-options", "date", "server", "strict-transport-security"]]);
    let method = send(&mock, "PATCH", "/api/v1/apps", &[]);
    let accept = send(&mock, "GET", "/api/v1/apps", &[("Accept", "application/xml")]);
    assert_eq!((method.status, method.error_code().as_str()), (405, "E0000022"));
    assert_eq!((accept.status, accept.error_code().as_str()), (400, "E0000019"));
    let summary = "Bad request. Accept and/or Content-Type headers likely do not match supported values.";
    assert_eq!(accept.json()["errorSummary"], summary);
    assert_eq!((header_names(&method), header_names(&accept)), (few.clone(), few));
}

#[test]
fn rate_limited_answers_have_no_cache_headers() {
    let mock = Served::start(MockServer::builder().load(Load::Guide).rate_limit(2));
    let answers: Vec<_> = (0..3).map(|_| send(&mock, "GET", "/api/v1/apps", &[])).collect();
    let remaining: Vec<_> =
        answers.iter().map(|answer| (answer.status, answer.header("x-rate-limit-remaining"))).collect();
    assert_eq!(remaining, [(200, Some("1")), (200, Some("0")), (429, Some("0"))]);
    assert_eq!(
        header_names(&answers[2]),
        names(&[&PER_REQUEST, &["content-type", "x-content-type-options", "date"]])
    );
    assert_eq!(answers[2].error_code(), "E0000047");
}

#[test]
fn a_refused_access_token_gets_a_challenge_and_no_body() {
    let mock = Served::start(MockServer::builder());
    for (target, method, scope) in
        [("/api/v1/apps", "GET", "okta.apps.read"), ("/api/v1/apps/x", "DELETE", "okta.apps.manage")]
    {
        let answer =
            send(&mock, method, target, &[("Authorization", "Bearer \"x\""), ("Host", "dev-1.example.test")]);
        assert_eq!((answer.status, answer.body.as_slice()), (401, &b""[..]));
        let challenge = format!(
            "Bearer authorization_uri=\"http://dev-1.example.test/oauth2/v1/authorize\", realm=\"http://dev-1.example.test\", scope=\"{scope}\", error=\"invalid_token\", error_description=\"The access token is invalid.\", resource=\"{target}\""
        );
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()));
    }
}

#[test]
fn list_pages_link_to_themselves_and_the_next_page() {
    let mock = Served::start(MockServer::builder());
    let links = |answer: &Answer| -> Vec<String> {
        answer.headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value.clone()).collect()
    };
    let host = [("Host", "dev-1.example.test")];
    let first = send(&mock, "GET", "/api/v1/apps?limit=2", &host);
    let last = first.json()[1]["id"].as_str().expect("an id").to_owned();
    let list = "http://dev-1.example.test/api/v1/apps";
    let wanted =
        [format!("<{list}?limit=2>; rel=\"self\""), format!("<{list}?after={last}&limit=2>; rel=\"next\"")];
    assert_eq!(links(&first), wanted);
    // Following the links meets every app once, by id.
    let (mut ids, mut target) = (Vec::new(), "/api/v1/apps?limit=2".to_owned());
    loop {
        let page = send(&mock, "GET", &target, &host);
        ids.extend(page.json().as_array().expect("a list").iter().map(|app| app["id"].to_string()));
        let next = links(&page).into_iter().find(|link| link.ends_with("rel=\"next\""));
        let Some(next) = next else { break };
        target = next[1..].split('>').next().expect("a link").replacen("http://dev-1.example.test", "", 1);
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((ids.len(), &ids), (6, &sorted));
    let all = send(&mock, "GET", "/api/v1/apps?q=o&filter=status+eq+%22ACTIVE%22", &host);
    assert_eq!(links(&all), [format!("<{list}?limit=20&q=o&filter=status+eq+%22ACTIVE%22>; rel=\"self\"")]);
}
