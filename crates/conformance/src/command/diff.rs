//! `okta-conformance diff`: the answers of one target are what those of the other
//! are compared with.

use super::run::{style, unwritten};
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
    let read = |file: &Option<std::path::PathBuf>| match file {
        Some(path) => Credential::from_file(path).map(Some),
        None => Credential::from_environment(),
    };
    let files: Vec<_> =
        [&args.credential_file, &args.other_credential_file].into_iter().flatten().cloned().collect();
    let one = Side { target: args.one, credential: read(&args.credential_file)?, apps: args.apps };
    let other =
        Side { target: args.other, credential: read(&args.other_credential_file)?, apps: args.other_apps };
    let stop = Stop::default();
    let side = |side: &Side| builder(side, &args.flows, &args.allow_writes, args.create_apps, &stop);
    let variable =
        Credential::variable(other.credential.as_ref().map_or("SSWS", |credential| credential.scheme));
    let (first, second) = (side(&one)?, side(&other)?);
    let style = style(&args.look);
    let mut reports = Reports::open(args.look.reports.clone(), &files, variable)?;
    let (before, report) = block_on(async {
        signals::end_by(stop.clone())?;
        // Before the first of them is written to.
        second.clone().build()?.check_target().await?;
        let before = first.build()?.run(&mut |_| {}).await?;
        let runner = second.compare_with(&before).fail_on([Layer::Snapshot]).build()?;
        let report = match args.look.format {
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

fn builder(
    side: &Side,
    flows: &[String],
    armed: &[String],
    create_apps: bool,
    stop: &Stop,
) -> Result<Builder, RunError> {
    let mut builder = Builder::default().ids_of_any_form(true).create_apps(create_apps).stop(stop.clone());
    for flow in flows {
        builder = builder.select(flow);
    }
    for (name, id) in &side.apps {
        builder = builder.app(name, id);
    }
    if side.target == MOCK {
        return Ok(builder);
    }
    builder = builder.target(&side.target);
    if let Some(credential) = &side.credential {
        builder = builder.credential(credential.clone());
    }
    // Each host arms its own org alone.
    let host =
        side.target.split_once("://").map_or(side.target.as_str(), |(_, host)| host).trim_end_matches('/');
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    match armed.iter().find(|armed| armed.eq_ignore_ascii_case(host) || armed.eq_ignore_ascii_case(bare)) {
        Some(armed) => Ok(builder.allow_writes(armed)),
        None => Ok(builder),
    }
}
