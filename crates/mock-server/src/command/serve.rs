//! Without a subcommand: serves the mock until a signal.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use okta_mock_server::{MockServer, NamedOrg, StartError};
use tokio::signal::unix::{SignalKind, signal};

use super::ca_file::CaFile;
use super::message::{COULD_NOT_RUN, print_error};
use super::options::Options;
use crate::logging::Log;

/// Serves the mock and returns the exit code.
pub(super) fn run(options: &Options) -> ExitCode {
    let log = Log::start(options.log);
    let result = serve(options, &log);
    log.finish();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            print_error(&message);
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

fn serve(options: &Options, log: &Log) -> Result<(), String> {
    let builder = options.builder()?;
    raise_file_limit();
    runtime()?.block_on(async {
        let mock = builder.start().await.map_err(|error| explain(&error, options))?;
        // Before the ready line: a client that reads the line may send a signal at once.
        let stop = StopSignals::listen()?;
        let ca_file = CaFile::write(&mock, options.tls_ca_file())?;
        announce(&mock, ca_file.as_ref(), options, log)?;
        stop.wait().await;
        mock.shutdown().await;
        Ok(())
    })
}

/// Returns the runtime that the mock runs on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("cannot start: {error}"))
}

/// Raises the limit of open files as far as the system lets this process. Each org has a port.
pub(super) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // If it stays as it was, fewer ports can be opened, and the error of that one says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Prints the ready line on standard output, then usage hints on standard error. A separate thread writes:
/// if nobody reads standard output, neither requests nor the shutdown block.
fn announce(mock: &MockServer, ca_file: Option<&CaFile>, options: &Options, log: &Log) -> Result<(), String> {
    let mut ready = format!("okta-mock-server ready at {}\n", mock.url());
    if let Some(file) = ca_file {
        let _ = writeln!(ready, "okta-mock-server CA certificate in {}", file.path().display());
    }
    for org in named_orgs(mock) {
        let _ = writeln!(ready, "okta-mock-server org {} ready at {}", org.name(), org.url());
    }
    let (getting_started, console) = (getting_started(mock, ca_file, options), log.console());
    let announce = move || {
        // Keep serving even if standard output is closed.
        let mut output = std::io::stdout().lock();
        let _ = output.write_all(ready.as_bytes());
        let _ = output.flush();
        console.print(&getting_started);
    };
    let thread = std::thread::Builder::new().name("ready line".into()).spawn(announce);
    thread.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}

/// Returns the orgs besides the default one.
pub(super) fn named_orgs(mock: &MockServer) -> impl Iterator<Item = NamedOrg> {
    mock.orgs().into_iter().filter(|org| org.name() != "default")
}

/// The signals that stop the mock: Ctrl-C and SIGTERM.
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl StopSignals {
    fn listen() -> Result<Self, String> {
        let on = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Returns the reason why the mock does not start, and a remedy.
pub(super) fn explain(error: &StartError, options: &Options) -> String {
    match error {
        StartError::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
            format!(
                "{error}; stop the program that listens there, or use a free port with --listen 127.0.0.1:0"
            )
        }
        StartError::Listen { .. } => format!("{error}; choose an address of this machine with --listen"),
        StartError::Load(reason) => format!("--load {}: {reason}; fix the file", options.load),
        StartError::Org { source, .. } if source.rule == "control.state" => {
            format!("--org {error}; fix the file")
        }
        StartError::Org { .. } => format!("--org: {error}"),
        StartError::TrustedOrigin { .. } => format!("--cors: {error}"),
        StartError::Tls(_) => format!("--tls: {error}"),
        StartError::Clock => format!("--clock: {error}, such as 2026-01-31T12:00:00Z"),
        _ => error.to_string(),
    }
}

/// Returns the text for a first start: the apps of the org, and a command to paste.
fn getting_started(mock: &MockServer, ca_file: Option<&CaFile>, options: &Options) -> String {
    const SHOWN: usize = 8;
    let url = mock.url();
    let mut text = format!("\nA mock Okta org at {url}");
    let apps = mock.org().apps();
    let credential = options.shown_credential();
    let trust = ca_file.map(|file| format!("--cacert {} ", file.path().display())).unwrap_or_default();
    match apps.first() {
        None => {
            let _ = writeln!(text, ", without apps. Create one:\n");
            let _ = writeln!(
                text,
                "  curl {trust}-X POST {url}/api/v1/apps -H 'Authorization: {credential}' -H 'Content-Type: application/json' \
                 -d '{{\"name\":\"zscalerbyz\",\"label\":\"Zscaler\"}}'\n"
            );
        }
        Some(first) => {
            let _ = writeln!(text, " with these apps:\n");
            for app in apps.iter().take(SHOWN) {
                let _ = writeln!(text, "  {}  {}", app.id(), app.name());
            }
            if apps.len() > SHOWN {
                let _ = writeln!(text, "  … and {} more", apps.len() - SHOWN);
            }
            let _ = writeln!(
                text,
                "\nTry:\n\n  curl {trust}-H 'Authorization: {credential}' {url}/api/v1/apps/{}/connections/default\n",
                first.id()
            );
        }
    }
    // With a declared token, the shell has to expand the variable.
    match credential.contains('$') {
        true => text
            .replace(&format!("'Authorization: {credential}'"), &format!("\"Authorization: {credential}\"")),
        false => text,
    }
}
