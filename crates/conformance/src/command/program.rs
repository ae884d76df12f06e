//! The entry point: parses the command line, runs the command, and prints errors.

use clap::Parser;
use clap::error::ErrorKind;

use super::arguments::{Cli, Command};
use super::messages::{complain, unwritten};
use crate::error::{RunError, one_line};

/// Runs the command line and returns the exit code.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match cli.command {
        Command::Run(args) => super::run::run(*args),
        Command::List(args) => super::list::list(&args),
        Command::Record(args) => super::record::record(*args),
        Command::Accept(args) => super::record::accept(&args),
        Command::Diff(args) => super::diff::diff(*args),
        Command::Compare(args) => super::compare::compare(&args),
        Command::Completions { shell } => completions(shell),
        Command::Restore(args) => super::restore::restore(args),
    };
    result.unwrap_or_else(|error| {
        complain(&error.for_command_line());
        error.exit_code()
    })
}

fn completions(shell: clap_complete::Shell) -> Result<u8, RunError> {
    use clap::CommandFactory as _;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "okta-conformance", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script).map_err(|error| unwritten(&error))?;
    Ok(crate::exit_code::CONFORMS)
}

/// Prints help and version as they are; any other error as one line.
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

/// The message of clap without its usage paragraph.
fn usage_line(message: &str) -> String {
    let message_parts: Vec<&str> = message
        .split("\n\n")
        .filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"))
        .map(str::trim)
        .collect();
    let message_parts = one_line(&message_parts.join("; "));
    format!("{}; see --help", message_parts.trim_start_matches("error: "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn errors_are_one_line() {
        for (args, expected) in [
            (vec!["run", "--tarjet", "x"], "--target"),
            (vec!["run", "--format", "xml"], "terminal, json"),
            (vec!["run", "--app", "google"], "google=0oa"),
            (vec!["rum"], "run"),
        ] {
            let args = std::iter::once("okta-conformance").chain(args);
            let message = Cli::try_parse_from(args)
                .map(|_| String::new())
                .unwrap_or_else(|error| usage_line(&error.to_string()));
            assert!(message.contains(expected) && !message.contains('\n'), "{message}");
        }
    }
}
