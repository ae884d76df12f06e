//! `exec`: a command with a mock of its own.
//!
//! This process becomes the command, so that signals, the terminal, job control and the exit code are the
//! command's own, and nothing has to be forwarded. The mock runs in another process, which is not a child
//! of the command and ends as soon as the command has ended; see [`super::beside`].

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use clap::Args;
use rand::TryRng as _;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret as _, SecretString};

use super::beside::{self, Handover, Ready};
use super::clients::{self, VARIABLES, Value};
use super::message::{COULD_NOT_RUN, print_error};
use super::options::Options;
use super::target::Target;

/// Exit codes of a shell for a command that cannot be run.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Run a command with a mock of its own, on a free port of 127.0.0.1.
///
/// The process becomes CMD: its signals, its terminal and its exit code are CMD's. The mock ends when CMD
/// has ended. Nothing is written to standard output. Messages go to standard error only if the mock or CMD
/// cannot be started (exit code 2; 127 if CMD is not found, 126 if it is not executable), and log lines only
/// with --log.
///
/// The token that CMD gets is the first one declared for the mock, or else a generated one.
#[derive(Args, Debug)]
#[command(after_help = clients::help_of_exec())]
pub(super) struct Exec {
    #[command(flatten)]
    pub(super) options: Options,

    /// Command to run, and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// The mock that was started.
struct Mock {
    target: Target,
    ca_file: Option<String>,
    /// Names and URLs of its other orgs.
    named: Vec<(String, String)>,
}

impl Exec {
    /// Starts the mock and becomes the command. Returns only if one of the two cannot be started.
    pub(super) fn run(&self) -> ExitCode {
        match self.start_mock() {
            Ok((mock, token)) => self.become_command(&mock, &token),
            Err(message) => {
                print_error(&message);
                ExitCode::from(COULD_NOT_RUN)
            }
        }
    }

    fn start_mock(&self) -> Result<(Mock, SecretString), String> {
        let declared = self.options.api_tokens()?.into_iter().next();
        let (token, generated) = match declared {
            Some(token) => (token, None),
            None => {
                let token = generated_token()?;
                // While no token is declared, the mock accepts this one like any other.
                let must_be_declared = self.options.declares_access_token();
                (token.clone(), must_be_declared.then_some(token))
            }
        };
        // The flags of the mock end at the first `--`, which clap requires before the command.
        let arguments = std::env::args_os().take_while(|argument| argument != "--").collect();
        let Ready { url, ca_file, named } = beside::start(&Handover { arguments, token: generated })?;
        Ok((Mock { target: Target::parse(&url)?, ca_file, named }, token))
    }

    fn become_command(&self, mock: &Mock, token: &SecretString) -> ExitCode {
        let Some((program, arguments)) = self.command.split_first() else {
            return ExitCode::from(COULD_NOT_RUN);
        };
        let mut command = Command::new(program);
        command.args(arguments);
        for variable in &VARIABLES {
            match variable.for_command.value(&mock.target) {
                None => command.env_remove(variable.name),
                Some(value) => command.env(variable.name, text(value, &mock.target, token)),
            };
        }
        if let Some(file) = &mock.ca_file {
            command.env("OKTA_MOCK_CA_FILE", file).env("NODE_EXTRA_CA_CERTS", file);
        }
        for (name, url) in &mock.named {
            command.env(clients::variable_of_org(name), url);
        }
        // Returns only if it fails.
        let error = command.exec();
        let name = program.to_string_lossy();
        let (code, remedy) = match error.kind() {
            ErrorKind::NotFound if name.contains('/') => {
                (NOT_FOUND, "check the path, and the interpreter that a script names in its first line")
            }
            ErrorKind::NotFound => (NOT_FOUND, "no folder of PATH has it; check its name, or give its path"),
            _ => (NOT_EXECUTABLE, "check that it is a program and that you may execute it"),
        };
        print_error(&format!("exec: cannot run {name}: {error}; {remedy}"));
        ExitCode::from(code)
    }
}

fn text(value: Value, target: &Target, token: &SecretString) -> String {
    value.text(target).unwrap_or_else(|| token.expose_secret().to_owned())
}

/// Returns a new token. Nobody can guess it, so a test that passes with it was given it.
fn generated_token() -> Result<SecretString, String> {
    let mut bytes = [0_u8; 16];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| format!("cannot generate a token: {error}"))?;
    Ok(SecretString::from(format!("mock-{:032x}", u128::from_be_bytes(bytes))))
}
