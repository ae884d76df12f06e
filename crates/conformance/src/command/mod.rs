//! The command line: what it takes, and what it does with it. Every failure is
//! one line on standard error and exit code 2.

mod compare;
mod diff;
mod last;
mod list;
mod output;
mod profile;
mod record;
mod restore;
mod run;
mod signals;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::{RunError, one_line};
use crate::exit_code::COULD_NOT_RUN;
use crate::judgement::Layer;
use crate::report::{Wanted, plain};

/// Replays Okta's documented app-provisioning flows against an org and judges every answer.
///
/// Exit codes: 0 conforms, 1 deviates, 2 could not run or nothing could be judged,
/// 3 something in the org could not be put back.
#[derive(Debug, Parser)]
#[command(name = "okta-conformance", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  okta-conformance run
      every flow against a mock in this process
  okta-conformance run --target https://dev-123.okta.com --app google=0oa1a2b3c4d5e6f7g8h9
      reads only: one app as it is found
  okta-conformance run --target https://dev-123.okta.com --allow-writes dev-123.okta.com --create-apps --plan
      what would be sent, without sending it; then the same without --plan
  okta-conformance run --tag consent --only-app slack --report html=report.html
      some flows, and a page to read
  okta-conformance run --fail-on contract --contract management-minimal.yaml
      by Okta's published document alone

Exit codes: 0 conforms, 1 deviates, 2 could not run or judged nothing, 3 something could not be put back.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay flows and judge every answer: by the guide, the contract and the snapshots.
    ///
    /// Without --target a mock org is started in this process. The credential
    /// for a target comes from OKTA_API_TOKEN (SSWS), OKTA_ACCESS_TOKEN
    /// (Bearer) or --credential-file.
    #[command(after_long_help = EXAMPLES)]
    Run(Box<RunArgs>),
    /// Show the flows, their steps and the sections of the guide.
    List(ListArgs),
    /// Take a target's answers as a named profile of snapshots, for a person to review.
    ///
    /// What is new or has changed waits beside what was accepted (`.snap.new`, as insta does)
    /// until `accept` takes it, or `cargo insta review` does.
    Record(Box<RecordArgs>),
    /// Accept what `record` took.
    Accept(AcceptArgs),
    /// Replay the same flows against two targets and show where they differ.
    ///
    /// A target is an org's URL, or `mock` for an in-process mock. Exit code 1 where they differ.
    Diff(Box<DiffArgs>),
    /// Show which findings of two JSON reports are new, gone and unchanged.
    ///
    /// Exit code 1 where there are new ones, 2 where a file is no report.
    Compare(CompareArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Put an org back by the undo file of a run that was killed.
    ///
    /// Sends only what differs from the file, reads it back, and removes the file
    /// once there is nothing left that it could put back. May be repeated until then.
    /// The file must be private (mode 0600) and your own. It deletes only apps whose
    /// notes and label say that the run created them.
    Restore(RestoreArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Flows to run, as `flow` or `flow@app`; all of them without any.
    #[arg(value_name = "FLOW")]
    flows: Vec<String>,
    /// The org's URL, as in https://dev-123.okta.com; without it an in-process mock.
    #[arg(long, value_name = "URL", help_heading = "The org")]
    target: Option<String>,
    #[command(flatten)]
    way: WayArgs,
    /// End the run after so many seconds, and put the org back.
    #[arg(long, value_name = "SECONDS", help_heading = "The org", value_parser = clap::value_parser!(u64).range(1..))]
    run_timeout: Option<u64>,
    /// Print every request that the run would send, and what cannot be undone; send none.
    #[arg(long, help_heading = "What may be changed in the org")]
    plan: bool,
    #[command(flatten)]
    safety: SafetyArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    /// Take flows from this folder or file.
    #[arg(long = "flows", value_name = "DIR", help_heading = "What to replay")]
    library: Option<PathBuf>,
    /// Take inputs of flows from this JSON file: an object by app, then by input,
    /// as in {"zscalerbyz": {"connection": {…}}}.
    #[arg(long, value_name = "FILE", help_heading = "What to replay")]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
    /// Judge by this OpenAPI document, 3.0 or 3.1, such as the one that Okta publishes.
    #[arg(long, value_name = "FILE", help_heading = "By what to judge")]
    contract: Option<PathBuf>,
    /// Compare with the snapshots of this folder.
    #[arg(long, value_name = "DIR", help_heading = "By what to judge")]
    snapshots: Option<PathBuf>,
    /// Compare with the accepted snapshots of this profile (see `record`).
    #[arg(long, value_name = "NAME", conflicts_with = "snapshots", help_heading = "By what to judge")]
    profile: Option<String>,
    /// The folder of profiles.
    #[arg(long, value_name = "DIR", default_value = "okta-profiles", help_heading = "By what to judge")]
    profiles: PathBuf,
    /// Accept the deviations in this JSON file, each with its place and a reason.
    #[arg(long, value_name = "FILE", help_heading = "By what to judge")]
    known_deviations: Option<PathBuf>,
    /// Let only these judgements decide; repeatable. The others are shown all the same.
    #[arg(long, value_name = "LAYER", value_parser = layer, help_heading = "By what to judge")]
    fail_on: Vec<Layer>,
    /// Exit with 2 where a flow run was skipped, although everything else conforms.
    #[arg(long, help_heading = "By what to judge")]
    fail_on_skip: bool,
    /// Leave out the check of this id, as findings name it (docs/checks.md); repeatable.
    #[arg(long, value_name = "ID", help_heading = "By what to judge")]
    skip_check: Vec<String>,
    /// Write an entry for each group of findings into this file of known deviations. The reasons are
    /// for you to fill in.
    #[arg(long, value_name = "FILE", help_heading = "By what to judge")]
    write_known_deviations: Option<PathBuf>,
    #[command(flatten)]
    look: LookArgs,
}

/// What of the flows is run; kinds of selection narrow each other.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to replay")]
struct SelectArgs {
    /// Only flows for this app, such as google; repeatable.
    #[arg(long, value_name = "NAME")]
    only_app: Vec<String>,
    /// Only flows of the guide's sections that begin so; repeatable.
    #[arg(long, value_name = "TEXT")]
    section: Vec<String>,
    /// Only flows with this tag; repeatable.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only flows that have this step, by its name or the guide step it cites; repeatable.
    /// Such a flow runs whole: a step rests on those before it.
    #[arg(long, value_name = "STEP")]
    step: Vec<String>,
    /// Only what did not conform in the last run.
    #[arg(long)]
    last_failed: bool,
    /// Begin no further flow after the first that deviates.
    #[arg(long)]
    fail_fast: bool,
    /// Run so many flows at once; an app is never used by two [default: 4 on a mock, 1 on an org].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Run everything so often, and name the steps that are unstable.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10000))]
    repeat: Option<u32>,
}

/// How to get to the org.
#[derive(Debug, Args)]
#[command(next_help_heading = "The org")]
struct WayArgs {
    /// A file with the credential: `SSWS token`, `Bearer token` or an API token alone.
    #[arg(long, value_name = "FILE")]
    credential_file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

/// How requests go out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The org")]
struct NetworkArgs {
    /// Trust the certificates in this PEM file, beside those of the system.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send at most so many requests a minute.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_rate: Option<u32>,
    /// Give a request up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    request_timeout: u64,
    /// Send a request again at most N times where that is safe. GET, HEAD and OPTIONS: after 500,
    /// 502, 503, 504 or a connection that broke; PUT: after a connection that broke; any request: if
    /// it never reached the org, or was answered 429 without x-rate-limit-reset and Retry-After. The
    /// first pause is half a second, each further one twice as long; Retry-After is followed. A 429
    /// that names a time is waited for in any case, at most ten times. No request waits longer than
    /// five minutes in all. The report shows each repetition at its step.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=10))]
    retries: u32,
}

/// What may be changed.
#[derive(Debug, Args)]
#[command(next_help_heading = "What may be changed in the org")]
struct SafetyArgs {
    /// Allow requests that change something; type the target's own host.
    #[arg(long, value_name = "HOST")]
    allow_writes: Option<String>,
    /// Use this app of the org for the flows of its kind, as in google=0oa…; repeatable.
    /// Its state is written down before the first write and put back at the end.
    #[arg(long = "app", value_name = "NAME=ID", value_parser = app)]
    apps: Vec<(String, String)>,
    /// Create apps for the flows whose app is not named; they are deleted at the end.
    #[arg(long)]
    create_apps: bool,
    /// Allow flows that replace the stored token or key of a named app. No org tells
    /// it, so nobody can put it back.
    #[arg(long)]
    allow_credential_change: bool,
    /// Keep the undo file in this folder [default: $XDG_STATE_HOME/okta-conformance].
    #[arg(long, value_name = "DIR")]
    undo_dir: Option<PathBuf>,
}

/// Who consents at the third-party apps.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Consent at third-party apps")]
struct ConsentArgs {
    /// Run this for each consent instead of asking at the terminal: it gets the authorize
    /// link as its last argument (and OKTA_CONSENT, `allow` or `deny`) and prints what the
    /// org shows at the end, the JSON or the URL in it.
    #[arg(long, value_name = "CMD", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    consent_command: Option<String>,
    /// Wait so many seconds for each consent.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    consent_timeout: u64,
}

/// How what is told looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
struct FormArgs {
    /// The form of the report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
    /// Whether to use colours; NO_COLOR is respected.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// How the report of a run looks, and where else it goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
struct LookArgs {
    #[command(flatten)]
    form: FormArgs,
    /// Show every step.
    #[arg(long)]
    verbose: bool,
    /// The default by now.
    #[arg(long, hide = true)]
    brief: bool,
    /// Show the whole coverage table: operations, statuses, apps.
    #[arg(long)]
    coverage: bool,
    /// Write another report: junit=FILE, json=FILE, html=FILE, har=FILE, or github; repeatable.
    #[arg(long = "report", value_name = "FORM=FILE")]
    reports: Vec<Wanted>,
}

#[derive(Debug, Args)]
struct RecordArgs {
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Args)]
struct AcceptArgs {
    /// Flow runs to accept, as `flow` or `flow@app`; all of them without any.
    #[arg(value_name = "FLOW")]
    flows: Vec<String>,
    /// The profile.
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// The folder of profiles.
    #[arg(long, value_name = "DIR", default_value = "okta-profiles")]
    profiles: PathBuf,
}

#[derive(Debug, Args)]
struct DiffArgs {
    /// The one target: an org's URL, or `mock`.
    #[arg(value_name = "A")]
    one: String,
    /// The other.
    #[arg(value_name = "B")]
    other: String,
    /// Flows to run, as `flow` or `flow@app`; repeatable. All of them without any.
    #[arg(long = "flow", value_name = "FLOW")]
    flows: Vec<String>,
    /// A file with the credential for A; else the environment's is used for both.
    #[arg(long, value_name = "FILE")]
    credential_file: Option<PathBuf>,
    /// A file with the credential for B.
    #[arg(long, value_name = "FILE")]
    other_credential_file: Option<PathBuf>,
    /// Allow requests that change something in these orgs; type each one's own host.
    #[arg(long, value_name = "HOST")]
    allow_writes: Vec<String>,
    /// Use this app of A for the flows of its kind; repeatable.
    #[arg(long = "app", value_name = "NAME=ID", value_parser = app)]
    apps: Vec<(String, String)>,
    /// The same for B.
    #[arg(long = "other-app", value_name = "NAME=ID", value_parser = app)]
    other_apps: Vec<(String, String)>,
    /// Create apps for the flows whose app is not named; they are deleted at the end.
    #[arg(long)]
    create_apps: bool,
    /// Allow flows that replace the stored token or key of a named app. No org tells
    /// it, so nobody can put it back.
    #[arg(long)]
    allow_credential_change: bool,
    /// Keep the undo files in this folder [default: $XDG_STATE_HOME/okta-conformance].
    #[arg(long, value_name = "DIR")]
    undo_dir: Option<PathBuf>,
    /// Take inputs of flows from this JSON file: an object by app, then by input.
    #[arg(long, value_name = "FILE")]
    inputs: Option<PathBuf>,
    /// Only flows for this app, such as google; repeatable.
    #[arg(long, value_name = "NAME")]
    only_app: Vec<String>,
    /// Only flows with this tag; repeatable.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    look: LookArgs,
}

#[derive(Debug, Args)]
struct CompareArgs {
    /// The earlier report, as `run --report json=FILE` writes it.
    #[arg(value_name = "OLD.json")]
    old: PathBuf,
    /// The later one.
    #[arg(value_name = "NEW.json")]
    new: PathBuf,
    /// The form of the comparison.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Debug, Args)]
struct RestoreArgs {
    /// The undo file; the run that wrote it named it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The org's URL, to make sure that it is this one; the undo file names it.
    #[arg(long, value_name = "URL", help_heading = "The org")]
    target: Option<String>,
    /// Restore by a file that this installation did not write, such as one from another machine or
    /// one that was edited; type the host of the org that the file names.
    #[arg(long, value_name = "HOST", help_heading = "The org")]
    allow_writes: Option<String>,
    #[command(flatten)]
    way: WayArgs,
    #[command(flatten)]
    form: FormArgs,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Take flows from this folder or file.
    #[arg(long = "flows", value_name = "DIR")]
    library: Option<PathBuf>,
    /// The form of the list.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Terminal,
    /// For programs.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// Carries out the command line and gives the exit code.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match cli.command {
        Command::Run(args) => run::run(*args),
        Command::List(args) => list::list(&args),
        Command::Record(args) => record::record(*args),
        Command::Accept(args) => record::accept(&args),
        Command::Diff(args) => diff::diff(*args),
        Command::Compare(args) => compare::compare(&args),
        Command::Completions { shell } => completions(shell),
        Command::Restore(args) => restore::restore(args),
    };
    result.unwrap_or_else(|error| {
        complain(&error.to_string());
        error.exit_code()
    })
}

fn completions(shell: clap_complete::Shell) -> Result<u8, RunError> {
    use clap::CommandFactory as _;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "okta-conformance", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script).map_err(|error| run::unwritten(&error))?;
    Ok(crate::exit_code::CONFORMS)
}

fn complain(message: &str) -> u8 {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "okta-conformance: {}", plain(&one_line(message)));
    COULD_NOT_RUN
}

/// Help and version are answers; everything else is one line.
fn usage(error: &clap::Error) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            crate::exit_code::CONFORMS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            complain("no command given; try `okta-conformance run`, `list`, `restore` or `--help`")
        }
        _ => complain(&usage_line(&error.to_string())),
    }
}

/// Clap's message without its usage paragraph.
fn usage_line(message: &str) -> String {
    let said: Vec<&str> = message
        .split("\n\n")
        .filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"))
        .map(str::trim)
        .collect();
    let said = one_line(&said.join("; "));
    format!("{}; see --help", said.trim_start_matches("error: "))
}

fn layer(text: &str) -> Result<Layer, String> {
    Layer::ALL
        .into_iter()
        .find(|layer| layer.word() == text)
        .ok_or_else(|| "there are documented, contract and snapshot".to_owned())
}

fn app(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, id)) if !name.is_empty() && !id.is_empty() => Ok((name.to_owned(), id.to_owned())),
        _ => Err("give the app's name and id, as in google=0oa1a2b3c4d5e6f7g8h9".to_owned()),
    }
}

/// Runs on a small runtime of its own.
fn block_on<T>(future: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| RunError::Internal(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(future);
    // A thread that still reads from the terminal would be waited for until somebody types.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn mistakes_are_one_line() {
        for (args, wanted) in [
            (vec!["run", "--tarjet", "x"], "--target"),
            (vec!["run", "--format", "xml"], "terminal, json"),
            (vec!["run", "--app", "google"], "google=0oa"),
            (vec!["rum"], "run"),
        ] {
            let args = std::iter::once("okta-conformance").chain(args);
            let message = Cli::try_parse_from(args)
                .map(|_| String::new())
                .unwrap_or_else(|error| usage_line(&error.to_string()));
            assert!(message.contains(wanted) && !message.contains('\n'), "{message}");
        }
    }
}
