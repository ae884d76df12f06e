//! What a run would send, without sending it.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::arming::changes;
use super::flow_run::{REMOVE, labelled, sealed};
use super::{Plan, Runner, target};
use crate::credential::Credential;
use crate::error::RunError;
use crate::flow::{Flow, PlannedRun};
use crate::replay::{CREATED, foresee};
use crate::secrets::{CREDENTIAL, Vault};
use crate::transport::{Armed, Change, Transport, Writes, may_be_mock};

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
            run: self.id.clone(),
            ..Armed::default()
        })
    }

    fn preview_target(&self, text: &mut String, url: &reqwest::Url) {
        let origin = url.origin().ascii_serialization();
        let mut reads = Vec::new();
        if may_be_mock(url) {
            let _ = writeln!(
                text,
                "against {origin}; as the mock, which is written to without --allow-writes, if its GET /_mock says that it is one; as an org if not: what would be left out there says so"
            );
        } else {
            let _ = writeln!(text, "against {origin}; as an org, not as a mock");
        }
        if may_be_mock(url) {
            reads.push("GET    /_mock   (whether it is a mock)".to_owned());
        }
        reads.push("GET    /api/v1/apps?limit=1".to_owned());
        // Every named app is read to see that it is the one; what will be changed, once more for the undo file.
        let noted: Vec<_> = self.touched().filter(|_| self.safety.armed.is_some()).collect();
        for (_, id) in self.apps.iter().chain(noted) {
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
        let may_be_mock = self.target.as_ref().is_some_and(may_be_mock);
        match self.left_out(run) {
            Some(reason) if may_be_mock => {
                let _ = writeln!(text, "    left out, unless it is the mock: {reason}");
            }
            Some(reason) => {
                let _ = writeln!(text, "    left out: {reason}");
                return;
            }
            None => {}
        }
        let Ok(transport) = self.preview_transport(run) else {
            let _ = writeln!(text, "    its secrets cannot be told from its texts, so it is not shown");
            return;
        };
        let mark = format!(" {}-N", self.id);
        let named = run.app.as_deref().and_then(|app| self.app_id(app));
        let mut sets = changes(&self.library, &run.flow);
        sets.retain(|change| matches!(change, Change::Credential(_)));
        let mut inputs = labelled(sealed(transport.vault(), &run.inputs), &mark);
        if let (true, None) = (run.flow.needs_app(), named) {
            if let Some((flow, example)) = self.creation(run.app.as_deref().unwrap_or_default()) {
                let _ = writeln!(text, "    first, an app for this flow:");
                let example = labelled(sealed(transport.vault(), &example), &mark);
                self.preview_steps(text, &transport, flow, example);
            }
            inputs.insert("appId".to_owned(), CREATED.into());
        }
        if let Some(id) = named {
            inputs.insert("appId".to_owned(), id.into());
            if !sets.is_empty() {
                let connection = format!("/api/v1/apps/{id}/connections/default");
                let _ = writeln!(text, "    GET    {connection}");
                let _ = writeln!(text, "    POST   {connection}/lifecycle/deactivate   (if it is enabled)");
            }
        }
        let made = self.preview_steps(text, &transport, &run.flow, inputs);
        let removes = if run.flow.needs_app() { named.is_none() } else { made.contains_key("appId") };
        if let (true, Some(flow)) = (removes, self.library.flow(REMOVE)) {
            let _ = writeln!(text, "    at its end, the app is removed:");
            let inputs = Map::from_iter([("appId".to_owned(), CREATED.into())]);
            self.preview_steps(text, &transport, flow, inputs);
        }
        if let (false, Some(id)) = (sets.is_empty(), named) {
            let _ =
                writeln!(text, "    CANNOT BE UNDONE: the token or key that is stored for {id} is replaced");
        }
    }

    /// The way out of a run, over which nothing is sent.
    fn preview_transport(&self, run: &PlannedRun) -> Result<Transport, RunError> {
        let base = match &self.target {
            Some(url) => url.clone(),
            None => target::parse("http://127.0.0.1")?,
        };
        let credential = self.credential.clone().unwrap_or_else(Credential::made_up);
        let writes = match (&self.target, self.assumed()) {
            (None, _) => Writes::Free,
            (Some(_), Some(armed)) => Writes::Armed(Arc::new(armed)),
            (Some(_), None) => Writes::Refused("the org is not armed".to_owned()),
        };
        // Nothing is sent, so nothing is waited for.
        let (waits, _) = tokio::sync::mpsc::unbounded_channel();
        let transport = target::transport(&base, writes, &credential, self, waits)?;
        let own = self.secrets_of.get(&run.name()).cloned().unwrap_or_default();
        let others = self.secrets.iter().map(|value| ("other".to_owned(), value.clone()));
        let credential = (CREDENTIAL.to_owned(), credential.secret);
        let vault = Vault::new(std::iter::once(credential).chain(own).chain(others));
        Ok(transport.with_vault(Arc::new(vault.map_err(RunError::Internal)?)))
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

    /// The requests of a flow, from the code that puts them together when they are sent.
    fn preview_steps(
        &self,
        text: &mut String,
        transport: &Transport,
        flow: &Flow,
        inputs: Map<String, Value>,
    ) -> Map<String, Value> {
        let mut steps = Vec::new();
        let outputs = foresee(&self.library, transport, flow, inputs, &mut steps);
        let mut not_sent: Vec<&str> = Vec::new();
        for foreseen in &steps {
            if foreseen.is_of_a_person {
                let _ = writeln!(text, "    (a person) {}", foreseen.step.description);
                continue;
            }
            let request = match &foreseen.request {
                Ok(request) => request,
                Err(reason) => {
                    let _ = writeln!(text, "    not sent: {}   ({reason})", foreseen.operation.id);
                    continue;
                }
            };
            let query = request.url.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
            let line = format!("{:<6} {}{query}", request.method, request.path);
            let needed = not_sent.iter().find(|id| line.contains(&format!("of the answer to {id}}}")));
            let refused = match needed {
                Some(id) => Some(format!("it needs the step `{id}`")),
                None => self.not_sent(&foreseen.operation.method, &request.path),
            };
            if let Some(reason) = refused {
                not_sent.push(&foreseen.step.id);
                let _ = writeln!(text, "    not sent: {line}   ({reason})");
                continue;
            }
            let body = request.body.as_ref().map(|body| format!("   {}", body.text())).unwrap_or_default();
            let _ = writeln!(text, "    {line}{body}");
            // The transport reads an app before the run takes it as its own.
            if self.target.is_some() && foreseen.operation.id == "createApplication" {
                let _ = writeln!(text, "    GET    {}/{CREATED}   (if it was created)", request.path);
            }
        }
        outputs
    }
}
