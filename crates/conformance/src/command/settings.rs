//! The settings that several commands take from their arguments.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::arguments::{Color, ConsentArgs, NetworkArgs, ReportArgs};
use crate::actor::ConsentPrompt;
use crate::reporters::Style;
use crate::runner::Builder;

/// Applies the network settings.
pub(super) fn network(args: NetworkArgs, builder: Builder) -> Builder {
    let builder = builder.request_timeout(Duration::from_secs(args.request_timeout)).retries(args.retries);
    let builder = args.ca_file.into_iter().fold(builder, Builder::ca_file);
    args.max_rate.into_iter().fold(builder, Builder::max_rate)
}

/// The source of consents: the command, else a person at the terminal, else none.
pub(super) fn consent(args: ConsentArgs) -> Option<ConsentPrompt> {
    let timeout = Duration::from_secs(args.consent_timeout);
    let at_terminal = || std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    match args.consent_command {
        Some(command) => Some(ConsentPrompt::command(command, timeout)),
        None => at_terminal().then(|| ConsentPrompt::terminal(timeout)),
    }
}

/// The style of the report of a run.
pub(super) fn report_style(args: &ReportArgs) -> Style {
    Style { verbose: args.verbose && !args.brief, coverage: args.coverage, ..style(args.form.color) }
}

/// The style of other output.
pub(super) fn style(color: Color) -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let terminal = std::io::stdout().is_terminal();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    Style {
        color: match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !set("NO_COLOR") && !dumb,
        },
        progress: terminal && std::io::stderr().is_terminal() && !set("CI") && !dumb,
        ..Style::default()
    }
}
