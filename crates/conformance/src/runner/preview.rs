//! What a run would send, without sending it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::arming::changes;
use super::{Plan, Runner};
use crate::actor;
use crate::expression::{Scope, StepOutputs, Template};
use crate::flow::{Call, Flow, PlannedRun, Step};
use crate::secrets::Vault;
use crate::transport::{Armed, Change, is_loopback};

impl Runner {
    /// Every request of the run, flow by flow; what is left out and why; what
    /// cannot be undone. Values that earlier answers give are shown by name.
    pub fn preview(&self) -> String {
        let plan = &self.0;
        let mut text = String::new();
        match &plan.target {
            None => text.push_str("against a mock in this process; nothing of anybody's is touched\n"),
            Some(url) => plan.preview_target(&mut text, url),
        }
        for run in &plan.runs {
            plan.preview_run(&mut text, run);
        }
        if plan.target.is_some() && plan.safety.armed.is_some() {
            plan.preview_end(&mut text);
        }
        // The inputs hold secrets; here they are shown by name, as everywhere.
        let all = plan.secrets.iter().map(|value| ("other".to_owned(), value.clone()));
        match Vault::new(all) {
            Ok(vault) => vault.redact(&text),
            Err(reason) => format!("the plan cannot be shown: {reason}\n"),
        }
    }
}

impl Plan {
    /// What the user armed, as far as it can be known without asking the org.
    fn assumed(&self) -> Option<Armed> {
        self.safety.armed.as_ref()?;
        Some(Armed {
            named: self.apps.iter().map(|(_, id)| (id.clone(), true)).collect(),
            create_apps: self.safety.create_apps,
            replace_credentials: self.safety.replace_credentials,
            ..Armed::default()
        })
    }

    fn preview_target(&self, text: &mut String, url: &reqwest::Url) {
        let origin = url.origin().ascii_serialization();
        let _ = writeln!(text, "against {origin}; as an org, not as a mock");
        let mut reads = Vec::new();
        if is_loopback(url) {
            reads.push("GET    /_mock   (whether it is a mock)".to_owned());
        }
        reads.push("GET    /api/v1/apps?limit=1".to_owned());
        for (_, id) in &self.apps {
            reads.push(format!("GET    /api/v1/apps/{id}"));
            reads.push(format!("GET    /api/v1/apps/{id}/connections/default"));
            reads.push(format!("GET    /api/v1/apps/{id}/features"));
        }
        let _ = writeln!(text, "\nbefore anything else");
        for read in reads {
            let _ = writeln!(text, "    {read}");
        }
    }

    /// What putting back sends, at most.
    fn preview_end(&self, text: &mut String) {
        let _ = writeln!(text, "\nat the end, if anything was changed");
        for (_, id) in self.touched() {
            let app = format!("/api/v1/apps/{id}");
            for (method, path, why) in [
                ("GET   ", app.clone(), "before and after"),
                ("GET   ", format!("{app}/connections/default"), "before and after"),
                ("GET   ", format!("{app}/features"), "before and after"),
                (
                    "PUT   ",
                    format!("{app}/features/{{featureName}}"),
                    "each that differs from what was found",
                ),
                (
                    "POST  ",
                    format!("{app}/connections/default/lifecycle/activate or deactivate"),
                    "if it differs",
                ),
                ("POST  ", format!("{app}/lifecycle/activate or deactivate"), "if it differs"),
            ] {
                let _ = writeln!(text, "    {method} {path}   ({why})");
            }
        }
        text.push_str("    apps of this run that are still there are looked for, deactivated and deleted\n");
    }

    fn preview_run(&self, text: &mut String, run: &PlannedRun) {
        let _ = writeln!(text, "\n{}", run.name());
        if let Some(reason) = self.left_out(run) {
            let _ = writeln!(text, "    left out: {reason}");
            return;
        }
        let mut inputs = run.inputs.clone();
        let named = run.app.as_deref().and_then(|app| self.app_id(app));
        if run.flow.needs_app() {
            let id = named.map_or_else(|| "{the app that this run creates}".to_owned(), ToOwned::to_owned);
            if named.is_none() {
                let _ = writeln!(
                    text,
                    "    POST   /api/v1/apps?activate=true   (an app for this flow)\n    GET    /api/v1/apps/{id}   (that it is the one)"
                );
            }
            inputs.insert("appId".to_owned(), id.into());
        }
        let sets =
            changes(&self.library, &run.flow).iter().any(|change| matches!(change, Change::Credential(_)));
        if let (true, Some(id)) = (sets, named) {
            let _ = writeln!(text, "    GET    /api/v1/apps/{id}/connections/default");
            let _ = writeln!(
                text,
                "    POST   /api/v1/apps/{id}/connections/default/lifecycle/deactivate   (if it is enabled)"
            );
        }
        self.preview_steps(text, &run.flow, &inputs);
        if run.flow.needs_app() && named.is_none() {
            let id = "{the app that this run creates}";
            let _ = writeln!(
                text,
                "    POST   /api/v1/apps/{id}/lifecycle/deactivate\n    DELETE /api/v1/apps/{id}\n    GET    /api/v1/apps/{id}   (that it is gone)"
            );
        }
        let replaces =
            changes(&self.library, &run.flow).iter().any(|change| matches!(change, Change::Credential(_)));
        if let (true, Some(id)) = (replaces, named) {
            let _ =
                writeln!(text, "    CANNOT BE UNDONE: the token or key that is stored for {id} is replaced");
        }
    }

    fn left_out(&self, run: &PlannedRun) -> Option<String> {
        self.target.as_ref()?;
        if run.flow.needs_mock() {
            return Some("only the mock can do this".to_owned());
        }
        let writes = !changes(&self.library, &run.flow).is_empty();
        match self.assumed() {
            Some(armed) if writes => self.held_back(run, &armed),
            None if writes => Some("it writes, and the org is not armed (--allow-writes)".to_owned()),
            Some(_) if self.makes_app(run) => None,
            _ if run.flow.needs_app() && run.app.as_deref().and_then(|app| self.app_id(app)).is_none() => {
                Some("no app of the org is named for it (--app)".to_owned())
            }
            _ => None,
        }
    }

    /// Why the guard would refuse a request. An id that an answer gives is that of an app of the run.
    fn not_sent(&self, method: &reqwest::Method, path: &str) -> Option<String> {
        let armed = self.target.as_ref().and_then(|_| self.assumed())?;
        let change = Change::of(method, path)?;
        if change != Change::CreateApp && path.contains('{') {
            return None;
        }
        armed.check(&change).err()
    }

    fn preview_steps(&self, text: &mut String, flow: &Flow, inputs: &Map<String, Value>) {
        let (none, steps) = (Map::new(), StepOutputs::default());
        let scope = Scope { inputs, steps: &steps, outputs: &none, exchange: None };
        let shown = |template: &Template| {
            template.fill(&scope).map_or_else(
                |lacking| format!("{{{lacking}}}"),
                |value| crate::expression::as_text(&value).into_owned(),
            )
        };
        let mut not_sent: Vec<String> = Vec::new();
        for step in &flow.steps {
            match &step.call {
                Call::Operation { source, .. } if source == actor::SOURCE => {
                    let _ = writeln!(text, "    (a person) {}", step.description);
                }
                Call::Operation { operation, .. } => {
                    let mut path = operation.path.clone();
                    let mut query = Vec::new();
                    for (place, name, template) in &step.parameters {
                        match place {
                            crate::flow::Place::Path => {
                                path = path.replace(&format!("{{{name}}}"), &shown(template))
                            }
                            crate::flow::Place::Query => query.push(format!("{name}={}", shown(template))),
                            _ => {}
                        }
                    }
                    let query =
                        if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
                    let shown = format!("{:<6} {path}{query}", operation.method.as_str());
                    let needed = not_sent.iter().find(|id| shown.contains(&format!("$steps.{id}.")));
                    let refused = match needed {
                        Some(id) => Some(format!("it needs the step `{id}`")),
                        None => self.not_sent(&operation.method, &path),
                    };
                    let _ = match refused {
                        Some(reason) => {
                            not_sent.push(step.id.clone());
                            writeln!(text, "    not sent: {shown}   ({reason})")
                        }
                        None => writeln!(text, "    {shown}{}", body(step, &scope)),
                    };
                }
                Call::Flow(id) => {
                    let Some(called) = self.library.flow(id) else { continue };
                    let mut inner = Map::new();
                    for (_, name, template) in &step.parameters {
                        if let Ok(value) = template.fill(&scope) {
                            inner.insert(name.clone(), value);
                        }
                    }
                    self.preview_steps(text, called, &inner);
                }
            }
        }
    }
}

/// The body, where everything in it is known beforehand.
fn body(step: &Step, scope: &Scope<'_>) -> String {
    let Some(payload) = step.body.as_ref().and_then(|body| body.payload.as_ref()) else {
        return String::new();
    };
    payload.fill(scope).map_or_else(|_| "   {…}".to_owned(), |value| format!("   {value}"))
}
