//! `okta-conformance list`.

use std::fmt::Write as _;
use std::io::Write as _;

use super::arguments::{Format, ListArgs};
use super::messages::{unwritten, warn};
use crate::catalogue::{Catalogue, FlowEntry};
use crate::error::RunError;
use crate::exit_code::CONFORMS;

pub(super) fn list(args: &ListArgs) -> Result<u8, RunError> {
    let catalogue = Catalogue::load(args.library.as_deref())?;
    warn(&catalogue.warnings);
    let text = match args.format {
        Format::Json => serde_json::to_string_pretty(&catalogue)
            .map_err(|error| RunError::Internal(format!("cannot write the list: {error}")))?,
        Format::Terminal => people(&catalogue),
    };
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        // A reader that closed the pipe has read enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(CONFORMS),
    }
}

fn people(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    let mut section = "";
    for flow in &catalogue.flows {
        if flow.section != section {
            section = &flow.section;
            let _ = writeln!(text, "{section}");
        }
        one(&mut text, flow, catalogue);
        text.push('\n');
    }
    text
}

fn one(text: &mut String, flow: &FlowEntry, catalogue: &Catalogue) {
    let apps = match (flow.apps.is_empty(), flow.stands_alone) {
        (false, _) => format!("  @ {}", flow.apps.join(", ")),
        (true, true) => String::new(),
        (true, false) => "  (part of other flows)".to_owned(),
    };
    let _ = writeln!(text, "  {}{apps}", flow.flow);
    let _ = writeln!(text, "      {}", flow.summary);
    let width = flow.steps.iter().map(|step| step.step.chars().count()).max().unwrap_or(0);
    for step in &flow.steps {
        let guide = step.guide.as_deref().unwrap_or("-");
        let cited_section =
            catalogue.guide.step(guide).map(|guide| guide.section.as_str()).unwrap_or_default();
        let called = step.request.as_deref().unwrap_or(&step.operation);
        let _ = writeln!(text, "      {:<width$}  {called}  [{guide}] {cited_section}", step.step);
    }
}
