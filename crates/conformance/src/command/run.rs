//! `okta-conformance run`.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::arguments::{Format, RunArgs};
use super::messages::{nothing_judged, unwritten, waiting, warn};
use super::output::Output;
use super::runtime::block_on;
use super::settings::{consent, network, report_style};
use super::{last, profile, signals};
use crate::credential::{Credential, Scheme};
use crate::error::RunError;
use crate::event::{Event, RunReport};
use crate::exit_code::CONFORMS;
use crate::reporters::{self, ReportFiles, ReportRequest, Style, Terminal};
use crate::runner::{Builder, Runner};
use crate::transport::Stop;

pub(super) fn run(args: RunArgs) -> Result<u8, RunError> {
    let prepared = Prepared::new(args, |builder| builder)?;
    if prepared.plan {
        return prepared.preview();
    }
    let (runner, report) = prepared.carry_out(std::io::stdout())?;
    last::remember(&report);
    let code = report.exit_code();
    // The process exits: freeing a large report would take a tenth of the run.
    std::mem::forget((runner, report));
    Ok(code)
}

/// A run with valid settings; nothing was sent yet.
pub(super) struct Prepared {
    runner: Runner,
    stop: Stop,
    /// True if the requests are only printed.
    pub(super) plan: bool,
    pub(super) format: Format,
    style: Style,
    /// The scheme of the credential, for the curl lines.
    scheme: Scheme,
    reports: Vec<ReportRequest>,
    /// The files that the run reads: no report may overwrite them.
    read: Vec<PathBuf>,
}

impl Prepared {
    pub(super) fn new(args: RunArgs, set: impl FnOnce(Builder) -> Builder) -> Result<Self, RunError> {
        // A missing credential file is an error even if the mock needs none.
        let credential = match &args.connection.credential_file {
            Some(path) => Some(Credential::from_file(path)?),
            None if args.target.is_some() => Credential::from_environment()?,
            None => None,
        };
        if args.plan && args.look.form.format == Format::Json {
            return Err(RunError::usage("--plan prints text only; remove --format json".to_owned()));
        }
        if args.target.is_none() && args.safety.allow_writes.is_some() {
            return Err(RunError::usage(
                "--allow-writes needs a --target; the in-process mock does not need it".to_owned(),
            ));
        }
        let scheme = credential.as_ref().map(Credential::scheme).unwrap_or_default();
        let (style, format, mut reports) =
            (report_style(&args.look), args.look.form.format, args.look.reports.clone());
        reports.extend(args.write_known_deviations.clone().map(ReportRequest::known_deviations));
        let (connection, read) = (&args.connection, [&args.inputs, &args.contract, &args.known_deviations]);
        let read = read.into_iter().chain([&connection.credential_file, &connection.network.ca_file]);
        let read = read.flatten().cloned().collect();
        let (last_failed, plan) = (args.select.last_failed, args.plan);
        let stop = Stop::default();
        let mut builder = set(builder(args, credential)?.stop(stop.clone()));
        if last_failed {
            builder = last::failed()?.into_iter().fold(builder, Builder::select);
        }
        Ok(Self { runner: builder.build()?, stop, plan, format, style, scheme, reports, read })
    }

    /// Prints every request that the run would send.
    pub(super) fn preview(&self) -> Result<u8, RunError> {
        warn(self.runner.warnings());
        let mut out = std::io::stdout().lock();
        write!(out, "{}", reporters::plain_lines(&self.runner.preview()))
            .map(|()| CONFORMS)
            .map_err(|error| unwritten(&error))
    }

    /// Runs and reports: text to `out`, JSON to standard output.
    pub(super) fn carry_out(self, out: impl Write + Send + 'static) -> Result<(Runner, RunReport), RunError> {
        // After all validation, and before the first request.
        let mut reports = ReportFiles::open(self.reports, &self.read, self.scheme)?;
        let (report, written) = block_on(async {
            signals::end_by(self.stop.clone())?;
            let (report, shown) = match self.format {
                Format::Terminal => {
                    let mut terminal =
                        Terminal::new(Output::of(out, self.style.progress), self.style, self.scheme);
                    let mut consume = |event: &Event| {
                        terminal.event(event);
                        reports.event(event);
                    };
                    let report = self.runner.run(&mut consume).await?;
                    self.stop.note_over();
                    let shown = terminal.finish().map_err(|error| unwritten(&error));
                    (report, shown)
                }
                Format::Json => {
                    reports.leave_standard_output();
                    json(&self.runner, &self.stop, &mut reports).await?
                }
            };
            // A closed terminal must not affect the report files.
            let kept = reports.finish();
            Ok((report, shown.and(kept)))
        })?;
        if let Err(error) = written {
            left_behind(&report);
            return Err(match report.restore_code() {
                CONFORMS => error,
                _ => RunError::NotRestored(Box::new(error)),
            });
        }
        nothing_judged(&report);
        Ok((self.runner, report))
    }
}

/// The builder method of a flag.
type Setter<T> = fn(Builder, T) -> Builder;

fn builder(args: RunArgs, credential: Option<Credential>) -> Result<Builder, RunError> {
    let (safety, select) = (args.safety, args.select);
    let snapshots = match &args.profile {
        Some(name) => Some(profile::accepted(&args.profiles, name)?),
        None => args.snapshots,
    };
    let any_form = args.profile.is_some();
    let mut builder = Runner::builder()
        .create_apps(safety.changes.create_apps)
        .allow_credential_change(safety.changes.allow_credential_change)
        .fail_fast(select.fail_fast)
        .ids_of_any_form(any_form);
    for name in args.flows {
        builder = builder.select(name);
    }
    for (name, id) in safety.apps {
        builder = builder.app(name, id);
    }
    let selections: [(Vec<String>, Setter<String>); 4] = [
        (select.only_app, Builder::only_app),
        (select.section, Builder::section),
        (select.tag, Builder::tag),
        (select.step, Builder::step),
    ];
    for (values, set) in selections {
        builder = values.into_iter().fold(builder, set);
    }
    builder = select.jobs.into_iter().map(usize::from).fold(builder, Builder::jobs);
    builder = select.repeat.into_iter().fold(builder, Builder::repeat);
    if !args.fail_on.is_empty() {
        builder = builder.fail_on(args.fail_on);
    }
    builder = builder.fail_on_skip(args.fail_on_skip);
    builder = args.skip_check.into_iter().fold(builder, Builder::skip_check);
    let texts: [(Option<String>, Setter<String>); 2] =
        [(args.target, Builder::target), (safety.allow_writes, Builder::allow_writes)];
    for (value, set) in texts {
        builder = value.into_iter().fold(builder, set);
    }
    let paths: [(Option<PathBuf>, Setter<PathBuf>); 6] = [
        (args.library, Builder::flows),
        (args.contract, Builder::contract),
        (snapshots, Builder::snapshots),
        (args.known_deviations, Builder::deviations),
        (args.inputs, Builder::inputs),
        (safety.undo_dir, Builder::undo_folder),
    ];
    for (path, set) in paths {
        builder = path.into_iter().fold(builder, set);
    }
    builder = consent(args.consent).into_iter().fold(builder, Builder::consent);
    builder = credential.into_iter().fold(builder, Builder::credential);
    builder = network(args.connection.network, builder);
    Ok(args.run_timeout.into_iter().map(Duration::from_secs).fold(builder, Builder::run_timeout))
}

/// Prints the work that is left to restore if the report could not be written.
fn left_behind(report: &RunReport) {
    let restored = report.restored.iter();
    for left in restored.clone().flat_map(|restored| &restored.left) {
        let _ = writeln!(std::io::stderr(), "okta-conformance: not restored: {}", left.what);
        for call in &left.calls {
            let _ = writeln!(std::io::stderr(), "okta-conformance:     {} {}", call.method, call.url);
        }
    }
    for file in restored.filter_map(|restored| restored.file.as_ref()) {
        let _ = writeln!(std::io::stderr(), "okta-conformance: undo file: {file}");
    }
}

async fn json(
    runner: &Runner,
    stop: &Stop,
    reports: &mut ReportFiles,
) -> Result<(RunReport, Result<(), RunError>), RunError> {
    let mut consume = |event: &Event| {
        waiting(event);
        reports.event(event);
    };
    let report = runner.run(&mut consume).await?;
    stop.note_over();
    let mut out = std::io::stdout().lock();
    let written =
        writeln!(out, "{}", reporters::printed(&reporters::json(&report))).and_then(|()| out.flush());
    match written {
        // A reader that closed the pipe has read enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Ok((report, Err(unwritten(&error)))),
        _ => Ok((report, Ok(()))),
    }
}
