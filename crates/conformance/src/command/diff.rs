//! `okta-conformance diff`: the answers of one target are what those of the other
//! are compared with.

use std::path::PathBuf;

use super::run::{consent, look, network, nothing_judged, unwritten};
use super::{DiffArgs, Format, block_on, signals};
use crate::credential::Credential;
use crate::error::RunError;
use crate::event::{Event, Layer, RunReport};
use crate::report::{self, Reports, Terminal};
use crate::runner::{Builder, Runner};
use crate::transport::Stop;

/// The word for an in-process mock in the place of a URL.
const MOCK: &str = "mock";

/// One of the two.
struct Side {
    target: String,
    credential: Option<Credential>,
    apps: Vec<(String, String)>,
}

pub(super) fn diff(args: DiffArgs) -> Result<u8, RunError> {
    let read = |file: &Option<PathBuf>| match file {
        Some(path) => Credential::from_file(path).map(Some),
        None => Credential::from_environment(),
    };
    let files = [&args.credential_file, &args.other_credential_file, &args.inputs, &args.network.ca_file];
    let files: Vec<PathBuf> = files.into_iter().flatten().cloned().collect();
    let one = Side { target: args.one, credential: read(&args.credential_file)?, apps: args.apps };
    let other =
        Side { target: args.other, credential: read(&args.other_credential_file)?, apps: args.other_apps };
    let variable =
        Credential::variable(other.credential.as_ref().map_or("SSWS", |credential| credential.scheme));
    let stop = Stop::default();
    let both = Builder::default()
        .ids_of_any_form(true)
        .create_apps(args.create_apps)
        .allow_credential_change(args.allow_credential_change)
        .stop(stop.clone());
    let both = args.flows.into_iter().fold(both, Builder::select);
    let both = args.only_app.into_iter().fold(both, Builder::only_app);
    let both = args.tag.into_iter().fold(both, Builder::tag);
    let both = args.inputs.into_iter().fold(both, Builder::inputs);
    let both = args.undo_dir.into_iter().fold(both, Builder::undo_folder);
    let both = consent(args.consent).into_iter().fold(both, Builder::consent);
    let both = network(args.network, both);
    let (first, second) =
        (one.builder(both.clone(), &args.allow_writes), other.builder(both, &args.allow_writes));
    let style = look(&args.look);
    let mut reports = Reports::open(args.look.reports.clone(), &files, variable)?;
    let (before, report) = block_on(async {
        signals::end_by(stop.clone())?;
        // Before the first of them is written to.
        second.clone().build()?.check_target().await?;
        let before = first.build()?.run(&mut |_| {}).await?;
        let runner = second.compare_with(&before).fail_on([Layer::Snapshot]).build()?;
        let report = match args.look.form.format {
            Format::Terminal => {
                let mut terminal = Terminal::new(std::io::stdout(), style, variable);
                let report = run(&runner, &mut |event| terminal.event(event), &mut reports).await?;
                terminal.finish().map_err(|error| unwritten(&error))?;
                report
            }
            Format::Json => {
                reports.leave_standard_output();
                let report = run(&runner, &mut |_| {}, &mut reports).await?;
                let text = format!("{:#}\n", report::json(&report));
                std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())
                    .map_err(|error| unwritten(&error))?;
                report
            }
        };
        Ok((before, report))
    })?;
    reports.finish()?;
    nothing_judged(&report);
    Ok(before.restore_code().max(report.exit_code()))
}

async fn run(
    runner: &Runner,
    consume: &mut (dyn FnMut(&Event) + Send),
    reports: &mut Reports,
) -> Result<RunReport, RunError> {
    runner
        .run(&mut |event| {
            consume(event);
            reports.event(event);
        })
        .await
}

impl Side {
    /// The run of this side.
    fn builder(self, both: Builder, armed: &[String]) -> Builder {
        let builder = self.apps.into_iter().fold(both, |builder, (name, id)| builder.app(name, id));
        if self.target == MOCK {
            return builder;
        }
        // Each host arms its own org alone.
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
