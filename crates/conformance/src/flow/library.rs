//! The library of flows: reads every document, resolves its references, and holds the flows by name.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use roas_arazzo::validation::Validate as _;
use roas_arazzo::{v1_0, v1_1};

use super::model::Flow;
use super::source::{SourceDescription, SourceFile};
use super::text::{ParsedDocument, SyntaxError};
use super::{build, check, shape};
use crate::bundle::{self, ParsedOnce, TextFile};
use crate::error::{RunError, one_line};
use crate::openapi::OpenApi;

/// File name endings of flow files.
const ENDINGS: [&str; 3] = [".arazzo.yaml", ".arazzo.yml", ".arazzo.json"];

/// Flows that create and remove apps; a user's own flows may call them.
const HELPERS: &str = "flows/app-integration.arazzo.yaml";

/// All flows, in the order of their files.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    pub(crate) flows: Vec<Arc<Flow>>,
    /// Built-in flows that the user's flows may call.
    helpers: Vec<Arc<Flow>>,
    /// Possible mistakes in the files, with file and line.
    pub(crate) warnings: Vec<String>,
}

impl Library {
    /// Loads the built-in flows, or those of a folder or file.
    pub(crate) fn load(place: Option<&Path>) -> Result<Self, RunError> {
        static BUILT_IN: ParsedOnce<Library> = ParsedOnce::new();
        match place {
            Some(_) => Self::parse(place),
            None => BUILT_IN.get(|| Self::parse(None)),
        }
    }

    fn parse(place: Option<&Path>) -> Result<Self, RunError> {
        let files = match place {
            None => bundle::embedded_folder("flows")
                .into_iter()
                .filter(|file| ENDINGS.iter().any(|ending| file.name.ends_with(ending)))
                .collect(),
            Some(path) if path.is_file() => vec![bundle::read(path)?],
            Some(path) => bundle::read_folder(path, &ENDINGS)?,
        };
        let shown = place.map_or_else(|| "the built-in flows".to_owned(), |path| path.display().to_string());
        if files.is_empty() {
            return Err(RunError::Selection(format!(
                "{shown}: no flow files found; their names end in {}",
                ENDINGS.join(", ")
            )));
        }
        let mut library = Self::from_files(files)?;
        if let (Some(_), Some(file)) = (place, bundle::embedded(HELPERS)) {
            library.helpers = Self::from_files(vec![file])?.flows;
        }
        Ok(library)
    }

    pub(crate) fn from_files(files: Vec<TextFile>) -> Result<Self, RunError> {
        let mut apis = HashMap::new();
        let files = files.into_iter().map(|file| read(file, &mut apis)).collect::<Result<Vec<_>, _>>()?;
        let mut flows: Vec<Arc<Flow>> = Vec::new();
        let mut places = Vec::new();
        for (number, file) in files.iter().enumerate() {
            for (index, workflow) in file.description.workflows.iter().enumerate() {
                let flow = build::flow(file, index, workflow)?;
                if let Some(known) = flows.iter().find(|known| known.id == flow.id) {
                    return Err(file.problem(
                        &format!("/workflows/{index}/workflowId"),
                        format!("the flow `{}` is also in {}", flow.id, known.file),
                    ));
                }
                flows.push(Arc::new(flow));
                places.push((number, index));
            }
        }
        let mut library = Self { flows, helpers: Vec::new(), warnings: Vec::new() };
        for (flow, (number, index)) in library.flows.iter().zip(places) {
            if let Some(file) = files.get(number) {
                library.warnings.extend(check::flow(&library.flows, file, index, flow)?);
            }
        }
        Ok(library)
    }

    /// True if a flow can run by itself. A flow that others call, and that gets its inputs only from them, is
    /// a part of those.
    pub(crate) fn stands_alone(&self, flow: &Flow) -> bool {
        let is_called = || self.flows.iter().any(|caller| caller.calls(&flow.id));
        flow.stands_alone() && !(flow.lacks_inputs() && is_called())
    }

    /// The flow of that name.
    pub(crate) fn flow(&self, id: &str) -> Option<&Arc<Flow>> {
        self.flows.iter().chain(&self.helpers).find(|flow| flow.id == id)
    }
}

fn read(text: TextFile, apis: &mut HashMap<String, Arc<OpenApi>>) -> Result<SourceFile, RunError> {
    let document = parse(&text)?;
    shape::check(&document).map_err(|problem| at(&text, &problem))?;
    let description = typed(&text, &document)?;
    let mut file = SourceFile { text, document, description, sources: Vec::new() };
    for index in 0..file.description.source_descriptions.len() {
        let source = &file.description.source_descriptions[index];
        let place = format!("/sourceDescriptions/{index}");
        let resolved = match source.type_ {
            None | Some(v1_1::SourceType::Openapi) => {
                SourceDescription::OpenApi(api(&file, &place, &source.url, apis)?)
            }
            Some(v1_1::SourceType::Arazzo) => SourceDescription::Arazzo,
            Some(v1_1::SourceType::Asyncapi) => {
                return Err(file.problem(&place, "AsyncAPI descriptions are not supported"));
            }
        };
        let name = source.name.clone();
        file.sources.push((name, resolved));
    }
    Ok(file)
}

fn api(
    file: &SourceFile,
    place: &str,
    url: &str,
    apis: &mut HashMap<String, Arc<OpenApi>>,
) -> Result<Arc<OpenApi>, RunError> {
    let text = bundle::follow(&file.text, url)
        .map_err(|error| file.problem(&format!("{place}/url"), error.to_string()))?;
    if let Some(known) = apis.get(&text.name) {
        return Ok(known.clone());
    }
    let api = Arc::new(open_api(&text)?);
    apis.insert(text.name, api.clone());
    Ok(api)
}

/// Reads an OpenAPI document, JSON or YAML.
pub(crate) fn open_api(text: &TextFile) -> Result<OpenApi, RunError> {
    let value = match serde_json::from_str(&text.text) {
        Ok(value) => value,
        Err(error) if text.name.ends_with(".json") => {
            return Err(RunError::json(&text.name, error, "JSON"));
        }
        Err(_) => parse(text)?.value,
    };
    OpenApi::new(value).map_err(|reason| RunError::file(&text.name, 1, reason))
}

fn parse(text: &TextFile) -> Result<ParsedDocument, RunError> {
    ParsedDocument::parse(&text.text).map_err(|problem| at(text, &problem))
}

fn at(text: &TextFile, problem: &SyntaxError) -> RunError {
    RunError::file(&text.name, problem.line, problem.reason.clone())
}

/// The typed model of `roas-arazzo`, and its own checks.
fn typed(text: &TextFile, document: &ParsedDocument) -> Result<v1_1::Description, RunError> {
    let version = document.value.get("arazzo").and_then(|value| value.as_str());
    let value = document.value.clone();
    let wrong = |error: serde_json::Error| RunError::file(&text.name, 1, one_line(&error.to_string()));
    if version.is_some_and(|version| version.starts_with("1.0.")) {
        let description: v1_0::Description = serde_json::from_value(value).map_err(wrong)?;
        valid(text, document, description.validate(Default::default()))?;
        return Ok(description.into());
    }
    let description: v1_1::Description = serde_json::from_value(value).map_err(wrong)?;
    valid(text, document, description.validate(Default::default()))?;
    Ok(description)
}

fn valid(
    text: &TextFile,
    document: &ParsedDocument,
    result: Result<(), roas_arazzo::validation::Error>,
) -> Result<(), RunError> {
    let Err(errors) = result else { return Ok(()) };
    let Some(first) = errors.errors.first() else { return Ok(()) };
    let pointer = pointer(&first.path);
    let member = pointer.rsplit('/').next().unwrap_or_default();
    Err(RunError::file(&text.name, document.line(&pointer), format!("`{member}`: {}", first.message)))
}

/// Converts `#.workflows[0].steps[1].stepId` to a JSON pointer.
fn pointer(path: &str) -> String {
    path.trim_start_matches('#').replace('[', "/").replace(']', "").replace('.', "/")
}
