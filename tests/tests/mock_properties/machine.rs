//! The calls of the state machine: their generation, and their effect on the model.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;
use serde_json::{Value, json};

use super::model::{App, Expected, KINDS, Model, ok, with_body};
use super::model_features::{Features, INBOUND, USER};
use super::model_settings::{BadSetting, Setting};
use super::patches::{inbound_patch, user_patch};

const MAX_APPS: usize = 7;

/// A call.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Create {
        kind: &'static str,
        active: bool,
        base_url: bool,
    },
    ActivateApp(usize),
    DeactivateApp(usize),
    DeleteApp(usize),
    /// PUT with another label and, for okta_org2org, another base URL.
    ReplaceApp {
        app: usize,
        base_url: &'static str,
    },
    SetConnection {
        app: usize,
        setting: Setting,
        activate: Option<&'static str>,
    },
    ActivateConnection(usize),
    DeactivateConnection(usize),
    /// A client that does not ask for HTML opens the authorize link and gets a code.
    Authorize(usize),
    Redirect {
        name: &'static str,
        code: Option<usize>,
        attempt: Option<usize>,
        denied: bool,
    },
    Callback {
        name: &'static str,
        app: usize,
        code: Option<usize>,
        attempt: Option<usize>,
    },
    ListFeatures(usize),
    GetFeature {
        app: usize,
        name: &'static str,
    },
    PutFeature {
        app: usize,
        name: &'static str,
        patch: Option<Value>,
    },
    Wait(u32),
}

pub(crate) struct Org;

impl ReferenceStateMachine for Org {
    type State = Model;
    type Transition = Call;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Call> {
        let mut choices = vec![(if model.apps.len() < MAX_APPS { 6 } else { 0 }, create())];
        if !model.apps.is_empty() {
            choices.extend(app_calls(model.apps.len()));
            choices.extend(consent_calls(model));
        }
        choices.push((1, select(vec![1, 300, 599, 600, 3000, 3599, 3600]).prop_map(Call::Wait).boxed()));
        choices.retain(|(weight, _)| *weight > 0);
        Union::new_weighted(choices).boxed()
    }

    fn preconditions(model: &Model, call: &Call) -> bool {
        let app_there = |app: usize| app < model.apps.len();
        let seen = |attempt: Option<usize>| {
            attempt.is_none_or(|index| model.attempts.get(index).is_some_and(|attempt| attempt.seen))
        };
        let issued = |code: Option<usize>| code.is_none_or(|index| index < model.codes.len());
        match call {
            Call::Create { .. } => model.apps.len() < MAX_APPS,
            Call::Wait(_) => true,
            Call::Authorize(attempt) => seen(Some(*attempt)),
            Call::Redirect { code, attempt, .. } => issued(*code) && seen(*attempt),
            Call::Callback { app, code, attempt, .. } => app_there(*app) && issued(*code) && seen(*attempt),
            Call::ActivateApp(app)
            | Call::DeactivateApp(app)
            | Call::DeleteApp(app)
            | Call::ReplaceApp { app, .. }
            | Call::SetConnection { app, .. }
            | Call::ActivateConnection(app)
            | Call::DeactivateConnection(app)
            | Call::ListFeatures(app)
            | Call::GetFeature { app, .. }
            | Call::PutFeature { app, .. } => app_there(*app),
        }
    }

    fn apply(mut model: Model, call: &Call) -> Model {
        let outcome = step(&mut model, call);
        model.expected = outcome.unwrap_or_else(|refusal| refusal);
        // The link shows a state as long as the connection is disabled.
        let shown =
            model.apps.iter().filter(|app| !app.deleted && !app.enabled).filter_map(|app| app.attempt);
        for attempt in shown.collect::<Vec<_>>() {
            model.attempts[attempt].seen = true;
        }
        model
    }
}

fn step(model: &mut Model, call: &Call) -> Result<Expected, Expected> {
    match call {
        Call::Create { kind, active, base_url } => {
            model.apps.push(App {
                kind,
                active: *active,
                deleted: false,
                base_url: (*kind == "okta_org2org" && *base_url)
                    .then(|| "https://hub.example.com".to_owned()),
                connection: None,
                enabled: false,
                granted: false,
                attempt: None,
                features: Features::default(),
            });
            Ok(ok(200))
        }
        Call::ActivateApp(app) => set_active(model, *app, true),
        Call::DeactivateApp(app) => set_active(model, *app, false),
        Call::DeleteApp(app) => {
            if model.known(*app)?.active {
                return Err(Expected {
                    code: "E0000056",
                    cause: Some("The application must be deactivated before deletion."),
                    ..ok(403)
                });
            }
            model.apps[*app].deleted = true;
            Ok(ok(204))
        }
        Call::ReplaceApp { app, base_url } => {
            model.known(*app)?;
            if model.apps[*app].kind == "okta_org2org" {
                model.apps[*app].base_url = Some((*base_url).to_owned());
            }
            Ok(ok(200))
        }
        Call::SetConnection { app, setting, activate } => {
            let activate = activate.is_some_and(|value| value.eq_ignore_ascii_case("true"));
            model.set_connection(*app, setting, activate)
        }
        Call::ActivateConnection(app) => model.activate_connection(*app),
        Call::DeactivateConnection(app) => model.deactivate_connection(*app),
        Call::Authorize(attempt) => {
            model.issue_code(*attempt);
            Ok(ok(302))
        }
        Call::Redirect { name, code, attempt, denied } => model.redirect(name, *code, *attempt, *denied),
        Call::Callback { name, app, code, attempt } => model.callback(name, *app, *code, *attempt),
        Call::ListFeatures(app) => model.list_features(*app),
        Call::GetFeature { app, name } => model.get_feature(*app, name),
        Call::PutFeature { app, name, patch } => model.put_feature(*app, name, patch.as_ref()),
        Call::Wait(seconds) => {
            model.now += u64::from(*seconds);
            Ok(ok(0))
        }
    }
}

fn set_active(model: &mut Model, app: usize, active: bool) -> Result<Expected, Expected> {
    model.known(app)?;
    model.apps[app].active = active;
    Ok(with_body(json!({})))
}

// --- generation of calls

fn create() -> BoxedStrategy<Call> {
    (select(KINDS.to_vec()), prop::bool::weighted(0.9), prop::bool::weighted(0.7))
        .prop_map(|(kind, active, base_url)| Call::Create { kind, active, base_url })
        .boxed()
}

fn app_calls(apps: usize) -> Vec<(u32, BoxedStrategy<Call>)> {
    let app = 0..apps;
    let each = |weight, call: fn(usize) -> Call| (weight, (0..apps).prop_map(call).boxed());
    vec![
        each(3, Call::ActivateApp),
        each(2, Call::DeactivateApp),
        each(1, Call::DeleteApp),
        each(8, Call::ActivateConnection),
        each(4, Call::DeactivateConnection),
        each(2, Call::ListFeatures),
        (
            2,
            (app.clone(), select(vec!["https://a.example.com", "https://b.example.com/x"]))
                .prop_map(|(app, base_url)| Call::ReplaceApp { app, base_url })
                .boxed(),
        ),
        (
            14,
            (app.clone(), setting(), select(ACTIVATE.to_vec()))
                .prop_map(|(app, setting, activate)| Call::SetConnection { app, setting, activate })
                .boxed(),
        ),
        (
            3,
            (app.clone(), select(vec![USER, INBOUND, "INVALID_FEATURE", "user_provisioning"]))
                .prop_map(|(app, name)| Call::GetFeature { app, name })
                .boxed(),
        ),
        (12, put_feature(app)),
    ]
}

const ACTIVATE: [Option<&str>; 8] =
    [None, None, None, Some("true"), Some("TRUE"), Some("True"), Some("false"), Some("1")];

fn setting() -> impl Strategy<Value = Setting> {
    let base_url = select(vec![None, Some("https://scim.example.net/111/scim"), Some("http://x.example/")]);
    let rotation = select(vec![None, Some("AUTO"), Some("MANUAL")]);
    prop_oneof![
        4 => base_url.prop_map(|base_url| Setting::Token { base_url }),
        2 => (select(vec!["0oaclient000000001d7", "other"]), rotation)
            .prop_map(|(client_id, rotation)| Setting::Service { client_id, rotation }),
        6 => prop::bool::weighted(0.9).prop_map(|administrator| Setting::Consent { administrator }),
        2 => select(vec![
            BadSetting::NotJson, BadSetting::Array, BadSetting::NoProfile, BadSetting::NoScheme,
            BadSetting::SchemeOauth, BadSetting::SchemeUnknown, BadSetting::TokenWrongType,
            BadSetting::TokenBlank, BadSetting::ClientIdMissing, BadSetting::RotationWrong,
            BadSetting::PasswordMissing,
        ]).prop_map(Setting::Bad),
    ]
}

/// Mostly calls that succeed: a code of the open attempt, at the right app.
fn consent_calls(model: &Model) -> Vec<(u32, BoxedStrategy<Call>)> {
    let seen: Vec<usize> = (0..model.attempts.len()).filter(|index| model.attempts[*index].seen).collect();
    let open: Vec<usize> = seen
        .iter()
        .copied()
        .filter(|index| model.apps[model.attempts[*index].app].attempt == Some(*index))
        .collect();
    let mut calls = Vec::new();
    if !open.is_empty() {
        calls.push((8, select(open).prop_map(Call::Authorize).boxed()));
    }
    if !seen.is_empty() {
        calls.push((1, select(seen.clone()).prop_map(Call::Authorize).boxed()));
    }
    if model.codes.is_empty() {
        return calls;
    }
    let right: Vec<_> = model
        .codes
        .iter()
        .enumerate()
        .rev()
        .take(4)
        .map(|(index, code)| (index, code.attempt, model.attempts[code.attempt].app, code.kind))
        .collect();
    calls.push((
        4,
        select(right.clone())
            .prop_map(|(code, attempt, _, name)| Call::Redirect {
                name,
                code: Some(code),
                attempt: Some(attempt),
                denied: false,
            })
            .boxed(),
    ));
    calls.push((
        8,
        select(right)
            .prop_map(|(code, attempt, app, name)| Call::Callback {
                name,
                app,
                code: Some(code),
                attempt: Some(attempt),
            })
            .boxed(),
    ));
    let one = |all: Vec<usize>| prop_oneof![1 => Just(None), 9 => select(all).prop_map(Some)];
    let codes: Vec<_> = (0..model.codes.len()).collect();
    calls.push((
        3,
        (select(KINDS.to_vec()), 0..model.apps.len(), one(codes.clone()), one(seen.clone()))
            .prop_map(|(name, app, code, attempt)| Call::Callback { name, app, code, attempt })
            .boxed(),
    ));
    calls.push((
        2,
        (select(KINDS.to_vec()), one(codes), one(seen), any::<bool>())
            .prop_map(|(name, code, attempt, denied)| Call::Redirect { name, code, attempt, denied })
            .boxed(),
    ));
    calls
}

fn put_feature(app: std::ops::Range<usize>) -> BoxedStrategy<Call> {
    let named = prop_oneof![
        6 => user_patch().prop_map(|patch| (USER, Some(patch))),
        6 => inbound_patch().prop_map(|patch| (INBOUND, Some(patch))),
        1 => Just((USER, None)),
        1 => Just((INBOUND, None)),
        1 => Just(("NO_SUCH_FEATURE", Some(json!({})))),
    ];
    (app, named).prop_map(|(app, (name, patch))| Call::PutFeature { app, name, patch }).boxed()
}
