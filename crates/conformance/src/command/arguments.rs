//! The command line: its commands and flags.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::judgement::Layer;
use crate::reporters::ReportRequest;

/// Replays Okta's documented app-provisioning flows against an org and judges every answer.
///
/// Exit codes: 0 conforms, 1 deviates, 2 could not run or nothing could be judged,
/// 3 something in the org could not be put back.
#[derive(Debug, Parser)]
#[command(name = "okta-conformance", version)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
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
pub(super) enum Command {
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
pub(super) struct RunArgs {
    /// Flows to run, as `flow` or `flow@app`; all of them without any.
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// The org's URL, as in https://dev-123.okta.com; without it an in-process mock.
    #[arg(long, value_name = "URL", help_heading = "The org")]
    pub(super) target: Option<String>,
    #[command(flatten)]
    pub(super) way: ConnectionArgs,
    /// End the run after so many seconds, and put the org back.
    #[arg(long, value_name = "SECONDS", help_heading = "The org", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) run_timeout: Option<u64>,
    /// Print every request that the run would send, and what cannot be undone; send none.
    #[arg(long, help_heading = "What may be changed in the org")]
    pub(super) plan: bool,
    #[command(flatten)]
    pub(super) safety: SafetyArgs,
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
    /// Take flows from this folder or file.
    #[arg(long = "flows", value_name = "DIR", help_heading = "What to replay")]
    pub(super) library: Option<PathBuf>,
    /// Take inputs of flows from this JSON file: an object by app, then by input,
    /// as in {"zscalerbyz": {"connection": {…}}}.
    #[arg(long, value_name = "FILE", help_heading = "What to replay")]
    pub(super) inputs: Option<PathBuf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Judge by this OpenAPI document, 3.0 or 3.1, such as the one that Okta publishes.
    #[arg(long, value_name = "FILE", help_heading = "By what to judge")]
    pub(super) contract: Option<PathBuf>,
    /// Compare with the snapshots of this folder.
    #[arg(long, value_name = "DIR", help_heading = "By what to judge")]
    pub(super) snapshots: Option<PathBuf>,
    /// Compare with the accepted snapshots of this profile (see `record`).
    #[arg(long, value_name = "NAME", conflicts_with = "snapshots", help_heading = "By what to judge")]
    pub(super) profile: Option<String>,
    /// The folder of profiles.
    #[arg(long, value_name = "DIR", default_value = "okta-profiles", help_heading = "By what to judge")]
    pub(super) profiles: PathBuf,
    /// Accept the deviations in this JSON file, each with its place and a reason.
    #[arg(long, value_name = "FILE", help_heading = "By what to judge")]
    pub(super) known_deviations: Option<PathBuf>,
    /// Let only these judgements decide; repeatable. The others are shown all the same.
    #[arg(long, value_name = "LAYER", value_parser = layer, help_heading = "By what to judge")]
    pub(super) fail_on: Vec<Layer>,
    /// Exit with 2 where a flow run was skipped, although everything else conforms.
    #[arg(long, help_heading = "By what to judge")]
    pub(super) fail_on_skip: bool,
    /// Leave out the check of this id, as findings name it (docs/checks.md); repeatable.
    #[arg(long, value_name = "ID", help_heading = "By what to judge")]
    pub(super) skip_check: Vec<String>,
    /// Write an entry for each group of findings into this file of known deviations. The reasons are
    /// for you to fill in.
    #[arg(long, value_name = "FILE", help_heading = "By what to judge")]
    pub(super) write_known_deviations: Option<PathBuf>,
    #[command(flatten)]
    pub(super) look: ReportArgs,
}

/// What of the flows is run; kinds of selection narrow each other.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to replay")]
pub(super) struct SelectArgs {
    /// Only flows for this app, such as google; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(super) only_app: Vec<String>,
    /// Only flows of the guide's sections that begin so; repeatable.
    #[arg(long, value_name = "TEXT")]
    pub(super) section: Vec<String>,
    /// Only flows with this tag; repeatable.
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// Only flows that have this step, by its name or the guide step it cites; repeatable.
    /// Such a flow runs whole: a step rests on those before it.
    #[arg(long, value_name = "STEP")]
    pub(super) step: Vec<String>,
    /// Only what did not conform in the last run.
    #[arg(long)]
    pub(super) last_failed: bool,
    /// Begin no further flow after the first that deviates.
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Run so many flows at once; an app is never used by two [default: 4 on a mock, 1 on an org].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: Option<u16>,
    /// Run everything so often, and name the steps that are unstable.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10000))]
    pub(super) repeat: Option<u32>,
}

/// How to get to the org.
#[derive(Debug, Args)]
#[command(next_help_heading = "The org")]
pub(super) struct ConnectionArgs {
    /// A file with the credential: `SSWS token`, `Bearer token` or an API token alone.
    #[arg(long, value_name = "FILE")]
    pub(super) credential_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

/// How requests go out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The org")]
pub(super) struct NetworkArgs {
    /// Trust the certificates in this PEM file, beside those of the system.
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Send at most so many requests a minute.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_rate: Option<u32>,
    /// Give a request up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) request_timeout: u64,
    /// Send a request again at most N times where that is safe. GET, HEAD and OPTIONS: after 500,
    /// 502, 503, 504 or a connection that broke; PUT: after a connection that broke; any request: if
    /// it never reached the org, or was answered 429 without x-rate-limit-reset and Retry-After. The
    /// first pause is half a second, each further one twice as long; Retry-After is followed. A 429
    /// that names a time is waited for in any case, at most ten times. No request waits longer than
    /// five minutes in all. The report shows each repetition at its step.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=10))]
    pub(super) retries: u32,
}

/// What may be changed.
#[derive(Debug, Args)]
#[command(next_help_heading = "What may be changed in the org")]
pub(super) struct SafetyArgs {
    /// Allow requests that change something; type the target's own host.
    #[arg(long, value_name = "HOST")]
    pub(super) allow_writes: Option<String>,
    /// Use this app of the org for the flows of its kind, as in google=0oa…; repeatable.
    /// Its state is written down before the first write and put back at the end.
    #[arg(long = "app", value_name = "NAME=ID", value_parser = app)]
    pub(super) apps: Vec<(String, String)>,
    /// Create apps for the flows whose app is not named; they are deleted at the end.
    #[arg(long)]
    pub(super) create_apps: bool,
    /// Allow flows that replace the stored token or key of a named app. No org tells
    /// it, so nobody can put it back.
    #[arg(long)]
    pub(super) allow_credential_change: bool,
    /// Keep the undo file in this folder [default: $XDG_STATE_HOME/okta-conformance].
    #[arg(long, value_name = "DIR")]
    pub(super) undo_dir: Option<PathBuf>,
}

/// Who consents at the third-party apps.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Consent at third-party apps")]
pub(super) struct ConsentArgs {
    /// Run this for each consent instead of asking at the terminal: it gets the authorize
    /// link as its last argument (and OKTA_CONSENT, `allow` or `deny`) and prints what the
    /// org shows at the end, the JSON or the URL in it.
    #[arg(long, value_name = "CMD", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) consent_command: Option<String>,
    /// Wait so many seconds for each consent.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(super) consent_timeout: u64,
}

/// How what is told looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
pub(super) struct FormatArgs {
    /// The form of the report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
    /// Whether to use colours; NO_COLOR is respected.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// How the report of a run looks, and where else it goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
pub(super) struct ReportArgs {
    #[command(flatten)]
    pub(super) form: FormatArgs,
    /// Show every step.
    #[arg(long)]
    pub(super) verbose: bool,
    /// The default by now.
    #[arg(long, hide = true)]
    pub(super) brief: bool,
    /// Show the whole coverage table: operations, statuses, apps.
    #[arg(long)]
    pub(super) coverage: bool,
    /// Write another report: junit=FILE, json=FILE, html=FILE, har=FILE, or github; repeatable.
    #[arg(long = "report", value_name = "FORM=FILE")]
    pub(super) reports: Vec<ReportRequest>,
}

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// Flow runs to accept, as `flow` or `flow@app`; all of them without any.
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// The profile.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: String,
    /// The folder of profiles.
    #[arg(long, value_name = "DIR", default_value = "okta-profiles")]
    pub(super) profiles: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The one target: an org's URL, or `mock`.
    #[arg(value_name = "A")]
    pub(super) one: String,
    /// The other.
    #[arg(value_name = "B")]
    pub(super) other: String,
    /// Flows to run, as `flow` or `flow@app`; repeatable. All of them without any.
    #[arg(long = "flow", value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// A file with the credential for A; else the environment's is used for both.
    #[arg(long, value_name = "FILE")]
    pub(super) credential_file: Option<PathBuf>,
    /// A file with the credential for B.
    #[arg(long, value_name = "FILE")]
    pub(super) other_credential_file: Option<PathBuf>,
    /// Allow requests that change something in these orgs; type each one's own host.
    #[arg(long, value_name = "HOST")]
    pub(super) allow_writes: Vec<String>,
    /// Use this app of A for the flows of its kind; repeatable.
    #[arg(long = "app", value_name = "NAME=ID", value_parser = app)]
    pub(super) apps: Vec<(String, String)>,
    /// The same for B.
    #[arg(long = "other-app", value_name = "NAME=ID", value_parser = app)]
    pub(super) other_apps: Vec<(String, String)>,
    /// Create apps for the flows whose app is not named; they are deleted at the end.
    #[arg(long)]
    pub(super) create_apps: bool,
    /// Allow flows that replace the stored token or key of a named app. No org tells
    /// it, so nobody can put it back.
    #[arg(long)]
    pub(super) allow_credential_change: bool,
    /// Keep the undo files in this folder [default: $XDG_STATE_HOME/okta-conformance].
    #[arg(long, value_name = "DIR")]
    pub(super) undo_dir: Option<PathBuf>,
    /// Take inputs of flows from this JSON file: an object by app, then by input.
    #[arg(long, value_name = "FILE")]
    pub(super) inputs: Option<PathBuf>,
    /// Only flows for this app, such as google; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(super) only_app: Vec<String>,
    /// Only flows with this tag; repeatable.
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
    #[command(flatten)]
    pub(super) look: ReportArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The earlier report, as `run --report json=FILE` writes it.
    #[arg(value_name = "OLD.json")]
    pub(super) old: PathBuf,
    /// The later one.
    #[arg(value_name = "NEW.json")]
    pub(super) new: PathBuf,
    /// The form of the comparison.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The undo file; the run that wrote it named it.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The org's URL, to make sure that it is this one; the undo file names it.
    #[arg(long, value_name = "URL", help_heading = "The org")]
    pub(super) target: Option<String>,
    /// Restore by a file that this installation did not write, such as one from another machine or
    /// one that was edited; type the host of the org that the file names.
    #[arg(long, value_name = "HOST", help_heading = "The org")]
    pub(super) allow_writes: Option<String>,
    #[command(flatten)]
    pub(super) way: ConnectionArgs,
    #[command(flatten)]
    pub(super) form: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Take flows from this folder or file.
    #[arg(long = "flows", value_name = "DIR")]
    pub(super) library: Option<PathBuf>,
    /// The form of the list.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Terminal,
    /// For programs.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
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
