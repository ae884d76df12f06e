//! The JSON of answers: members, their order, what is null and what is absent, as recorded.

pub(crate) mod app;
pub(crate) mod app_list;
pub(crate) mod connection;
pub(crate) mod feature;

use std::fmt;

use serde::{Serialize, Serializer};

use super::origin::Origin;
use crate::rules::identifier::{AppId, Seconds};

/// The JSON of a value.
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut octets = Vec::with_capacity(1024);
    // Writing plain data with text keys into memory cannot fail; should it, the edge still answers.
    if serde_json::to_writer(&mut octets, value).is_err() {
        octets.clear();
    }
    octets
}

/// The same as a value, to compare with; what cannot be rendered is like nothing.
pub(crate) fn as_json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A text that is put together while it is written.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A timestamp in Okta's form; app timestamps have whole seconds (recorded).
pub(crate) struct Timestamp(pub(crate) Seconds);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let instant = jiff::Timestamp::from_second(self.0.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        serializer.collect_str(&format_args!("{instant:.3}"))
    }
}

/// An address in the org: an origin, the app it concerns, and the rest of the path.
#[derive(Clone, Copy)]
pub(crate) struct AppAddress<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) app: &'a AppId,
}

impl AppAddress<'_> {
    /// `{origin}/api/v1/apps/{appId}{rest}`
    pub(crate) fn at(&self, rest: &str) -> String {
        // Put together in one piece: links are most of an answer.
        [self.origin.scheme(), "://", self.origin.authority(), "/api/v1/apps/", self.app.as_str(), rest]
            .concat()
    }
}

/// The `hints` of a link.
#[derive(Serialize)]
pub(crate) struct Hints {
    pub(crate) allow: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guidance: Option<[&'static str; 1]>,
}

impl Hints {
    pub(crate) const fn allow(methods: &'static [&'static str]) -> Self {
        Self { allow: methods, guidance: None }
    }
}

/// A link.
#[derive(Serialize)]
pub(crate) struct Link<H> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'static str>,
    pub(crate) href: H,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hints: Option<Hints>,
}

impl<H: Serialize> Link<H> {
    pub(crate) const fn to(href: H) -> Self {
        Self { name: None, href, media_type: None, hints: None }
    }

    pub(crate) fn typed(href: H, media_type: &'static str) -> Self {
        Self { media_type: Some(media_type), ..Self::to(href) }
    }

    pub(crate) fn hinted(href: H, hints: Hints) -> Self {
        Self { hints: Some(hints), ..Self::to(href) }
    }

    pub(crate) fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }
}
