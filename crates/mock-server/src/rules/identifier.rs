//! Okta's identifiers: fixed-size values, made from bytes that the caller provides.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The last three characters of every id of an org (its cell; recorded: `1d7`, `5d7`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell([u8; 3]);

impl Cell {
    /// Creates a cell `{digit}d7`, like the recorded ones.
    #[must_use]
    pub(crate) fn from_byte(byte: u8) -> Self {
        Self([ALPHANUMERIC[usize::from(byte % 10)], b'd', b'7'])
    }
}

/// An Okta id: a prefix of three characters and seventeen alphanumerics (recorded).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OktaId([u8; 20]);

/// The id of an app instance, `0oa…`.
pub(crate) type AppId = OktaId;

impl OktaId {
    /// No id of an org: stands for the id of a resource that is not yet stored.
    pub(crate) const UNASSIGNED: Self = Self([b'0'; 20]);

    /// Creates an id from a prefix such as `0oa`, fourteen random bytes and the org's cell.
    #[must_use]
    pub(crate) fn from_bytes(prefix: [u8; 3], bytes: [u8; 14], cell: Cell) -> Self {
        let mut id = [0; 20];
        id[..3].copy_from_slice(&prefix);
        for (target, byte) in id[3..17].iter_mut().zip(bytes) {
            *target = ALPHANUMERIC[usize::from(byte) % ALPHANUMERIC.len()];
        }
        id[17..].copy_from_slice(&cell.0);
        Self(id)
    }

    /// Parses an id: exactly twenty alphanumerics.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 20] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphanumeric).then_some(Self(bytes))
    }

    /// Returns the id as text.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        // Only ASCII alphanumerics are stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the prefix, which identifies the type of resource.
    #[must_use]
    pub(crate) fn prefix(&self) -> &[u8] {
        &self.0[..3]
    }
}

impl fmt::Display for OktaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for OktaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The id of a signing key: 32 bytes, shown as 43 characters in base64url (recorded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyId(pub [u8; 32]);

impl KeyId {
    /// Parses the 43 characters of a key id.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// The single-use `state` of a consent attempt: 22 characters in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State(pub [u8; 16]);

impl State {
    /// Parses the 22 characters of a state.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// The single-use authorization code of a third-party app: 32 characters in base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Code(pub [u8; 24]);

impl Code {
    /// Parses the 32 characters of a code.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Code {
    /// Hides the code: it is a credential and must not appear in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(…)")
    }
}

/// Seconds since the Unix epoch: the precision of Okta's app timestamps (recorded: always `.000Z`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seconds(pub i64);

impl Seconds {
    /// Parses a timestamp such as `2026-01-31T12:00:00.000Z`. Fractions of a second are dropped.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|instant: jiff::Timestamp| Self(instant.as_second()))
    }

    /// Returns the time this many seconds later.
    #[must_use]
    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_the_recorded_form() {
        let id = OktaId::from_bytes(*b"0oa", [200; 14], Cell::from_byte(5));
        assert_eq!(id.as_str().len(), 20);
        assert!(id.as_str().starts_with("0oa") && id.as_str().ends_with("5d7"));
        assert_eq!(OktaId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn an_id_has_twenty_alphanumerics() {
        for text in ["", "0oa", "0oa1gjh63g214q0Hq0g4x", "0oa1gjh63g214q0Hq0-4", "0oa1gjh63g214q0Hq0é"] {
            assert_eq!(OktaId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_code() {
        assert_eq!(format!("{:?}", Code([7; 24])), "Code(…)");
    }
}
