//! `env`: the variables of a client, as lines for a shell.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use super::clients::{Client, Value, variables_of};
use super::message::print_error;
use super::target::{DEFAULT, Target};

/// Print the environment variables that point a client at a running mock, as lines for a POSIX shell:
/// eval "$(okta-mock-server env python)"
///
/// Lines with unset remove variables that the client would prefer. No token is printed: if
/// OKTA_MOCK_API_TOKEN or OKTA_MOCK_ACCESS_TOKEN is set, the lines refer to it. Otherwise they contain
/// any-token, which the mock accepts as long as no token is declared.
#[derive(Args, Debug)]
pub(super) struct Env {
    /// Client.
    #[arg(value_name = "CLIENT")]
    client: Client,

    /// URL of the mock.
    #[arg(long, value_name = "URL", default_value = DEFAULT, value_parser = Target::parse)]
    url: Target,
}

impl Env {
    /// Prints the lines.
    pub(super) fn run(&self) -> ExitCode {
        let lines: String = variables_of(self.client)
            .map(|variable| match variable.for_client.value(&self.url) {
                None => format!("unset {}\n", variable.name),
                Some(value) => format!("export {}={}\n", variable.name, self.word(value)),
            })
            .collect();
        match std::io::stdout().lock().write_all(lines.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                print_error(&format!("cannot write to standard output: {error}"));
                ExitCode::FAILURE
            }
        }
    }

    /// Returns the shell word of a value.
    fn word(&self, value: Value) -> String {
        let declared = match value {
            Value::AccessToken => "OKTA_MOCK_ACCESS_TOKEN",
            _ => "OKTA_MOCK_API_TOKEN",
        };
        match value.text(&self.url) {
            Some(text) => quoted(&text),
            None if std::env::var_os(declared).is_some_and(|token| !token.is_empty()) => {
                format!("\"${declared}\"")
            }
            None => quoted("any-token"),
        }
    }
}

/// Quotes a text so that a POSIX shell takes it literally.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
