//! `okta-conformance diff`: compares the answers of the second target with those of the first.

use std::path::PathBuf;

use super::arguments::{DiffArgs, Format};
use super::messages::{complain, nothing_judged, unwritten, waiting};
use super::output::Output;
use super::runtime::block_on;
use super::settings::{consent, network, report_style};
use super::signals;
use crate::credential::{Credential, Scheme};
use crate::error::RunError;
use crate::event::{Event, RunReport, StepReport};
use crate::exit_code::{CONFORMS, COULD_NOT_RUN};
use crate::judgement::Layer;
use crate::reporters::{self, ReportFiles, Style, Terminal};
use crate::runner::{Builder, RestoreTarget, Runner};
use crate::transport::Stop;
use crate::verdict::Verdict;
use crate::waiting::Waiting;

/// The word for an in-process mock instead of a URL.
const MOCK: &str = "mock";

/// One of the two targets.
struct Side {
    target: String,
    credential: Option<Credential>,
    apps: Vec<(String, String)>,
}

pub(super) fn diff(args: DiffArgs) -> Result<u8, RunError> {
    let stop = Stop::default();
    let [one, other] = sides(&args)?;
    let (of_one, scheme) = (one.scheme(), other.scheme());
    let named = [one.names(), other.names()];
    let both = shared(&args, &stop);
    let first = one.builder(both.clone(), &args.allow_writes);
    let second = other.builder(both, &args.allow_writes);
    let files = [&args.credential_file, &args.other_credential_file, &args.inputs, &args.network.ca_file];
    let files: Vec<PathBuf> = files.into_iter().flatten().cloned().collect();
    let look = args.look;
    let style = report_style(&look);
    let mut reports = ReportFiles::open(look.reports.clone(), &files, scheme)?;
    block_on(async {
        signals::end_by(stop.clone())?;
        // Before the first write to either target.
        let (runner, other) = (first.build()?, second.clone().build()?);
        let on_wait = &mut |wait: Waiting| waiting(&Event::Waiting(wait));
        let of_other = other.check_target(on_wait).await?;
        let reached = [runner.check_target(on_wait).await?, of_other];
        alike(&reached, &named, args.changes.create_apps)?;
        let before = run_first(&runner, &reached[0], style, of_one).await?;
        if let Some(reason) = &before.summary.stopped {
            complain(reason);
            return Ok(before.restore_code().max(COULD_NOT_RUN));
        }
        let runner = second.compare_with(&before).fail_on([Layer::Snapshot]).build()?;
        let run_second = run_second(&runner, &stop, look.form.format, style, scheme, &mut reports).await;
        let report =
            match (run_second.and_then(|report| reports.finish().map(|()| report)), before.restore_code()) {
                (Ok(report), _) => report,
                (Err(error), CONFORMS) => return Err(error),
                (Err(error), _) => return Err(RunError::NotRestored(Box::new(error))),
            };
        nothing_judged(&report);
        match (before.restore_code().max(report.exit_code()), uncompared(&report)) {
            (CONFORMS, Some(reason)) => Err(RunError::Selection(reason)),
            (code, _) => Ok(code),
        }
    })
}

/// The two targets.
fn sides(args: &DiffArgs) -> Result<[Side; 2], RunError> {
    let side = |target: &str, file: &Option<PathBuf>, apps: &[(String, String)]| {
        let credential = match file {
            Some(path) => Some(Credential::from_file(path)?),
            None => Credential::from_environment()?,
        };
        Ok(Side { target: target.to_owned(), credential, apps: apps.to_vec() })
    };
    Ok([
        side(&args.one, &args.credential_file, &args.apps)?,
        side(&args.other, &args.other_credential_file, &args.other_apps)?,
    ])
}

/// The settings that both targets share.
fn shared(args: &DiffArgs, stop: &Stop) -> Builder {
    let both = Builder::default()
        .ids_of_any_form(true)
        .create_apps(args.changes.create_apps)
        .allow_credential_change(args.changes.allow_credential_change)
        .stop(stop.clone());
    let both = args.flows.iter().fold(both, Builder::select);
    let both = args.only_app.iter().fold(both, Builder::only_app);
    let both = args.tag.iter().fold(both, Builder::tag);
    let both = args.inputs.iter().fold(both, Builder::inputs);
    let both = args.undo_dir.iter().fold(both, Builder::undo_folder);
    let both = consent(args.consent.clone()).into_iter().fold(both, Builder::consent);
    network(args.network.clone(), both)
}

/// Runs against A. The report is about B, so anything left to restore in A is shown separately.
async fn run_first(
    runner: &Runner,
    reached: &RestoreTarget,
    style: Style,
    scheme: Scheme,
) -> Result<RunReport, RunError> {
    let mut terminal =
        Terminal::new(Output::of(std::io::stderr(), false), Style { progress: false, ..style }, scheme);
    let consume = &mut |event: &Event| {
        let concerns = matches!(event, Event::RunStarted(_) | Event::UndoFile(_) | Event::Restored(_));
        waiting(event);
        if concerns && *reached == RestoreTarget::ArmedOrg {
            terminal.event(event);
        }
    };
    let report = runner.run(consume).await?;
    match (terminal.finish().map_err(|error| unwritten(&error)), report.restore_code()) {
        (Ok(()), _) => Ok(report),
        (Err(error), CONFORMS) => Err(error),
        (Err(error), _) => Err(RunError::NotRestored(Box::new(error))),
    }
}

/// Runs against B and reports.
async fn run_second(
    runner: &Runner,
    stop: &Stop,
    format: Format,
    style: Style,
    scheme: Scheme,
    reports: &mut ReportFiles,
) -> Result<RunReport, RunError> {
    match format {
        Format::Terminal => {
            let mut terminal = Terminal::new(Output::of(std::io::stdout(), style.progress), style, scheme);
            let consume = &mut |event: &Event| {
                terminal.event(event);
                reports.event(event);
            };
            let report = runner.run(consume).await?;
            stop.note_over();
            terminal.finish().map_err(|error| unwritten(&error))?;
            Ok(report)
        }
        Format::Json => {
            reports.leave_standard_output();
            let consume = &mut |event: &Event| {
                waiting(event);
                reports.event(event);
            };
            let report = runner.run(consume).await?;
            stop.note_over();
            let text = reporters::printed(&reporters::json(&report)) + "\n";
            std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())
                .map_err(|error| unwritten(&error))?;
            Ok(report)
        }
    }
}

/// Rejects flows that would write to only one of the targets.
fn alike(reached: &[RestoreTarget; 2], named: &[Vec<String>; 2], create_apps: bool) -> Result<(), RunError> {
    if matches!(
        reached,
        [RestoreTarget::ArmedOrg, RestoreTarget::Org] | [RestoreTarget::Org, RestoreTarget::ArmedOrg]
    ) {
        return Err(RunError::usage(
            "--allow-writes names only one of the two orgs; name both or neither".to_owned(),
        ));
    }
    if create_apps || reached.contains(&RestoreTarget::Mock) {
        return Ok(());
    }
    for (mine, others, option) in [(&named[0], &named[1], "--other-app"), (&named[1], &named[0], "--app")] {
        if let Some(name) = mine.iter().find(|name| !others.contains(name)) {
            return Err(RunError::usage(format!(
                "an app `{name}` is given for only one of the two orgs; add {option} {name}=0oa…"
            )));
        }
    }
    Ok(())
}

/// Finds a flow that B answered and A did not; nothing was compared for it.
fn uncompared(report: &RunReport) -> Option<String> {
    let judged = |step: &StepReport| matches!(step.snapshot.verdict, Verdict::Conforms | Verdict::Deviates);
    let flow = report.flows.iter().find(|flow| {
        let answered = flow.steps.iter().any(|step| step.response.is_some());
        answered && !flow.steps.iter().any(|step| judged(step))
    })?;
    Some(format!("{} was not compared: the first target did not answer it", flow.name()))
}

impl Side {
    /// The scheme of its credential, for the curl lines.
    fn scheme(&self) -> Scheme {
        self.credential.as_ref().map(Credential::scheme).unwrap_or_default()
    }

    /// The names of its apps.
    fn names(&self) -> Vec<String> {
        self.apps.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The builder of this target's run.
    fn builder(self, both: Builder, armed: &[String]) -> Builder {
        let builder = self.apps.into_iter().fold(both, |builder, (name, id)| builder.app(name, id));
        if self.target == MOCK {
            return builder;
        }
        // Each host allows writes to its own org only.
        let host = self
            .target
            .split_once("://")
            .map_or(self.target.as_str(), |(_, host)| host)
            .trim_end_matches('/');
        let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
        let own = |armed: &&String| armed.eq_ignore_ascii_case(host) || armed.eq_ignore_ascii_case(bare);
        let builder = armed.iter().find(own).into_iter().fold(builder, Builder::allow_writes);
        let builder = self.credential.into_iter().fold(builder, Builder::credential);
        builder.target(self.target)
    }
}
