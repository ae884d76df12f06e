//! Compares answers with recorded ones, byte for byte, including the order of members. Values that differ
//! between orgs are replaced by numbered placeholders, so that equal values still have to be equal, such as
//! the app's id in its links.
//!
//! A file of `tests/fixtures/recorded` is a conversation: calls and answers in order.

use okta_mock_server::{Load, MockServer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::{Captures, Regex};
use serde_json::Value;
use workspace_tests::wire::{Served, request};
use workspace_tests::{Answer, ContractCheck, json_file};

/// Replaces volatile values. A numbered placeholder keeps its number throughout a conversation.
struct Placeholders {
    origin: String,
    admin: String,
    numbered: Vec<(&'static str, Vec<String>)>,
}

const NUMBERED: [(&str, &str); 5] = [
    (r"0oa[A-Za-z0-9]{17}", "app"),
    (r"00o[A-Za-z0-9]{17}", "org"),
    (r"rst[A-Za-z0-9]{17}", "policy"),
    (r#""kid":"(?<value>[A-Za-z0-9_-]{43})""#, "kid"),
    (r"&state=(?<value>[A-Za-z0-9_-]{22})&", "state"),
];
const PLAIN: [(&str, &str); 2] =
    [(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", "{time}"), (r"oae[A-Za-z0-9_-]{21}[AQgw]", "{errorId}")];

impl Placeholders {
    fn new(host: &str) -> Self {
        let (label, rest) = host.split_once('.').expect("a domain");
        Self {
            origin: format!("https://{host}"),
            admin: format!("https://{label}-admin.{rest}"),
            numbered: NUMBERED.map(|(_, name)| (name, Vec::new())).into(),
        }
    }

    fn put_into(&mut self, text: &str) -> String {
        const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let encoded = utf8_percent_encode(&self.origin, &KEPT).to_string();
        let mut text = text
            .replace(&encoded, "{origin%}")
            .replace(&self.admin, "{admin}")
            .replace(&self.origin, "{origin}");
        for (form, (name, values)) in NUMBERED.iter().zip(&mut self.numbered) {
            let form = Regex::new(form.0).expect("a pattern");
            let number = |found: &Captures<'_>| {
                let matched = found[0].to_owned();
                let value =
                    found.name("value").map_or_else(|| matched.clone(), |group| group.as_str().to_owned());
                let index = values.iter().position(|known| *known == value).unwrap_or_else(|| {
                    values.push(value.clone());
                    values.len() - 1
                });
                let single = ["kid", "state"].contains(name);
                matched.replace(
                    &value,
                    &if single { format!("{{{name}}}") } else { format!("{{{name}{index}}}") },
                )
            };
            text = form.replace_all(&text, number).into_owned();
        }
        for (form, placeholder) in PLAIN {
            text = Regex::new(form).expect("a pattern").replace_all(&text, placeholder).into_owned();
        }
        text
    }

    /// Replaces placeholders with the ids of the apps.
    fn fill(&self, target: &str) -> String {
        let (_, apps) = &self.numbered[0];
        apps.iter()
            .enumerate()
            .fold(target.to_owned(), |text, (index, id)| text.replace(&format!("{{app{index}}}"), id))
    }
}

fn call(mock: &Served, host: &str, method: &str, target: &str, body: Option<&str>) -> Answer {
    let headers = [("Host", host), ("X-Forwarded-Proto", "https")];
    let mut wire = mock.connect();
    wire.write(&request(method, target, &headers, body.map(str::as_bytes)));
    let answer = wire.read_answer(method).expect("an answer");
    ContractCheck::shared().assert(method, target, &answer);
    answer
}

fn replay(name: &str) {
    let conversation = json_file(&format!("tests/fixtures/recorded/{name}.json"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let host = text(&conversation["host"]);
    let mock = Served::start(MockServer::builder().load(Load::Empty).allowed_host("*"));
    let mut placeholders = Placeholders::new(&host);
    let mut compared = 0;
    for step in conversation["calls"].as_array().expect("calls") {
        let (method, target) = (text(&step["method"]), placeholders.fill(&text(&step["target"])));
        let body = step.get("body").map(Value::to_string);
        let answer = call(&mock, &host, &method, &target, body.as_deref());
        assert_eq!(answer.status, step["status"], "{name}: {method} {target}: {answer:?}");
        let actual = placeholders.put_into(answer.text());
        match step.get("answer") {
            Some(wanted) => {
                assert_eq!(actual, wanted.to_string(), "{name}: {method} {target}");
                compared += 1;
            }
            None => assert!(answer.status != 204 || actual.is_empty(), "{name}: {method} {target}: {actual}"),
        }
    }
    assert!(compared > 0, "{name} compares nothing");
}

macro_rules! conversations {
    ($($test:ident = $name:literal;)+) => {
        $(
            #[test]
            fn $test() {
                replay($name);
            }
        )+

        #[test]
        fn every_recorded_conversation_is_replayed() {
            let folder = std::fs::read_dir(workspace_tests::repository("tests/fixtures/recorded")).unwrap();
            let mut files: Vec<_> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            files.sort_unstable();
            let mut known = vec![$(concat!($name, ".json").to_owned()),+];
            known.sort_unstable();
            assert_eq!(files, known);
        }
    };
}

conversations! {
    app_zoomus = "app-zoomus";
    app_org2org_saml = "app-org2org-saml";
    app_org2org_openid_connect = "app-org2org-openid-connect";
    app_org2org_imports = "app-org2org-imports";
    app_org2org_pushes = "app-org2org-pushes";
    app_bookmark = "app-bookmark";
    app_inactive = "app-inactive";
    app_without_provisioning = "app-without-provisioning";
    connection_token = "connection-token";
    connection_service_app = "connection-service-app";
    connection_consent = "connection-consent";
    features_defaults = "features-defaults";
    errors = "errors";
}
