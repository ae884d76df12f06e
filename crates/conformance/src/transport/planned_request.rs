//! A request before it is sent.

use crate::exchange::Body;

/// A planned request, with placeholders instead of secrets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedRequest {
    pub(crate) method: reqwest::Method,
    pub(crate) base_path: String,
    pub(crate) path_template: String,
    pub(crate) path_parameters: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<(String, PlannedBody)>,
}

/// A planned body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PlannedBody {
    Plain(Body),
    /// A form, encoded after its secrets are inserted.
    Form(Vec<(String, String)>),
}

impl PlannedBody {
    /// The body as recorded in reports.
    pub(crate) fn kept(&self) -> Body {
        match self {
            Self::Plain(body) => body.clone(),
            Self::Form(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
                Body::Text(pairs.join("&"))
            }
        }
    }
}
