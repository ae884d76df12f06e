//! The state machine against the shipped router: after each call the answer and all that the org
//! shows of the app are what the model says, and a refused call has changed nothing at all.

use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use serde_json::{Value, json};
use workspace_tests::routed::{ORIGIN, Routed};
use workspace_tests::{Answer, canary, property};

use super::machine::{Call, Org};
use super::model::{Expected, Model};
use super::model_settings::{BadSetting, Setting};

/// The mock, and what stands for the model's placeholders.
pub(crate) struct Driven {
    org: Routed,
    apps: Vec<String>,
    states: Vec<Option<String>>,
    /// The authorize links as they were shown, by attempt.
    links: HashMap<usize, String>,
    codes: Vec<String>,
    /// What each app showed last.
    shown: HashMap<usize, [String; 3]>,
}

prop_state_machine! {
    #![proptest_config(property(8))]

    #[test]
    fn the_org_does_what_the_model_says(sequential 200..260 => Driven);
}

impl StateMachineTest for Driven {
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

    fn apply(mut driven: Self, model: &Model, call: Call) -> Self {
        if let Call::Wait(seconds) = call {
            driven.org.advance(seconds);
            return driven;
        }
        let answer = driven.call(&call);
        driven.check_answer(&call, &answer, &model.expected);
        // Who was called is looked at; the others are, now and then.
        for place in 0..model.apps.len() {
            if call_app(&call, model) == Some(place) || answer.body.len() % 7 == place {
                driven.check_app(place, model, answer.is_refusal());
            }
        }
        driven
    }

    fn teardown(mut driven: Self, model: Model) {
        for place in 0..model.apps.len() {
            driven.check_app(place, &model, false);
        }
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

impl Driven {
    fn call(&mut self, call: &Call) -> Answer {
        let at = |app: &usize, rest: &str| format!("/api/v1/apps/{}{rest}", self.apps[*app]);
        match call {
            Call::Create { kind, active, base_url } => {
                let target = format!("/api/v1/apps?activate={active}");
                let answer = self.org.send("POST", &target, Some(&new_app(kind, *base_url)));
                self.apps.push(answer.json()["id"].as_str().expect("an id").to_owned());
                answer
            }
            Call::ActivateApp(app) => self.org.send("POST", &at(app, "/lifecycle/activate"), None),
            Call::DeactivateApp(app) => self.org.send("POST", &at(app, "/lifecycle/deactivate"), None),
            Call::DeleteApp(app) => self.org.send("DELETE", &at(app, ""), None),
            Call::ReplaceApp { app, base_url } => {
                let body = json!({"label": "Another label", "settings": {"app": {"baseUrl": base_url}}});
                self.org.send("PUT", &at(app, ""), Some(&body.to_string()))
            }
            Call::SetConnection { app, setting, activate } => {
                let query = activate.map_or_else(String::new, |it| format!("?activate={it}"));
                let target = at(app, "/connections/default") + &query;
                self.org.send("POST", &target, Some(&setting_body(setting)))
            }
            Call::ActivateConnection(app) => {
                self.org.send("POST", &at(app, "/connections/default/lifecycle/activate"), None)
            }
            Call::DeactivateConnection(app) => {
                self.org.send("POST", &at(app, "/connections/default/lifecycle/deactivate"), None)
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
            Call::ListFeatures(app) => self.org.send("GET", &at(app, "/features"), None),
            Call::GetFeature { app, name } => {
                self.org.send("GET", &at(app, &format!("/features/{name}")), None)
            }
            Call::PutFeature { app, name, patch } => {
                let body = patch.as_ref().map_or_else(|| "{\"update\": ".to_owned(), Value::to_string);
                self.org.send("PUT", &at(app, &format!("/features/{name}")), Some(&body))
            }
            Call::Wait(_) => unreachable!("no call of the org"),
        }
    }

    /// Opens the link that the connection showed, and reads the code off the redirect.
    fn authorize(&mut self, attempt: usize) -> Answer {
        let state = self.states[attempt].clone().expect("a state that was seen");
        let target = self.links[&attempt].strip_prefix(ORIGIN).expect("a link of this org").to_owned();
        let answer = self.org.send("GET", &target, None);
        let location = answer.header("location").expect("a redirect");
        assert!(location.ends_with(&format!("&state={state}")), "{location}");
        let Some(code) = location.split(['?', '&']).find_map(|it| it.strip_prefix("code=")) else {
            assert!(location.contains("?error=invalid_request&"), "{location}");
            return answer;
        };
        assert!(!self.codes.iter().any(|other| other == code), "a code twice");
        self.codes.push(code.to_owned());
        answer
    }

    fn query(&self, code: Option<usize>, attempt: Option<usize>) -> String {
        let code = code.map(|it| format!("code={}", self.codes[it]));
        let state = attempt.map(|it| format!("state={}", self.states[it].as_ref().expect("a state")));
        code.into_iter().chain(state).collect::<Vec<_>>().join("&")
    }

    /// A text with the model's placeholders in the place of what stands for them.
    fn with_placeholders(&self, text: &str) -> String {
        let encoded =
            utf8_percent_encode(ORIGIN, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%2E", ".");
        let mut text = text.replace(ORIGIN, "{org}").replace(&encoded, "{org%}");
        for (place, id) in self.apps.iter().enumerate() {
            text = text.replace(id, &format!("{{app{place}}}"));
        }
        for (place, state) in self.states.iter().enumerate() {
            if let Some(state) = state {
                text = text.replace(state.as_str(), &format!("{{state{place}}}"));
            }
        }
        for (place, code) in self.codes.iter().enumerate() {
            text = text.replace(code.as_str(), &format!("{{code{place}}}"));
        }
        text
    }

    fn check_answer(&mut self, call: &Call, answer: &Answer, expected: &Expected) {
        let came = (answer.status, answer.error_code());
        assert_eq!(came, (expected.status, expected.code.to_owned()), "{call:?}: {answer:?}");
        if answer.is_refusal() {
            let body: Value = serde_json::from_str(&self.with_placeholders(answer.text())).expect("JSON");
            let summary = body["errorSummary"].as_str().expect("a summary");
            if let Some(subject) = &expected.subject {
                let (_, came) = summary.split_once(": ").unwrap_or(("", summary));
                assert_eq!(came, subject, "{call:?}: {answer:?}");
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

    /// A state is first seen where the model expects it in the authorize link.
    fn learn_state(&mut self, came: &str, expected: &Value) {
        let href = |body: &Value| Some(body.pointer("/_links/authorize/href")?.as_str()?.to_owned());
        let Some(wanted) = href(expected) else { return };
        let link = serde_json::from_str(came).ok().and_then(|body| href(&body));
        let link = link.unwrap_or_else(|| panic!("no authorize link in {came}"));
        let of = |link: &str| {
            let state = link.split("&state=").nth(1).and_then(|it| it.split('&').next());
            state.expect("a state").to_owned()
        };
        let number: usize =
            of(&wanted).trim_matches(['{', '}']).trim_start_matches("state").parse().expect("a number");
        if self.states.len() <= number {
            self.states.resize(number + 1, None);
        }
        if self.states[number].is_none() {
            let state = of(&link);
            assert!(!self.states.iter().flatten().any(|other| *other == state), "a state twice: {state}");
            self.states[number] = Some(state);
            self.links.insert(number, link);
        }
    }

    /// All that the org shows of an app is what the model says, and as before after a refusal.
    fn check_app(&mut self, place: usize, model: &Model, refused: bool) {
        let id = self.apps[place].clone();
        let read = |part: &str| self.org.send("GET", &format!("/api/v1/apps/{id}{part}"), None);
        let (app, connection, features) = (read(""), read("/connections/default"), read("/features"));
        let state = &model.apps[place];
        if state.deleted {
            for answer in [app, connection, features] {
                assert_eq!((answer.status, answer.error_code().as_str()), (404, "E0000007"));
            }
            self.shown.remove(&place);
            return;
        }
        let object = app.json();
        assert_eq!(object["status"], if state.active { "ACTIVE" } else { "INACTIVE" });
        assert_eq!(object["features"], json!(model.feature_names(place)));
        let expected = state.shown_connection(place);
        self.learn_state(connection.text(), &expected);
        let shown = self.with_placeholders(connection.text());
        assert_eq!(shown, expected.to_string());
        let wanted = model.list_features(place).unwrap_or_else(|refusal| refusal);
        self.check_answer(&Call::ListFeatures(place), &features, &wanted);
        let features = if features.is_refusal() { features.error_code() } else { features.text().to_owned() };
        let now = [app.text().to_owned(), shown, features];
        let before = self.shown.insert(place, now.clone());
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
            let signing = rotation.map(|it| json!({"rotationMode": it}));
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
