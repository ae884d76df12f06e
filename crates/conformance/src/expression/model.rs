//! Parsed expressions.

use std::fmt;

use serde_json::Value;

use crate::value_path::pointer_token;

/// A parsed runtime expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Expression {
    Url,
    Method,
    StatusCode,
    Request(MessagePart),
    Response(MessagePart),
    Inputs(NamedValue),
    Outputs(NamedValue),
    Steps {
        step: String,
        output: NamedValue,
    },
    /// `$sourceDescriptions.{name}.{reference}`: an operation or a flow.
    SourceDescriptions {
        name: String,
        reference: String,
    },
    /// `$components.{kind}.{name}`.
    Components {
        kind: String,
        name: String,
    },
}

/// A part of a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum MessagePart {
    Header(String),
    Query(String),
    Path(String),
    Body(Pointer),
}

/// A named value and, since 1.1, a place inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NamedValue {
    pub(crate) name: String,
    pub(crate) pointer: Pointer,
}

/// A JSON pointer (RFC 6901); empty for the whole value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Pointer(pub(crate) Vec<String>);

impl Pointer {
    /// Resolves the pointer in a value.
    pub(crate) fn lead<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, token| match value {
            Value::Object(members) => members.get(token),
            // RFC 6901, section 4: no leading zeros.
            Value::Array(items) if !(token.starts_with('+') || token.len() > 1 && token.starts_with('0')) => {
                items.get(token.parse::<usize>().ok()?)
            }
            _ => None,
        })
    }

    /// The text form, without the leading `#`.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|token| format!("/{}", pointer_token(token))).collect()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "#{}", self.text())
    }
}

impl fmt::Display for NamedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.pointer)
    }
}

impl fmt::Display for MessagePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header.{name}"),
            Self::Query(name) => write!(f, "query.{name}"),
            Self::Path(name) => write!(f, "path.{name}"),
            Self::Body(pointer) => write!(f, "body{pointer}"),
        }
    }
}

impl Expression {
    /// True for `$response.body`.
    pub(crate) fn is_whole_body(&self) -> bool {
        matches!(self, Self::Response(MessagePart::Body(pointer)) if pointer.0.is_empty())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("$url"),
            Self::Method => f.write_str("$method"),
            Self::StatusCode => f.write_str("$statusCode"),
            Self::Request(source) => write!(f, "$request.{source}"),
            Self::Response(source) => write!(f, "$response.{source}"),
            Self::Inputs(member) => write!(f, "$inputs.{member}"),
            Self::Outputs(member) => write!(f, "$outputs.{member}"),
            Self::Steps { step, output } => write!(f, "$steps.{step}.outputs.{output}"),
            Self::SourceDescriptions { name, reference } => {
                write!(f, "$sourceDescriptions.{name}.{reference}")
            }
            Self::Components { kind, name } => write!(f, "$components.{kind}.{name}"),
        }
    }
}
