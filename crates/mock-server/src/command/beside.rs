//! The mock beside the command of `exec`: a process of its own that ends with the command.
//!
//! Two steps start it. The first process only starts the second one and ends, so that the mock is not a
//! child of the command: a program that waits for all its children would otherwise wait for the mock, which
//! waits for the program. The second process serves the org and watches the command.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Args;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use secrecy::{ExposeSecret as _, SecretString};

use super::ca_file::CaFile;
use super::message::{COULD_NOT_RUN, print_error};
use super::options::Options;
use super::{program, serve};
use crate::logging::{Log, LogLevel};

/// Words before the URL and before a message, on the pipe from the mock to `exec`.
const READY: &str = "ready ";
const FAILED: &str = "failed ";
/// Maximum length of a line from the mock, in bytes: the names and URLs of some ten thousand orgs.
const MAX_LINE: u64 = 1024 * 1024;

/// The settings that `exec` hands to the mock over a pipe: no other user of the machine can read them there.
pub(super) struct Handover {
    /// The command line of `exec`, up to its `--`.
    pub(super) arguments: Vec<OsString>,
    /// A token to declare in addition.
    pub(super) token: Option<SecretString>,
}

impl Handover {
    /// Arguments contain no NUL, so it separates them. The token is first.
    fn write(&self, mut pipe: impl std::io::Write) -> std::io::Result<()> {
        pipe.write_all(self.token.as_ref().map_or("", |token| token.expose_secret()).as_bytes())?;
        for argument in &self.arguments {
            pipe.write_all(b"\0")?;
            pipe.write_all(argument.as_bytes())?;
        }
        Ok(())
    }

    fn read(mut pipe: impl std::io::Read) -> Result<Self, String> {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map_err(|error| format!("cannot read the settings: {error}"))?;
        let mut parts = bytes.split(|byte| *byte == 0);
        let token = String::from_utf8(parts.next().unwrap_or_default().to_vec());
        let token = token.map_err(|_| "the token is not UTF-8".to_owned())?;
        let arguments = parts.map(|part| OsString::from_vec(part.to_vec())).collect();
        Ok(Self { arguments, token: (!token.is_empty()).then(|| SecretString::from(token)) })
    }
}

/// What the mock tells when it is ready.
pub(super) struct Ready {
    /// The URL of the default org.
    pub(super) url: String,
    /// The file with the certificate of the CA, if the mock made one.
    pub(super) ca_file: Option<String>,
    /// Names and URLs of the other orgs.
    pub(super) named: Vec<(String, String)>,
}

impl Ready {
    /// Returns one line. The parts are separated by tabs.
    fn line(&self) -> String {
        let mut line = format!("{}\t{}", self.url, self.ca_file.as_deref().unwrap_or_default());
        for (name, url) in &self.named {
            line += &format!("\t{name}={url}");
        }
        line
    }

    /// Reads the line.
    fn parse(line: &str) -> Self {
        let mut parts = line.split('\t');
        let url = parts.next().unwrap_or_default().to_owned();
        let ca_file = parts.next().filter(|file| !file.is_empty()).map(ToOwned::to_owned);
        let named = parts.filter_map(|part| part.split_once('='));
        Self { url, ca_file, named: named.map(|(name, url)| (name.to_owned(), url.to_owned())).collect() }
    }
}

/// Starts a mock that ends with this process, and returns what it tells.
pub(super) fn start(handover: &Handover) -> Result<Ready, String> {
    let cannot = |error: std::io::Error| format!("cannot start the mock: {error}");
    let mut starter = this_program(std::process::id(), &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(pipe) = starter.stdin.take() {
        // If the mock is gone, the line below is missing, and that is reported.
        let _ = handover.write(pipe);
    }
    let line = first_line(&mut starter).map_err(cannot)?;
    starter.wait().map_err(cannot)?;
    if let Some(ready) = line.strip_prefix(READY) {
        return Ok(Ready::parse(ready));
    }
    let message = line.strip_prefix(FAILED).map(ToOwned::to_owned);
    Err(message.unwrap_or_else(|| "the mock ended before it was ready; try it without exec".to_owned()))
}

fn first_line(child: &mut Child) -> std::io::Result<String> {
    let mut line = String::new();
    if let Some(pipe) = child.stdout.take() {
        BufReader::new(pipe.take(MAX_LINE)).read_line(&mut line)?;
    }
    Ok(line.trim_end_matches('\n').to_owned())
}

fn this_program(process: u32, flags: &[&str]) -> Command {
    // If the path cannot be read, the name in the process list has to do.
    let path = std::env::current_exe().unwrap_or_else(|_| {
        std::env::args_os().next().unwrap_or_else(|| OsStr::new("okta-mock-server").to_owned()).into()
    });
    let mut command = Command::new(path);
    command.arg("beside").args(flags).arg(process.to_string());
    command
}

/// Serves the mock for `exec`, which starts it.
#[derive(Args, Debug)]
pub(super) struct Beside {
    /// Process whose end ends the mock.
    process: i32,

    /// Serve, instead of starting the process that serves.
    #[arg(long)]
    serve: bool,
}

impl Beside {
    /// Starts the mock in a process of its own, or is that process.
    pub(super) fn run(&self) -> ExitCode {
        let result = if self.serve { self.serve() } else { self.start_server() };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                if writeln!(std::io::stdout(), "{FAILED}{}", message.replace('\n', " ")).is_err() {
                    print_error(&message);
                }
                ExitCode::from(COULD_NOT_RUN)
            }
        }
    }

    fn start_server(&self) -> Result<(), String> {
        let child = this_program(self.process.unsigned_abs(), &["--serve"]).spawn();
        child.map(drop).map_err(|error| format!("cannot start the mock: {error}"))
    }

    fn serve(&self) -> Result<(), String> {
        let Handover { arguments, token } = Handover::read(std::io::stdin().lock())?;
        let options = program::options_of_exec(arguments)?;
        // A Ctrl-C of the terminal is for the command, which may still call the mock when it ends.
        rustix::process::setsid().map_err(|error| format!("cannot leave the terminal: {error}"))?;
        let log = Log::start(options.log);
        let result = self.serve_until_the_end(&options, token);
        log.finish();
        result
    }

    fn serve_until_the_end(&self, options: &Options, token: Option<SecretString>) -> Result<(), String> {
        let builder = token.into_iter().fold(options.builder()?, okta_mock_server::Builder::api_token);
        let process = Pid::from_raw(self.process).ok_or("there is no process 0")?;
        serve::raise_file_limit();
        let runtime = serve::runtime()?;
        let mock = runtime.block_on(builder.start()).map_err(|error| serve::explain(&error, options))?;
        let ended = Ended::watch(process);
        // Fails if the command is gone already.
        let ca_file = CaFile::write(&mock, options.tls_ca_file())?;
        let named = serve::named_orgs(&mock).map(|org| (org.name().to_owned(), org.url().to_owned()));
        let ready = Ready {
            url: mock.url().to_owned(),
            ca_file: ca_file.as_ref().map(|file| file.path().display().to_string()),
            named: named.collect(),
        };
        if writeln!(std::io::stdout(), "{READY}{}", ready.line()).is_ok() {
            let _ = release_streams(options.log);
            ended.wait();
        }
        // Nobody is left to wait for an answer, so open requests are dropped.
        runtime.shutdown_background();
        Ok(())
    }
}

/// Closes the streams that belong to the command or to `exec`, and leaves the working directory. A reader of
/// the command's standard error would otherwise wait for the mock as well.
fn release_streams(log: LogLevel) -> std::io::Result<()> {
    std::env::set_current_dir("/")?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    if matches!(log, LogLevel::Off) {
        rustix::stdio::dup2_stderr(&null)?;
    }
    Ok(())
}

/// The end of a process that is not a child.
struct Ended {
    process: Pid,
    /// Readable once the process has ended (`pidfd_open(2)`).
    #[cfg(target_os = "linux")]
    handle: Option<rustix::fd::OwnedFd>,
}

/// Time between two looks at a process that cannot be watched, outside Linux and before Linux 5.3.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

impl Ended {
    #[cfg(target_os = "linux")]
    fn watch(process: Pid) -> Self {
        let handle = rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty());
        Self { process, handle: handle.ok() }
    }

    #[cfg(not(target_os = "linux"))]
    const fn watch(process: Pid) -> Self {
        Self { process }
    }

    /// Waits for the end.
    fn wait(self) {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle
            && is_readable(handle)
        {
            return;
        }
        // A command that runs as another user exists, too.
        while test_kill_process(self.process) != Err(Errno::SRCH) {
            std::thread::sleep(LOOK_INTERVAL);
        }
    }
}

/// Waits until the file is readable. Returns false if it cannot be waited for.
#[cfg(target_os = "linux")]
fn is_readable(file: &rustix::fd::OwnedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};

    loop {
        match poll(&mut [PollFd::new(file, PollFlags::IN)], None) {
            Ok(_) => return true,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}
