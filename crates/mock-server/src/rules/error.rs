//! Okta's errors: a code, its summary and causes, and the rule behind it.

use std::borrow::Cow;

use super::behaviour::{self as rule, Rule};

/// The error codes that this org answers (Okta's error-code table).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ErrorCode {
    /// E0000001: a value is refused.
    ApiValidationFailed,
    /// E0000003: the body cannot be read.
    MalformedBody,
    /// E0000005: no credential, or a scheme that Okta does not know.
    InvalidSession,
    /// E0000006: the caller lacks the permission.
    AccessDenied,
    /// E0000007: the resource does not exist.
    ResourceNotFound,
    /// E0000008: the path does not exist.
    PathNotFound,
    /// E0000009: a fault of the server itself.
    InternalServerError,
    /// E0000010: the org takes no writes.
    ReadOnlyMode,
    /// E0000011: the API token is unknown.
    InvalidToken,
    /// E0000018: the body has no media type.
    MediaTypeNotSet,
    /// E0000019: `Accept` allows no supported media type.
    NotAcceptable,
    /// E0000020: the request cannot be understood.
    BadRequest,
    /// E0000021: the media type of the body is not supported.
    UnsupportedMediaType,
    /// E0000022: the path does not have this method.
    MethodNotSupported,
    /// E0000029: the paging parameters are invalid.
    InvalidPaging,
    /// E0000031: the filter is invalid.
    InvalidSearchCriteria,
    /// E0000047: too many requests.
    RateLimitExceeded,
    /// E0000056: an active app cannot be deleted.
    DeleteForbidden,
    /// E0000090: the role is already assigned.
    RoleAssigned,
}

impl ErrorCode {
    /// All codes, in the order of their numbers.
    pub(crate) const ALL: [Self; 19] = [
        Self::ApiValidationFailed,
        Self::MalformedBody,
        Self::InvalidSession,
        Self::AccessDenied,
        Self::ResourceNotFound,
        Self::PathNotFound,
        Self::InternalServerError,
        Self::ReadOnlyMode,
        Self::InvalidToken,
        Self::MediaTypeNotSet,
        Self::NotAcceptable,
        Self::BadRequest,
        Self::UnsupportedMediaType,
        Self::MethodNotSupported,
        Self::InvalidPaging,
        Self::InvalidSearchCriteria,
        Self::RateLimitExceeded,
        Self::DeleteForbidden,
        Self::RoleAssigned,
    ];

    /// Returns the code as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ApiValidationFailed => "E0000001",
            Self::MalformedBody => "E0000003",
            Self::InvalidSession => "E0000005",
            Self::AccessDenied => "E0000006",
            Self::ResourceNotFound => "E0000007",
            Self::PathNotFound => "E0000008",
            Self::InternalServerError => "E0000009",
            Self::ReadOnlyMode => "E0000010",
            Self::InvalidToken => "E0000011",
            Self::MediaTypeNotSet => "E0000018",
            Self::NotAcceptable => "E0000019",
            Self::BadRequest => "E0000020",
            Self::UnsupportedMediaType => "E0000021",
            Self::MethodNotSupported => "E0000022",
            Self::InvalidPaging => "E0000029",
            Self::InvalidSearchCriteria => "E0000031",
            Self::RateLimitExceeded => "E0000047",
            Self::DeleteForbidden => "E0000056",
            Self::RoleAssigned => "E0000090",
        }
    }

    /// Returns the fixed text of the code; for E0000001 and E0000007, its beginning.
    const fn text(self) -> &'static str {
        match self {
            Self::ApiValidationFailed => "Api validation failed",
            Self::MalformedBody => "The request body was not well-formed.",
            Self::InvalidSession => "Invalid session",
            Self::AccessDenied => "You do not have permission to perform the requested action",
            Self::ResourceNotFound => "Not found: Resource not found",
            Self::PathNotFound => "The requested path was not found",
            Self::InternalServerError => "Internal Server Error",
            Self::ReadOnlyMode => "Service is in read only mode",
            Self::InvalidToken => "Invalid token provided",
            // Two spaces, as in Okta's table.
            Self::MediaTypeNotSet => "Bad request.  Accept and/or Content-Type headers are likely not set.",
            // One space, as recorded.
            Self::NotAcceptable => {
                "Bad request. Accept and/or Content-Type headers likely do not match supported values."
            }
            Self::BadRequest => "Bad request.",
            Self::UnsupportedMediaType => {
                "Bad request.  Accept and/or Content-Type headers likely do not match supported values."
            }
            Self::MethodNotSupported => "The endpoint does not support the provided HTTP method",
            Self::InvalidPaging => "Invalid paging request.",
            Self::InvalidSearchCriteria => "Invalid search criteria.",
            Self::RateLimitExceeded => "API call exceeded rate limit due to too many requests.",
            Self::DeleteForbidden => "Delete application forbidden.",
            Self::RoleAssigned => "Duplicate role assignment exception.",
        }
    }
}

/// A refusal: the error that the client gets, and the rule behind it.
#[derive(Clone, Debug)]
pub(crate) struct OktaError {
    /// The error code, on which programs may rely.
    pub(crate) code: ErrorCode,
    /// The `errorSummary`.
    pub(crate) summary: Cow<'static, str>,
    /// The summaries of `errorCauses`.
    pub(crate) causes: Vec<Cow<'static, str>>,
    /// The entry of the rule book that this refusal rests on.
    pub(crate) rule: &'static Rule,
}

/// Maximum number of characters of a request's text that an error repeats.
const MAX_ECHO_LENGTH: usize = 255;

/// Truncates a text of the request for an error, with `…` for the rest.
#[must_use]
pub(crate) fn echo(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_ECHO_LENGTH {
        return text.into();
    }
    match text.char_indices().nth(MAX_ECHO_LENGTH) {
        None => text.into(),
        Some((end, _)) => {
            rule::REQUEST_ECHO_BOUNDED.apply();
            format!("{}…", text.get(..end).unwrap_or_default()).into()
        }
    }
}

impl OktaError {
    /// Creates a refusal with the code's own text and no cause.
    #[must_use]
    pub(crate) fn new(rule: &'static Rule, code: ErrorCode) -> Self {
        rule.apply();
        Self { code, summary: Cow::Borrowed(code.text()), causes: Vec::new(), rule }
    }

    /// Adds a cause.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl Into<Cow<'static, str>>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Creates E0000001 `Api validation failed: {subject}` with one cause.
    #[must_use]
    pub(crate) fn validation(
        rule: &'static Rule,
        subject: &str,
        cause: impl Into<Cow<'static, str>>,
    ) -> Self {
        let code = ErrorCode::ApiValidationFailed;
        let mut error = Self::new(rule, code).because(cause);
        error.summary = format!("{}: {subject}", code.text()).into();
        error
    }

    /// Creates E0000001 for a required member that is missing or empty.
    #[must_use]
    pub(crate) fn blank(rule: &'static Rule, member: &str) -> Self {
        Self::validation(rule, member, format!("{member}: The field cannot be left blank"))
    }

    /// Creates E0000001 for a member with a value that is not allowed.
    #[must_use]
    pub(crate) fn invalid(rule: &'static Rule, member: &str) -> Self {
        Self::validation(rule, member, format!("{member}: The field has an invalid value"))
    }

    /// Creates E0000007 `Not found: Resource not found: {id} ({kind})`, with a long id truncated.
    #[must_use]
    pub(crate) fn not_found(rule: &'static Rule, id: &str, kind: &str) -> Self {
        let code = ErrorCode::ResourceNotFound;
        let mut error = Self::new(rule, code);
        error.summary = format!("{}: {} ({kind})", code.text(), echo(id)).into();
        error
    }

    /// Returns true for E0000003, in which case values are not checked.
    fn is_malformed(&self) -> bool {
        self.code == ErrorCode::MalformedBody
    }

    /// Creates E0000003 for a body that is missing, not JSON, or has members of the wrong type.
    #[must_use]
    pub(crate) fn malformed(rule: &'static Rule) -> Self {
        Self::new(rule, ErrorCode::MalformedBody)
    }
}

/// The value of a query parameter if present, or the error of reading it.
pub(crate) type Parameter<'a> = Result<Option<&'a str>, OktaError>;

/// The collected refusals of a request, to name all invalid members at once.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<OktaError>);

impl Refusals {
    /// Returns the value, or records the refusal and returns a substitute. A refused request discards it.
    pub(crate) fn take<T>(&mut self, outcome: Result<T, OktaError>, otherwise: T) -> T {
        outcome.unwrap_or_else(|error| {
            self.0.push(error);
            otherwise
        })
    }

    /// Records the refusal, if there is one.
    pub(crate) fn check(&mut self, outcome: Result<(), OktaError>) {
        self.take(outcome, ());
    }

    /// Returns the value if nothing was refused.
    ///
    /// # Errors
    /// The first refusal, with the causes of the others. Wrong types come before wrong values.
    pub(crate) fn into_result<T>(mut self, value: T) -> Result<T, OktaError> {
        self.0.sort_by_key(|error| !error.is_malformed());
        let mut errors = self.0.into_iter();
        let Some(mut first) = errors.next() else { return Ok(value) };
        let is_malformed = first.is_malformed();
        let others = errors.filter(|error| error.is_malformed() == is_malformed);
        let others = others.flat_map(|error| error.causes);
        for cause in others.collect::<Vec<_>>() {
            if !first.causes.contains(&cause) {
                first.causes.push(cause);
            }
        }
        Err(first)
    }
}
