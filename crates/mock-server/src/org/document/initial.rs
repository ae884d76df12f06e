//! The initial contents of an org.

use super::super::Org;
use super::refused::LoadError;

/// The default org: one app of each kind in the guide.
pub(super) const GUIDE: &str = include_str!("../../../../../fixtures/orgs/guide.json");

/// The initial contents of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Load {
    /// The guide's org: one app of each of its six kinds, with fixed ids.
    #[default]
    Guide,
    /// An org without apps.
    Empty,
    /// The apps of an org file, as JSON.
    Document(String),
}

impl Load {
    /// Adds the apps to an org.
    ///
    /// # Errors
    /// As [`Org::load`].
    pub(crate) fn into_org(self, mut org: Org) -> Result<Org, LoadError> {
        match self {
            Self::Guide => org.load(GUIDE)?,
            Self::Empty => {}
            Self::Document(document) => org.load(&document)?,
        }
        Ok(org)
    }
}
