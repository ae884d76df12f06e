//! Prints the requests of a run without sending them. Each request comes from the code that sends it: the
//! first questions to a target (`probe`), the reads of named apps, the steps of the flows, and the restore
//! (`restore`).

use std::fmt::Write as _;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Map, Value};

use super::arming::sets_connection;
use super::flow_run::{REMOVE, labelled, sealed};
use super::run_plan::{RunPlan, Runner};
use super::target;
use crate::credential::{Credential, Kind, Token};
use crate::effect::TOKEN_PATH;
use crate::error::RunError;
use crate::exchange::RequestRecord;
use crate::flow::{ActionKind, Flow, PlannedRun, Step};
use crate::replay::{self, CREATED, preview_flow};
use crate::restore::{self, PlannedCall};
use crate::secrets::{CREDENTIAL, Vault};
use crate::transport::{
    Access, Armed, PlannedRequest, RequestedChange, Transport, Writes, may_be_mock, proof, questions,
};

/// The placeholder of the label of an app that the run creates.
const LABEL_OF_CREATED: &str = "{label of the created app}";

impl Runner {
    /// Lists every request of the run, flow by flow, the skipped flows with reasons, and the changes that
    /// cannot be undone. Values from earlier answers are shown by name.
    pub fn preview(&self) -> String {
        let plan = &self.0;
        let mut sheet = PreviewText { plan, text: String::new(), creates: false };
        let shown = plan.preview_transport(&[]).and_then(|transport| {
            sheet.beginning(&transport);
            plan.runs.iter().for_each(|run| sheet.run(run));
            sheet.end(&transport);
            // The inputs contain secrets, which are shown by name.
            let all = plan.secrets.iter().map(|value| ("other".to_owned(), value.clone()));
            Vault::new(all).map_err(RunError::Internal).map(|vault| vault.redact(&sheet.text))
        });
        shown.unwrap_or_else(|error| format!("the plan cannot be shown: {error}\n"))
    }
}

impl RunPlan {
    /// The permissions that the user gave, as far as they are known without asking the org.
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

    /// The write permissions, if the target is an org.
    fn assumed_writes(&self) -> Writes {
        match (&self.target, self.assumed()) {
            (None, _) => Writes::Free,
            (Some(_), Some(armed)) => Writes::Armed(Arc::new(armed)),
            (Some(url), None) => Writes::Refused(target::unarmed(url.host_str().unwrap_or_default(), self)),
        }
    }

    /// A transport with these secrets that sends nothing.
    fn preview_transport(&self, own: &[(String, String)]) -> Result<Transport, RunError> {
        let base = match &self.target {
            Some(url) => url.clone(),
            None => target::parse("http://127.0.0.1")?,
        };
        let token = match &self.credential {
            Some(Credential(Kind::Token(token))) => token.clone(),
            Some(Credential(Kind::ServiceApp(_))) | None => Token::made_up(),
        };
        let access = Access::with(token);
        // Nothing is sent, so there are no waits.
        let (waits, _) = tokio::sync::mpsc::unbounded_channel();
        let transport = target::transport(&base, self.assumed_writes(), Some(&access), self, waits)?;
        let others = self.secrets.iter().map(|value| ("other".to_owned(), value.clone()));
        let credential = (CREDENTIAL.to_owned(), access.token.secret);
        let vault = Vault::new(std::iter::once(credential).chain(own.iter().cloned()).chain(others));
        Ok(transport.with_vault(Arc::new(vault.map_err(RunError::Internal)?)))
    }

    /// The reason that the guard would reject a request. An id from an answer belongs to an app of the run.
    fn not_sent(&self, method: &Method, path: &str) -> Option<String> {
        let armed = self.target.as_ref().and_then(|_| self.assumed())?;
        let change = RequestedChange::of(method, path)?;
        if change != RequestedChange::CreateApp && path.contains('{') {
            return None;
        }
        armed.check(&change).err()
    }
}

/// The text of the preview.
struct PreviewText<'p> {
    plan: &'p RunPlan,
    text: String,
    /// True if the run creates apps, and so must remove them.
    creates: bool,
}

impl PreviewText<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{text}");
    }

    /// Adds a request and its condition.
    fn request(&mut self, transport: &Transport, request: &PlannedRequest, condition: Option<&str>) {
        match replay::shown(transport, request) {
            Ok(record) => self.sent(&line(&record), condition),
            Err(reason) => self.line(&format!("    not sent: {}   ({reason})", request.path_template)),
        }
    }

    fn sent(&mut self, request: &str, condition: Option<&str>) {
        let condition = condition.map(|condition| format!("   ({condition})")).unwrap_or_default();
        self.line(&format!("    {request}{condition}"));
    }

    fn step(&mut self, transport: &Transport, all: &[PlannedCall]) {
        for each in all {
            self.request(transport, &each.request, each.condition);
        }
    }

    /// Adds the target and the reads before the first flow.
    fn beginning(&mut self, transport: &Transport) {
        let Some(url) = &self.plan.target else {
            return self.line("Target: a mock in this process; no org is changed");
        };
        let origin = url.origin().ascii_serialization();
        match may_be_mock(url) {
            true => self.line(&format!(
                "Target: {origin}. If GET /_mock shows that it is the mock, it is written to without --allow-writes; otherwise it is treated as an org, and steps that would be skipped there are marked"
            )),
            false => self.line(&format!("Target: {origin} (an org, not the mock)")),
        }
        self.line("\nbefore the first flow");
        if let Some(Credential(Kind::ServiceApp(_))) = &self.plan.credential {
            self.sent(&format!("POST   {TOKEN_PATH}"), None);
        }
        let (mock, list) = questions(url);
        if let Some(mock) = mock {
            self.sent(&format!("GET    {}", mock.path()), None);
        }
        self.request(transport, &list, None);
        // Every named app is read once to verify it; apps that the run changes are read again for the undo
        // file.
        for (_, id) in &self.plan.apps {
            self.step(transport, &restore::reading(id));
        }
        if self.plan.safety.armed.is_some() {
            for (_, id) in self.plan.changed_apps() {
                self.step(transport, &restore::reading(id));
            }
        }
    }

    /// Adds the requests of the restore.
    fn end(&mut self, transport: &Transport) {
        let armed = self.plan.target.as_ref().and_then(|_| self.plan.assumed());
        if !armed.is_some_and(|armed| self.plan.may_write(&armed)) {
            return;
        }
        self.line("\nat the end, if anything was changed; repeated if a change got no answer");
        for (_, id) in self.plan.changed_apps() {
            self.step(transport, &restore::restoring(id));
        }
        if self.creates {
            self.line("    for each app that the run created, in turn:");
            self.step(transport, &restore::removing(CREATED, LABEL_OF_CREATED));
        }
    }

    fn run(&mut self, run: &PlannedRun) {
        let plan = self.plan;
        self.line(&format!("\n{}", run.name()));
        let is_mock = plan.target.is_none();
        if let Some(reason) = plan.refusal(run, &plan.assumed_writes(), &plan.person, is_mock) {
            if !plan.target.as_ref().is_some_and(may_be_mock) {
                return self.line(&format!("    skipped: {reason}"));
            }
            self.line(&format!("    skipped, unless the target is the mock: {reason}"));
        }
        let own = plan.secrets_of.get(&run.name()).cloned().unwrap_or_default();
        let Ok(transport) = plan.preview_transport(&own) else {
            return self.line("    not shown: its secrets cannot be distinguished from its other texts");
        };
        let mark = format!(" {}-N", plan.id);
        let mut inputs = labelled(sealed(transport.vault(), &run.inputs), &mark);
        let named = run.app.as_deref().and_then(|app| plan.app_id(app)).filter(|_| run.flow.needs_app());
        match named {
            Some(id) => {
                inputs.insert("appId".to_owned(), id.into());
                self.prepared(&transport, &run.flow, id);
            }
            None if run.flow.needs_app() => {
                self.created(&transport, run.app.as_deref().unwrap_or_default(), &mark);
                inputs.insert("appId".to_owned(), CREATED.into());
            }
            None => {}
        }
        let made = self.steps(&transport, &run.flow, inputs);
        let removes = if run.flow.needs_app() { named.is_none() } else { made.contains_key("appId") };
        if let (true, Some(flow)) = (removes, plan.library.flow(REMOVE)) {
            self.line("    at the end, the app is removed:");
            let inputs = Map::from_iter([("appId".to_owned(), CREATED.into())]);
            self.steps(&transport, flow, inputs);
        }
        if let (true, Some(id)) = (sets_connection(&plan.library, &run.flow), named) {
            self.line(&format!("    CANNOT BE UNDONE: the stored token or key of {id} is replaced"));
        }
    }

    /// Adds the preparation of a named app.
    fn prepared(&mut self, transport: &Transport, flow: &Flow, id: &str) {
        if !sets_connection(&self.plan.library, flow) {
            return;
        }
        if self.plan.target.is_some() {
            self.line("    (skipped if an org reports that the app is not active)");
        }
        self.step(transport, &restore::disabling(id));
    }

    /// Adds the creation of an app for a flow.
    fn created(&mut self, transport: &Transport, app: &str, mark: &str) {
        let plan = self.plan;
        if let Some((flow, example)) = plan.creation(app) {
            self.line("    first, an app for this flow:");
            let example = labelled(sealed(transport.vault(), &example), mark);
            self.steps(transport, flow, example);
        }
    }

    /// Adds the requests of a flow, built by the code that sends them.
    fn steps(
        &mut self,
        transport: &Transport,
        flow: &Flow,
        inputs: Map<String, Value>,
    ) -> Map<String, Value> {
        let mut steps = Vec::new();
        let outputs = preview_flow(&self.plan.library, transport, flow, inputs, &mut steps);
        let mut not_sent: Vec<&str> = Vec::new();
        for step in &steps {
            if step.is_of_a_person {
                self.line(&format!("    (a person) {}", step.step.description));
                continue;
            }
            let request = match &step.request {
                Ok(request) => request,
                Err(reason) => {
                    self.line(&format!("    not sent: {}   ({reason})", step.operation.id));
                    continue;
                }
            };
            let line = line(request);
            let needed = not_sent.iter().find(|id| line.contains(&format!("of the answer to {id}}}")));
            let refused = match needed {
                Some(id) => Some(format!("it needs the step `{id}`")),
                None => self.plan.not_sent(&step.operation.method, &request.path),
            };
            if let Some(reason) = refused {
                not_sent.push(&step.step.id);
                self.line(&format!("    not sent: {line}   ({reason})"));
                continue;
            }
            let body = request.body.as_ref().map(|body| format!("   {}", body.text())).unwrap_or_default();
            let retry_text =
                retry_text(step.step).map(|retry_text| format!("   ({retry_text})")).unwrap_or_default();
            self.line(&format!("    {line}{body}{retry_text}"));
            // The transport reads a created app before the run uses it.
            if transport.guard().wants_proof(&step.operation.method, &request.path) {
                self.creates = true;
                let look = format!("GET    {}", proof(&request.path, CREATED));
                self.sent(&look, Some("if it was created"));
            }
        }
        outputs
    }
}

/// A request in one line, without its body.
fn line(request: &RequestRecord) -> String {
    let query = request.url.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    format!("{:<6} {}{query}", request.method, request.path)
}

/// The condition under which a step is retried.
fn retry_text(step: &Step) -> Option<String> {
    let times = step.on_failure.iter().filter_map(|action| match action.kind {
        ActionKind::Retry { limit, .. } => Some(limit),
        ActionKind::End => None,
    });
    times.max().map(|times| format!("retried up to {times} times if it fails"))
}
