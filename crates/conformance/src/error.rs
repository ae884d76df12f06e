//! Why a run could not take place: one line each, saying what, where and what to do.

/// A run, or a command, that could not be carried out. Shown as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A flow, contract or guide file that is not valid.
    #[error("{file}:{line}: {reason}")]
    File {
        /// The file as the user knows it.
        file: String,
        /// The line, counted from one.
        line: usize,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A file or folder that cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A selection that selects nothing, or a name that is not known.
    #[error("{0}")]
    Selection(String),
    /// Something about the command line or the environment.
    #[error("{0}")]
    Usage(String),
    /// A target that does not answer, or is not an Okta org.
    #[error("{0}")]
    Target(String),
    /// The tool itself failed, and something in the org could not be put back.
    #[error("{0}; and something could not be put back, see above")]
    NotRestored(String),
    /// The tool itself failed.
    #[error("{0}")]
    Internal(String),
}

impl RunError {
    /// The exit code of a run that ended so.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NotRestored(_) => crate::exit_code::NOT_RESTORED,
            _ => crate::exit_code::COULD_NOT_RUN,
        }
    }

    pub(crate) fn file(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), line, reason: one_line(&reason.into()) }
    }

    /// A JSON file that is not what it should be; `what` says what it is not.
    pub(crate) fn json(file: &str, error: &serde_json::Error, what: &str) -> Self {
        // The library says the line itself, which stands before the reason already.
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        Self::file(file, error.line(), format!("this is not {what}: {reason}"))
    }
}

/// Messages are one line, whatever a library put into them.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
