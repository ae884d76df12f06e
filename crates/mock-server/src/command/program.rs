//! The subcommands. Without one, the program serves the mock.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::beside::Beside;
use super::env::Env;
use super::exec::Exec;
use super::health::Health;
use super::message::{COULD_NOT_RUN, print_error};
use super::options::Options;
use super::serve;

/// A mock Okta org for app provisioning.
///
/// Without flags, the org has one app of each kind that Okta's provisioning guide names, and any
/// well-formed credential is accepted as an administrator's.
#[derive(Debug, Parser)]
#[command(name = "okta-mock-server", version, disable_help_subcommand = true)]
#[command(args_conflicts_with_subcommands = true)]
struct Program {
    #[command(flatten)]
    options: Options,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    // A free port, so that commands can run side by side. No log, so that standard error is the command's.
    #[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:0")))]
    #[command(mut_arg("log", |log| log.default_value("off")))]
    Exec(Box<Exec>),
    Env(Env),
    Health(Health),
    /// Serves the mock for `exec`.
    #[command(hide = true)]
    Beside(Beside),
}

/// Runs the program and returns its exit code.
pub(crate) fn main() -> ExitCode {
    let Program { options, command } = match read(std::env::args_os()) {
        Ok(program) => program,
        Err(code) => return code,
    };
    match command {
        None => serve::run(&options),
        Some(Command::Exec(exec)) => exec.run(),
        Some(Command::Env(env)) => env.run(),
        Some(Command::Health(health)) => health.run(),
        Some(Command::Beside(beside)) => beside.run(),
    }
}

/// Reads the flags of the mock from the command line of an `exec`, up to its `--`.
pub(super) fn options_of_exec(mut arguments: Vec<OsString>) -> Result<Options, String> {
    arguments.extend(["--".into(), "command".into()]);
    match Program::try_parse_from(arguments).map_err(|error| one_line(&error))?.command {
        Some(Command::Exec(exec)) => Ok(exec.options),
        _ => Err("the flags are not those of exec".to_owned()),
    }
}

/// Reads the command line. Prints help and version itself.
fn read(arguments: impl Iterator<Item = OsString>) -> Result<Program, ExitCode> {
    Program::try_parse_from(arguments).map_err(|error| {
        if !error.use_stderr() {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        print_error(&format!("{} (see okta-mock-server --help)", one_line(&error)));
        ExitCode::from(COULD_NOT_RUN)
    })
}

/// Returns everything but the usage paragraph, in one line. The second paragraph lists the possible values.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let message =
        text.split("\n\n").filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more"));
    let message = message.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    message.strip_prefix("error: ").unwrap_or(&message).to_owned()
}
