//! The catalogue of flows, their steps, and the guide steps they cite.

use std::path::Path;

use serde::Serialize;

use crate::error::RunError;
use crate::flow::{Call, Flow, Library};
use crate::guide::Guide;

/// All flows and the guide.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Catalogue {
    /// The guide that the flows follow.
    pub guide: Guide,
    /// The flows, in the order of their files.
    pub flows: Vec<FlowEntry>,
    /// Possible mistakes in the flow files, with file and line.
    pub warnings: Vec<String>,
}

/// One flow.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FlowEntry {
    /// The flow's id.
    pub flow: String,
    /// The section of the guide.
    pub section: String,
    /// A summary of the flow.
    pub summary: String,
    /// The file of the flow.
    pub file: String,
    /// The tags of the flow.
    pub tags: Vec<String>,
    /// The apps that the flow is for; empty if it needs no app.
    pub apps: Vec<String>,
    /// True if the flow can run by itself.
    #[serde(rename = "standsAlone")]
    pub stands_alone: bool,
    /// The steps of the flow.
    pub steps: Vec<StepEntry>,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StepEntry {
    /// The step's id.
    pub step: String,
    /// The guide step that it cites.
    pub guide: Option<String>,
    /// A description of the step.
    pub description: String,
    /// The operation, or the flow, that it calls.
    pub operation: String,
    /// The method and the path of an operation.
    pub request: Option<String>,
}

impl Catalogue {
    /// Reads the built-in flows, or those of a folder or file.
    pub fn load(flows: Option<&Path>) -> Result<Self, RunError> {
        let library = Library::load(flows)?;
        let flows = library.flows.iter().map(|flow| entry(&library, flow)).collect();
        Ok(Self { guide: Guide::embedded()?, flows, warnings: library.warnings })
    }
}

fn entry(library: &Library, flow: &Flow) -> FlowEntry {
    FlowEntry {
        flow: flow.id.clone(),
        section: flow.section.clone(),
        summary: flow.summary.clone(),
        file: flow.file.clone(),
        tags: flow.tags.clone(),
        apps: flow.apps().map(ToOwned::to_owned).collect(),
        stands_alone: library.stands_alone(flow),
        steps: flow
            .steps
            .iter()
            .map(|step| StepEntry {
                step: step.id.clone(),
                guide: step.guide.clone(),
                description: step.description.clone(),
                operation: match &step.call {
                    Call::Operation { operation, .. } => operation.id.clone(),
                    Call::Flow(id) => id.clone(),
                },
                request: match &step.call {
                    Call::Operation { operation, .. } => {
                        Some(format!("{} {}", operation.method, operation.path))
                    }
                    Call::Flow(_) => None,
                },
            })
            .collect(),
    }
}
