//! The errors of a run that could not take place. Each names the problem, the place and the solution.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::setting::Setting;

/// The underlying error of a library.
type Cause = Arc<dyn Error + Send + Sync>;

/// A run or command that could not be carried out. Its text is one line.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An invalid flow, contract or guide file.
    #[error("{file}:{line}: {reason}")]
    #[non_exhaustive]
    File {
        /// The file, as the user named it.
        file: String,
        /// The line, counted from one.
        line: usize,
        /// The problem, and the valid alternative.
        reason: String,
        /// The parser's error, if there is one.
        source: Option<Cause>,
    },
    /// A file or folder that cannot be read.
    #[error("cannot read {path}: {reason}")]
    #[non_exhaustive]
    Unreadable {
        /// The path as given.
        path: String,
        /// The reason.
        reason: String,
        /// The system's error, if there is one.
        source: Option<Cause>,
    },
    /// An unknown name, or a selection without flows.
    #[error("{0}")]
    Selection(String),
    /// A setting of the run, or of the environment, that cannot be used.
    #[error("{0}")]
    Usage(Problem),
    /// A target that does not answer, or is not an Okta org.
    #[error("{0}")]
    Target(Problem),
    /// The run failed, and the org could not be fully restored.
    #[error("{0}; in addition, the org was not fully restored, see above")]
    NotRestored(#[source] Box<RunError>),
    /// The runner itself failed.
    #[error("{0}")]
    Internal(String),
}

/// A problem, with the settings that solve it.
#[derive(Debug, Clone)]
pub struct Problem {
    reason: String,
    settings: Vec<Setting>,
}

impl Problem {
    fn text(&self, name: impl Fn(&Setting) -> String) -> String {
        let names: Vec<String> = self.settings.iter().map(name).collect();
        match names.is_empty() {
            true => self.reason.clone(),
            false => format!("{} ({})", self.reason, names.join(", ")),
        }
    }
}

/// Names the settings as the library does.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|setting| setting.method().to_owned()))
    }
}

impl RunError {
    pub(crate) fn usage(reason: impl Into<String>) -> Self {
        Self::Usage(Problem { reason: reason.into(), settings: Vec::new() })
    }

    pub(crate) fn target(reason: impl Into<String>) -> Self {
        Self::Target(Problem { reason: one_line(&reason.into()), settings: Vec::new() })
    }

    pub(crate) fn file(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), line, reason: one_line(&reason.into()), source: None }
    }

    /// A JSON file with wrong content; `expected` names the right one.
    pub(crate) fn json(file: &str, error: serde_json::Error, expected: &str) -> Self {
        // The library repeats the line, which is already shown before the reason.
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or_default();
        let reason = one_line(&format!("this is not {expected}: {text}"));
        Self::File { file: file.to_owned(), line: error.line(), reason, source: Some(Arc::new(error)) }
    }

    pub(crate) fn unreadable(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Unreadable { path: path.into(), reason: reason.into(), source: None }
    }

    pub(crate) fn io(path: impl Into<String>, error: std::io::Error) -> Self {
        Self::Unreadable { path: path.into(), reason: error.to_string(), source: Some(Arc::new(error)) }
    }

    /// Adds the settings that solve the problem.
    #[must_use]
    pub(crate) fn solved_by(mut self, settings: impl IntoIterator<Item = Setting>) -> Self {
        if let Self::Usage(problem) | Self::Target(problem) = &mut self {
            problem.settings.extend(settings);
        }
        self
    }

    /// The text for users of the command line: settings are named by their flags.
    pub(crate) fn for_command_line(&self) -> String {
        match self {
            Self::Usage(problem) | Self::Target(problem) => problem.text(Setting::flag),
            Self::NotRestored(error) => {
                format!(
                    "{}; in addition, the org was not fully restored, see above",
                    error.for_command_line()
                )
            }
            _ => self.to_string(),
        }
    }

    /// The exit code of a run with this error.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NotRestored(_) => crate::exit_code::NOT_RESTORED,
            _ => crate::exit_code::COULD_NOT_RUN,
        }
    }
}

/// Collapses a message, including text from a library, into one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_by_method_in_the_library_and_by_flag_on_the_command_line() {
        let error = RunError::usage("no credential for okta.example.com").solved_by([Setting::Credential]);
        assert_eq!(error.to_string(), "no credential for okta.example.com (Builder::credential)");
        assert_eq!(
            RunError::NotRestored(Box::new(error)).for_command_line(),
            "no credential for okta.example.com (OKTA_API_TOKEN, OKTA_ACCESS_TOKEN, OKTA_CLIENT_ID with OKTA_PRIVATE_KEY_FILE, or --credential-file); \
             in addition, the org was not fully restored, see above"
        );
    }

    #[test]
    fn library_errors_are_kept_as_the_source() {
        let missing = std::fs::read("/dev/null/missing").map_err(|error| RunError::io("missing", error));
        assert!(missing.is_err_and(|error| error.source().is_some()));
    }
}
