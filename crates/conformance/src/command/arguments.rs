//! The commands and flags of the command line.

// `--help` shows the doc comments as they are.
#![allow(rustdoc::bare_urls)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::judgement::Layer;
use crate::reporters::ReportRequest;

/// Replays Okta's documented app-provisioning flows against an org and judges every answer.
///
/// Exit codes: 0 conforms, 1 deviates, 2 could not run or nothing was judged, 3 the org was not fully
/// restored.
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
      read only, with one existing app
  okta-conformance run --target https://dev-123.okta.com --allow-writes dev-123.okta.com --create-apps --plan
      print the requests that would be sent; then run the same command without --plan
  okta-conformance run --tag consent --only-app slack --report html=report.html
      some flows, with an HTML report
  okta-conformance run --fail-on contract --contract management-minimal.yaml
      judge only by the document that Okta publishes

Exit codes: 0 conforms, 1 deviates, 2 could not run or nothing was judged, 3 the org was not fully restored.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Replay flows and judge every answer by the guide, the contract and the snapshots.
    ///
    /// Without --target a mock org is started in this process. The credential
    /// for a target comes from OKTA_API_TOKEN (SSWS), OKTA_ACCESS_TOKEN
    /// (Bearer), OKTA_CLIENT_ID and OKTA_PRIVATE_KEY_FILE (a service app), or
    /// --credential-file. A service app requests OKTA_SCOPES, or the scopes
    /// okta.apps.manage and okta.apps.read; OKTA_KEY_ID names its key.
    #[command(after_long_help = EXAMPLES)]
    Run(Box<RunArgs>),
    /// List the flows, their steps and the sections of the guide.
    List(ListArgs),
    /// Record a target's answers as a named profile of snapshots for review.
    ///
    /// New and changed snapshots are written next to the accepted ones (`.snap.new`, as insta does). `accept`
    /// or `cargo insta review` accepts them.
    Record(Box<RecordArgs>),
    /// Accept the snapshots that `record` wrote.
    Accept(AcceptArgs),
    /// Replay the same flows against two targets and show the differences.
    ///
    /// A target is an org's URL, or `mock` for an in-process mock. Exit code 1 if they differ.
    Diff(Box<DiffArgs>),
    /// Show the new, gone and unchanged findings of two JSON reports.
    ///
    /// Exit code 1 if there are new findings, 2 if a file is not a report.
    Compare(CompareArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Restore an org from the undo file of a run that was killed.
    ///
    /// Sends only what differs from the file, verifies it, and removes the file once nothing is left to
    /// restore. Can be repeated until then. The file must be private (mode 0600) and owned by you. Deletes
    /// only apps whose note and label show that the run created them.
    Restore(RestoreArgs),
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Flows to run, as `flow` or `flow@app` [default: all].
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// The org's URL, such as https://dev-123.okta.com [default: an in-process mock].
    #[arg(long, value_name = "URL", help_heading = "The org")]
    pub(super) target: Option<String>,
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// Stop the run after this many seconds and restore the org.
    #[arg(long, value_name = "SECONDS", help_heading = "The org", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) run_timeout: Option<u64>,
    /// Print every request that the run would send, and what cannot be undone; send nothing.
    #[arg(long, help_heading = "Changes to the org")]
    pub(super) plan: bool,
    #[command(flatten)]
    pub(super) safety: SafetyArgs,
    #[command(flatten)]
    pub(super) consent: ConsentArgs,
    /// Read flows from this folder or file.
    #[arg(long = "flows", value_name = "DIR", help_heading = "Flows")]
    pub(super) library: Option<PathBuf>,
    /// Read inputs of flows from this JSON file: an object by app, then by input, such as {"zscalerbyz":
    /// {"connection": {…}}}.
    #[arg(long, value_name = "FILE", help_heading = "Flows")]
    pub(super) inputs: Option<PathBuf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Judge by this OpenAPI document (3.0 or 3.1), such as the one that Okta publishes.
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub(super) contract: Option<PathBuf>,
    /// Compare with the snapshots in this folder.
    #[arg(long, value_name = "DIR", help_heading = "Judgement")]
    pub(super) snapshots: Option<PathBuf>,
    /// Compare with the accepted snapshots of this profile (see `record`).
    #[arg(long, value_name = "NAME", conflicts_with = "snapshots", help_heading = "Judgement")]
    pub(super) profile: Option<String>,
    /// The folder of profiles.
    #[arg(long, value_name = "DIR", default_value = "okta-profiles", help_heading = "Judgement")]
    pub(super) profiles: PathBuf,
    /// Accept the deviations in this JSON file, each with its place and a reason.
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub(super) known_deviations: Option<PathBuf>,
    /// Let only these judgements decide the verdict; the others are still shown. Repeatable.
    #[arg(long, value_name = "LAYER", value_parser = layer, help_heading = "Judgement")]
    pub(super) fail_on: Vec<Layer>,
    /// Exit with code 2 if a flow run was skipped and everything else conforms.
    #[arg(long, help_heading = "Judgement")]
    pub(super) fail_on_skip: bool,
    /// Turn off the check with this id (see findings and docs/checks.md). Repeatable.
    #[arg(long, value_name = "ID", help_heading = "Judgement")]
    pub(super) skip_check: Vec<String>,
    /// Write an entry for each group of findings to this file of known deviations. You fill in the reasons.
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub(super) write_known_deviations: Option<PathBuf>,
    #[command(flatten)]
    pub(super) look: ReportArgs,
}

/// The selection of flows; different kinds of filters narrow each other.
#[derive(Debug, Args)]
#[command(next_help_heading = "Flows")]
pub(super) struct SelectArgs {
    /// Run only flows for this app, such as google. Repeatable.
    #[arg(long, value_name = "NAME")]
    pub(super) only_app: Vec<String>,
    /// Run only flows of the guide's sections that begin with this text. Repeatable.
    #[arg(long, value_name = "TEXT")]
    pub(super) section: Vec<String>,
    /// Run only flows with this tag. Repeatable.
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    /// Run only flows with this step, named by its id or by the guide step it cites. The whole flow runs,
    /// because steps depend on earlier ones. Repeatable.
    #[arg(long, value_name = "STEP")]
    pub(super) step: Vec<String>,
    /// Run only the flow runs that did not conform in the last run.
    #[arg(long)]
    pub(super) last_failed: bool,
    /// Start no further flow after the first that deviates.
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Run this many flows concurrently; no app is used by two at once [default: 4 on a mock, 1 on an org].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: Option<u16>,
    /// Repeat everything this many times and report unstable steps.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10000))]
    pub(super) repeat: Option<u32>,
}

/// The connection to the org.
#[derive(Debug, Args)]
#[command(next_help_heading = "The org")]
pub(super) struct ConnectionArgs {
    /// Read the credential from this file: `SSWS token`, `Bearer token` or an API token alone.
    #[arg(long, value_name = "FILE")]
    pub(super) credential_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
}

/// Network settings.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The org")]
pub(super) struct NetworkArgs {
    /// Trust the certificates in this PEM file in addition to the system's.
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Send at most this many requests per minute.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_rate: Option<u32>,
    /// Time out a request after this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) request_timeout: u64,
    /// Retry a request at most N times, if that is safe. GET, HEAD and OPTIONS: after 500, 502, 503, 504 or a
    /// broken connection. PUT: after a broken connection. Any request: if it never reached the org, or after
    /// a 429 without x-rate-limit-reset and Retry-After. The first pause is half a second, and each further
    /// pause doubles; Retry-After is honored. A 429 that names a time is always waited for, at most ten
    /// times. No request waits longer than five minutes in total. The report shows each retry at its step.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=10))]
    pub(super) retries: u32,
}

/// Permission to change the org.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes to the org")]
pub(super) struct SafetyArgs {
    /// Allow requests that change the org; repeat the host of --target here.
    #[arg(long, value_name = "HOST")]
    pub(super) allow_writes: Option<String>,
    /// Use this app of the org for flows of its kind, such as google=0oa…. Its state is saved before the
    /// first write and restored at the end. Repeatable.
    #[arg(long = "app", value_name = "NAME=ID", value_parser = app)]
    pub(super) apps: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) changes: ChangeArgs,
    /// Write the undo file to this folder [default: $XDG_STATE_HOME/okta-conformance].
    #[arg(long, value_name = "DIR")]
    pub(super) undo_dir: Option<PathBuf>,
}

/// Permission for changes that go beyond the given apps, or that cannot be restored. The headings of the help are
/// those of the arguments that contain these.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ChangeArgs {
    /// Create an app for each flow without --app; the apps are deleted at the end.
    #[arg(long)]
    pub(super) create_apps: bool,
    /// Allow flows that replace the stored token or key of an app given with --app. No org reveals it, so it
    /// cannot be restored.
    #[arg(long)]
    pub(super) allow_credential_change: bool,
}

/// Consents at the third-party apps.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Consent at third-party apps")]
pub(super) struct ConsentArgs {
    /// Run this command for each consent instead of asking at the terminal. Its last argument is the
    /// authorize link; OKTA_CONSENT is `allow` or `deny`. It prints what the org shows at the end: the JSON,
    /// or the URL in it.
    #[arg(long, value_name = "CMD", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) consent_command: Option<String>,
    /// Wait this many seconds for each consent.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(super) consent_timeout: u64,
}

/// Format and color of the output.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
pub(super) struct FormatArgs {
    /// The format of the report on standard output.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
    /// When to use colors; NO_COLOR is honored.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// Options of the report of a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
pub(super) struct ReportArgs {
    #[command(flatten)]
    pub(super) form: FormatArgs,
    /// Show every step.
    #[arg(long)]
    pub(super) verbose: bool,
    /// Has no effect: the brief report is the default.
    #[arg(long, hide = true)]
    pub(super) brief: bool,
    /// Show the full coverage table: operations, statuses, apps.
    #[arg(long)]
    pub(super) coverage: bool,
    /// Write another report: junit=FILE, json=FILE, html=FILE, har=FILE, or github. Repeatable.
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
    /// Flow runs to accept, as `flow` or `flow@app` [default: all].
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// The name of the profile.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: String,
    /// The folder of profiles.
    #[arg(long, value_name = "DIR", default_value = "okta-profiles")]
    pub(super) profiles: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The first target: an org's URL, or `mock`.
    #[arg(value_name = "A")]
    pub(super) one: String,
    /// The second target: an org's URL, or `mock`.
    #[arg(value_name = "B")]
    pub(super) other: String,
    /// Flows to run, as `flow` or `flow@app` [default: all]. Repeatable.
    #[arg(long = "flow", value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// Read the credential for A from this file [default: the environment's, as for B].
    #[arg(long, value_name = "FILE")]
    pub(super) credential_file: Option<PathBuf>,
    /// Read the credential for B from this file.
    #[arg(long, value_name = "FILE")]
    pub(super) other_credential_file: Option<PathBuf>,
    /// Allow requests that change these orgs; give the host of each.
    #[arg(long, value_name = "HOST")]
    pub(super) allow_writes: Vec<String>,
    /// Use this app of A for flows of its kind. Repeatable.
    #[arg(long = "app", value_name = "NAME=ID", value_parser = app)]
    pub(super) apps: Vec<(String, String)>,
    /// Use this app of B for flows of its kind. Repeatable.
    #[arg(long = "other-app", value_name = "NAME=ID", value_parser = app)]
    pub(super) other_apps: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) changes: ChangeArgs,
    /// Write the undo files to this folder [default: $XDG_STATE_HOME/okta-conformance].
    #[arg(long, value_name = "DIR")]
    pub(super) undo_dir: Option<PathBuf>,
    /// Read inputs of flows from this JSON file: an object by app, then by input.
    #[arg(long, value_name = "FILE")]
    pub(super) inputs: Option<PathBuf>,
    /// Run only flows for this app, such as google. Repeatable.
    #[arg(long, value_name = "NAME")]
    pub(super) only_app: Vec<String>,
    /// Run only flows with this tag. Repeatable.
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
    /// The earlier report, written by `run --report json=FILE`.
    #[arg(value_name = "OLD.json")]
    pub(super) old: PathBuf,
    /// The later report.
    #[arg(value_name = "NEW.json")]
    pub(super) new: PathBuf,
    /// The format of the comparison.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The undo file; the run that wrote it printed its path.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The org's URL, to confirm the one in the undo file.
    #[arg(long, value_name = "URL", help_heading = "The org")]
    pub(super) target: Option<String>,
    /// Allow an undo file that this installation did not write, for example from another machine or edited;
    /// repeat the host of the org in the file here.
    #[arg(long, value_name = "HOST", help_heading = "The org")]
    pub(super) allow_writes: Option<String>,
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    #[command(flatten)]
    pub(super) form: FormatArgs,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Read flows from this folder or file.
    #[arg(long = "flows", value_name = "DIR")]
    pub(super) library: Option<PathBuf>,
    /// The format of the list.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people.
    Terminal,
    /// JSON for programs.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal only.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn layer(text: &str) -> Result<Layer, String> {
    Layer::ALL
        .into_iter()
        .find(|layer| layer.word() == text)
        .ok_or_else(|| "expected documented, contract or snapshot".to_owned())
}

fn app(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, id)) if !name.is_empty() && !id.is_empty() => Ok((name.to_owned(), id.to_owned())),
        _ => Err("expected the app's name and id, such as google=0oa1a2b3c4d5e6f7g8h9".to_owned()),
    }
}
