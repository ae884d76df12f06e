//! One parsed flow file: its text, its values with their lines, and its resolved source descriptions.

use std::sync::Arc;

use roas_arazzo::v1_1;

use super::text::ParsedDocument;
use crate::bundle::TextFile;
use crate::error::RunError;
use crate::openapi::OpenApi;

/// One parsed flow file.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) text: TextFile,
    pub(crate) document: ParsedDocument,
    pub(crate) description: v1_1::Description,
    pub(crate) sources: Vec<(String, SourceDescription)>,
}

/// The document behind a source description.
#[derive(Debug, Clone)]
pub(crate) enum SourceDescription {
    OpenApi(Arc<OpenApi>),
    Arazzo,
}

impl SourceFile {
    /// An error at a place of this file.
    pub(crate) fn problem(&self, pointer: &str, reason: impl Into<String>) -> RunError {
        RunError::file(&self.text.name, self.document.line(pointer), reason)
    }

    pub(crate) fn source(&self, name: &str) -> Option<&SourceDescription> {
        self.sources.iter().find(|(known, _)| known == name).map(|(_, source)| source)
    }
}
