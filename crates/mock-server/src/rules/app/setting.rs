//! The values of `settings.app`.

/// A value of `settings.app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// `null`
    Null,
    /// A boolean.
    Boolean(bool),
    /// Text.
    Text(Box<str>),
    /// A list of texts.
    List(Box<[Box<str>]>),
}
