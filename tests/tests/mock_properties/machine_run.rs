//! Runs the state machine against the router. After each call, the answer and the visible state of the app
//! match the model, and a refused call has changed nothing.

use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use workspace_tests::routed::{ORIGIN, Routed};
use workspace_tests::{Answer, canary, property};

use super::machine::{Call, Org};
use super::model::{Expected, Model};
use super::model_settings::{BadSetting, Setting};

/// The mock, and the values of the model's placeholders.
pub(crate) struct MockUnderTest {
    org: Routed,
    apps: Vec<String>,
    states: Vec<Option<String>>,
    /// The authorize links that were shown, by attempt.
    links: HashMap<usize, String>,
    codes: Vec<String>,
    /// The last visible state of each app.
    shown: HashMap<usize, [String; 3]>,
}

prop_state_machine! {
    #![proptest_config(property(8))]

    #[test]
    fn the_org_behaves_like_the_model(sequential 200..260 => MockUnderTest);
}

impl StateMachineTest for MockUnderTest {
    type SystemUnderTest = Self;
    type Reference = Org;

    fn init_test(_: &Model) -> Self {
        Self {
            org: Routed::empty(),
            apps: Vec::new(),
            states: Vec::new(),
            links: HashMap::new(),
            codes: Vec::new(),
            shown: HashMap::new(),
        }
    }

    fn apply(mut mock: Self, model: &Model, call: Call) -> Self {
        if let Call::Wait(seconds) = call {
            mock.org.advance(seconds);
            return mock;
        }
        let answer = mock.call(&call);
        mock.check_answer(&call, &answer, &model.expected);
        // Checks the app of the call, and other apps now and then.
        for index in 0..model.apps.len() {
            if call_app(&call, model) == Some(index) || answer.body.len() % 7 == index {
                mock.check_app(index, model, answer.is_refusal());
            }
        }
        mock
    }

    fn teardown(mut mock: Self, model: Model) {
        for index in 0..model.apps.len() {
            mock.check_app(index, &model, false);
        }
        let living = model.apps.iter().zip(&mock.apps).filter(|(app, _)| !app.deleted);
        let living: Vec<_> = living.map(|(_, id)| id.clone()).collect();
        check_moved_state(&mock.org, &living);
    }
}

/// Checks that another org with the state of this one answers the same, and goes on the same.
fn check_moved_state(org: &Routed, apps: &[String]) {
    let state = org.send("GET", "/_mock/state", None);
    assert_eq!(canary::found_in(&state.body), None);
    let other = Routed::empty();
    assert_eq!(other.send("PUT", "/_mock/state", Some(state.text())).status, 204);
    assert_eq!(other.send("GET", "/_mock/state", None).text(), state.text());
    let same = |method: &str, target: &str| {
        let [one, another] = [org, &other].map(|org| {
            let answer = org.send(method, target, None);
            // Each error has an id of its own.
            if answer.is_refusal() { answer.error_code() } else { answer.text().to_owned() }
        });
        assert_eq!(one, another, "{method} {target}");
    };
    same("GET", "/api/v1/apps?limit=200");
    for app in apps.iter().map(|id| format!("/api/v1/apps/{id}")) {
        same("GET", &format!("{app}/connections/default"));
        same("GET", &format!("{app}/features"));
        same("POST", &format!("{app}/connections/default/lifecycle/activate"));
        same("GET", &format!("{app}/features"));
        same("GET", &format!("{app}/connections/default"));
    }
}

fn call_app(call: &Call, model: &Model) -> Option<usize> {
    match call {
        Call::Create { .. } => Some(model.apps.len() - 1),
        Call::ActivateApp(app)
        | Call::DeactivateApp(app)
        | Call::DeleteApp(app)
        | Call::ActivateConnection(app)
        | Call::DeactivateConnection(app)
        | Call::ListFeatures(app)
        | Call::ReplaceApp { app, .. }
        | Call::SetConnection { app, .. }
        | Call::GetFeature { app, .. }
        | Call::PutFeature { app, .. }
        | Call::Callback { app, .. } => Some(*app),
        Call::Authorize(attempt) | Call::Redirect { attempt: Some(attempt), .. } => {
            Some(model.attempts[*attempt].app)
        }
        Call::Redirect { .. } | Call::Wait(_) => None,
    }
}

impl MockUnderTest {
    fn call(&mut self, call: &Call) -> Answer {
        let app_url = |app: &usize, rest: &str| format!("/api/v1/apps/{}{rest}", self.apps[*app]);
        match call {
            Call::Create { kind, active, base_url } => {
                let target = format!("/api/v1/apps?activate={active}");
                let answer = self.org.send("POST", &target, Some(&new_app(kind, *base_url)));
                self.apps.push(answer.json()["id"].as_str().expect("an id").to_owned());
                answer
            }
            Call::ActivateApp(app) => self.org.send("POST", &app_url(app, "/lifecycle/activate"), None),
            Call::DeactivateApp(app) => self.org.send("POST", &app_url(app, "/lifecycle/deactivate"), None),
            Call::DeleteApp(app) => self.org.send("DELETE", &app_url(app, ""), None),
            Call::ReplaceApp { app, base_url } => {
                let body = json!({"label": "Another label", "settings": {"app": {"baseUrl": base_url}}});
                self.org.send("PUT", &app_url(app, ""), Some(&body.to_string()))
            }
            Call::SetConnection { app, setting, activate } => {
                let query = activate.map_or_else(String::new, |value| format!("?activate={value}"));
                let target = app_url(app, "/connections/default") + &query;
                self.org.send("POST", &target, Some(&setting_body(setting)))
            }
            Call::ActivateConnection(app) => {
                self.org.send("POST", &app_url(app, "/connections/default/lifecycle/activate"), None)
            }
            Call::DeactivateConnection(app) => {
                self.org.send("POST", &app_url(app, "/connections/default/lifecycle/deactivate"), None)
            }
            Call::Authorize(attempt) => self.authorize(*attempt),
            Call::Redirect { name, code, attempt, denied } => {
                let query = self.query(*code, *attempt) + if *denied { "&error=access_denied" } else { "" };
                self.org.send("GET", &format!("/admin/app/cpc/{name}/oauth/callback?{query}"), None)
            }
            Call::Callback { name, app, code, attempt } => {
                let query = self.query(*code, *attempt);
                let target = format!("/api/v1/apps/{name}/{}/oauth2/callback?{query}", self.apps[*app]);
                self.org.send("POST", &target, None)
            }
            Call::ListFeatures(app) => self.org.send("GET", &app_url(app, "/features"), None),
            Call::GetFeature { app, name } => {
                self.org.send("GET", &app_url(app, &format!("/features/{name}")), None)
            }
            Call::PutFeature { app, name, patch } => {
                let body = patch.as_ref().map_or_else(|| "{\"update\": ".to_owned(), Value::to_string);
                self.org.send("PUT", &app_url(app, &format!("/features/{name}")), Some(&body))
            }
            Call::Wait(_) => unreachable!("not a call to the org"),
        }
    }

    /// Opens the authorize link of the connection, and reads the code from the redirect.
    fn authorize(&mut self, attempt: usize) -> Answer {
        let state = self.states[attempt].clone().expect("a state that was seen");
        let target = self.links[&attempt].strip_prefix(ORIGIN).expect("a link of this org").to_owned();
        let answer = self.org.send("GET", &target, None);
        let location = answer.header("location").expect("a redirect");
        assert!(location.ends_with(&format!("&state={state}")), "{location}");
        let Some(code) = location.split(['?', '&']).find_map(|part| part.strip_prefix("code=")) else {
            assert!(location.contains("?error=invalid_request&"), "{location}");
            return answer;
        };
        assert!(!self.codes.iter().any(|other| other == code), "duplicate code");
        self.codes.push(code.to_owned());
        answer
    }

    fn query(&self, code: Option<usize>, attempt: Option<usize>) -> String {
        let code = code.map(|index| format!("code={}", self.codes[index]));
        let state = attempt.map(|index| format!("state={}", self.states[index].as_ref().expect("a state")));
        code.into_iter().chain(state).collect::<Vec<_>>().join("&")
    }

    /// Replaces values in a text with the model's placeholders.
    fn with_placeholders(&self, text: &str) -> String {
        let encoded =
            utf8_percent_encode(ORIGIN, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%2E", ".");
        let mut text = text.replace(ORIGIN, "{org}").replace(&encoded, "{org%}");
        for (index, id) in self.apps.iter().enumerate() {
            text = text.replace(id, &format!("{{app{index}}}"));
        }
        for (index, state) in self.states.iter().enumerate() {
            if let Some(state) = state {
                text = text.replace(state.as_str(), &format!("{{state{index}}}"));
            }
        }
        for (index, code) in self.codes.iter().enumerate() {
            text = text.replace(code.as_str(), &format!("{{code{index}}}"));
        }
        text
    }

    fn check_answer(&mut self, call: &Call, answer: &Answer, expected: &Expected) {
        let actual = (answer.status, answer.error_code());
        assert_eq!(actual, (expected.status, expected.code.to_owned()), "{call:?}: {answer:?}");
        if answer.is_refusal() {
            let body: Value = serde_json::from_str(&self.with_placeholders(answer.text())).expect("JSON");
            let summary = body["errorSummary"].as_str().expect("a summary");
            if let Some(subject) = &expected.subject {
                let (_, actual) = summary.split_once(": ").unwrap_or(("", summary));
                assert_eq!(actual, subject, "{call:?}: {answer:?}");
            }
            if let Some(cause) = expected.cause {
                assert_eq!(body["errorCauses"], json!([{"errorSummary": cause}]), "{call:?}");
            }
        }
        if let Some(body) = &expected.body {
            self.learn_state(answer.text(), body);
            assert_eq!(self.with_placeholders(answer.text()), body.to_string(), "{call:?}");
        }
    }

    /// Learns a state when it first appears in the authorize link.
    fn learn_state(&mut self, actual: &str, expected: &Value) {
        let href = |body: &Value| Some(body.pointer("/_links/authorize/href")?.as_str()?.to_owned());
        let Some(wanted) = href(expected) else { return };
        let link = serde_json::from_str(actual).ok().and_then(|body| href(&body));
        let link = link.unwrap_or_else(|| panic!("no authorize link in {actual}"));
        let state_of = |link: &str| {
            let state = link.split("&state=").nth(1).and_then(|rest| rest.split('&').next());
            state.expect("a state").to_owned()
        };
        let number: usize =
            state_of(&wanted).trim_matches(['{', '}']).trim_start_matches("state").parse().expect("a number");
        if self.states.len() <= number {
            self.states.resize(number + 1, None);
        }
        if self.states[number].is_none() {
            let state = state_of(&link);
            assert!(!self.states.iter().flatten().any(|other| *other == state), "duplicate state: {state}");
            self.states[number] = Some(state);
            self.links.insert(number, link);
        }
    }

    /// Checks that the visible state of an app matches the model, and is unchanged after a refusal.
    fn check_app(&mut self, index: usize, model: &Model, refused: bool) {
        let id = self.apps[index].clone();
        let read = |part: &str| self.org.send("GET", &format!("/api/v1/apps/{id}{part}"), None);
        let (app, connection, features) = (read(""), read("/connections/default"), read("/features"));
        let state = &model.apps[index];
        if state.deleted {
            for answer in [app, connection, features] {
                assert_eq!((answer.status, answer.error_code().as_str()), (404, "E0000007"));
            }
            self.shown.remove(&index);
            return;
        }
        let object = app.json();
        assert_eq!(object["status"], if state.active { "ACTIVE" } else { "INACTIVE" });
        assert_eq!(object["features"], json!(model.feature_names(index)));
        let expected = state.shown_connection(index);
        self.learn_state(connection.text(), &expected);
        let shown = self.with_placeholders(connection.text());
        assert_eq!(shown, expected.to_string());
        let wanted = model.list_features(index).unwrap_or_else(|refusal| refusal);
        self.check_answer(&Call::ListFeatures(index), &features, &wanted);
        let features = if features.is_refusal() { features.error_code() } else { features.text().to_owned() };
        let now = [app.text().to_owned(), shown, features];
        let before = self.shown.insert(index, now.clone());
        assert!(!refused || before.is_none_or(|before| before == now), "a refused call changed {id}");
    }
}

fn new_app(kind: &str, base_url: bool) -> String {
    let hub = base_url.then_some("https://hub.example.com");
    let settings = match kind {
        "okta_org2org" => json!({"baseUrl": hub}),
        "google" | "slack" => json!({"domain": "example.com"}),
        "office365" => json!({"domain": "example.com", "msftTenant": "example"}),
        "zoomus" => json!({"subDomain": "example"}),
        "bookmark" => json!({"url": "https://example.com/"}),
        _ => json!({}),
    };
    json!({"name": kind, "label": "A label", "settings": {"app": settings}}).to_string()
}

fn setting_body(setting: &Setting) -> String {
    let administrator = json!({"adminUsername": canary::USERNAME, "adminPassword": canary::PASSWORD});
    let body = match setting {
        Setting::Token { base_url } => {
            json!({"baseUrl": base_url, "profile": {"authScheme": "TOKEN", "token": canary::TOKEN}})
        }
        Setting::Service { client_id, rotation } => {
            let signing = rotation.map(|mode| json!({"rotationMode": mode}));
            json!({"profile": {"authScheme": "OAUTH2", "clientId": client_id, "signing": signing}})
        }
        Setting::Consent { administrator: true } => {
            json!({"profile": {"authScheme": "OAUTH2", "settings": administrator}})
        }
        Setting::Consent { .. } => json!({"profile": {"authScheme": "OAUTH2"}}),
        Setting::Bad(bad) => return bad_setting(*bad),
    };
    body.to_string()
}

fn bad_setting(bad: BadSetting) -> String {
    let token = canary::TOKEN;
    let url = "https://scim.example.net/";
    let body = match bad {
        BadSetting::NotJson => return format!("{{\"profile\": {{\"token\": {}", json!(token)),
        BadSetting::Array => json!([{"token": token}]),
        BadSetting::NoProfile => json!({"token": token}),
        BadSetting::NoScheme => json!({"profile": {"token": token}}),
        BadSetting::SchemeOauth => json!({"profile": {"authScheme": "OAUTH", "token": token}}),
        BadSetting::SchemeUnknown => json!({"profile": {"authScheme": "UNKNOWN", "token": token}}),
        BadSetting::TokenWrongType => {
            json!({"baseUrl": url, "profile": {"authScheme": "TOKEN", "token": [token]}})
        }
        BadSetting::TokenBlank => json!({"baseUrl": url, "profile": {"authScheme": "TOKEN", "token": " "}}),
        BadSetting::ClientIdMissing => json!({"profile": {"authScheme": "OAUTH2"}}),
        BadSetting::RotationWrong => {
            json!({"profile": {"authScheme": "OAUTH2", "clientId": "c", "signing": {"rotationMode": "auto"}}})
        }
        BadSetting::PasswordMissing => {
            json!({"profile": {"authScheme": "OAUTH2", "settings": {"adminUsername": canary::USERNAME}}})
        }
    };
    body.to_string()
}
