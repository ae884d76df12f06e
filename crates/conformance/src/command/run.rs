//! `okta-conformance run`.

use std::io::{IsTerminal as _, Write as _};

use super::{Color, Format, RunArgs, block_on};
use crate::credential::Credential;
use crate::error::RunError;
use crate::event::{Event, RunReport};
use crate::report::{self, Style, Terminal};
use crate::runner::Runner;
use crate::verdict::Verdict;

pub(super) fn run(args: RunArgs) -> Result<u8, RunError> {
    // A named file that is not there is an error also where a mock needs none.
    let credential = match &args.credential_file {
        Some(path) => Some(Credential::from_file(path)?),
        None if args.target.is_some() => Credential::from_environment()?,
        None => None,
    };
    if args.target.is_none() && args.allow_writes.is_some() {
        return Err(RunError::Usage(
            "--allow-writes is for a --target; the in-process mock needs none".to_owned(),
        ));
    }
    let variable = Credential::variable(credential.as_ref().map_or("SSWS", |credential| credential.scheme));
    let style = style(&args);
    let mut builder = Runner::builder();
    for name in args.flows {
        builder = builder.select(name);
    }
    for (name, id) in args.apps {
        builder = builder.app(name, id);
    }
    if let Some(url) = args.target {
        builder = builder.target(url);
    }
    if let Some(credential) = credential {
        builder = builder.credential(credential);
    }
    if let Some(host) = args.allow_writes {
        builder = builder.allow_writes(host);
    }
    if let Some(path) = args.library {
        builder = builder.flows(path);
    }
    if let Some(path) = args.contract {
        builder = builder.contract(path);
    }
    if let Some(path) = args.snapshots {
        builder = builder.snapshots(path);
    }
    let runner = builder.build()?;
    let report = block_on(async {
        match args.format {
            Format::Terminal => {
                let mut terminal = Terminal::new(std::io::stdout(), style, variable);
                runner.run(&mut |event| terminal.event(event)).await
            }
            Format::Json => json(&runner).await,
        }
    })?;
    nothing_judged(&report);
    Ok(report.summary.verdict.exit_code())
}

async fn json(runner: &Runner) -> Result<RunReport, RunError> {
    let report = runner.run(&mut |_: &Event| {}).await?;
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{:#}", report::json(&report)).and_then(|()| out.flush());
    match written {
        // Whoever read has read enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(RunError::Internal(format!("cannot write the report: {error}")))
        }
        _ => Ok(report),
    }
}

/// A run that proved nothing says so, also to those who read only the code.
fn nothing_judged(report: &RunReport) {
    if report.summary.verdict != Verdict::Skipped {
        return;
    }
    let reason = report.flows.iter().find_map(|flow| flow.reason.as_deref());
    let reason = reason.unwrap_or("everything was skipped");
    let _ = writeln!(std::io::stderr(), "okta-conformance: nothing was judged: {reason}");
}

fn style(args: &RunArgs) -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let terminal = std::io::stdout().is_terminal();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    Style {
        color: match args.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !set("NO_COLOR") && !dumb,
        },
        progress: terminal && std::io::stderr().is_terminal() && !set("CI") && !dumb,
        brief: args.brief,
    }
}
