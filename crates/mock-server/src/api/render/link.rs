//! Links of an app's resources, with their hints.

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::origin::Origin;
use crate::rules::identifier::AppId;

/// The URL of an app of the org.
#[derive(Clone, Copy)]
pub(crate) struct AppUrl<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) app: &'a AppId,
}

impl AppUrl<'_> {
    /// Returns `{origin}/api/v1/apps/{appId}{rest}`.
    pub(crate) fn join(&self, rest: &str) -> Href {
        let (scheme, authority) = (self.origin.scheme(), self.origin.authority());
        let url = [scheme, "://", authority, "/api/v1/apps/", self.app.as_str(), rest];
        Href::from_parts(url)
    }
}

/// A URL as JSON. Links are most of an answer: they are written as they are, instead of being searched for
/// characters that JSON escapes. No host, id or path of the API has one.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Href(Box<RawValue>);

impl Href {
    fn from_parts<const N: usize>(parts: [&str; N]) -> Self {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut json = String::with_capacity(length + 2);
        json.push('"');
        parts.iter().for_each(|part| json.push_str(part));
        json.push('"');
        Self(RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned()))
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
