//! `okta-conformance record` and `accept`: an org's own answers, reviewed before
//! they are judged by.

use std::io::Write as _;
use std::path::Path;

use similar::TextDiff;

use super::profile::{ACCEPTED, PENDING, files, folder};
use super::run::{builder, style, unwritten};
use super::{AcceptArgs, RecordArgs, block_on, signals};
use crate::credential::Credential;
use crate::error::RunError;
use crate::event::{FlowReport, RunReport};
use crate::exit_code::{CONFORMS, NOT_RESTORED};
use crate::judge::snapshot::snapshot_contents;
use crate::report::{Terminal, plain_lines};
use crate::transport::Stop;

/// Runs the flows and leaves what is new or changed for a person to review.
pub(super) fn record(args: RecordArgs) -> Result<u8, RunError> {
    let mut args = args.run;
    let Some(name) = args.profile.take() else {
        return Err(RunError::Usage("say which profile to record: --profile NAME".to_owned()));
    };
    let folder = folder(&args.profiles, &name)?;
    let credential = match &args.way.credential_file {
        Some(path) => Some(Credential::from_file(path)?),
        None if args.target.is_some() => Credential::from_environment()?,
        None => None,
    };
    let variable = Credential::variable(credential.as_ref().map_or("SSWS", |credential| credential.scheme));
    let style = style(&args.look);
    let stop = Stop::default();
    let runner = builder(args, credential)?.ids_of_any_form(true).stop(stop.clone()).build()?;
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let report = block_on(async {
        signals::end_by(stop)?;
        let mut terminal = Terminal::new(std::io::stderr(), style, variable);
        let report = runner.run(&mut |event| terminal.event(event)).await?;
        terminal.finish().map_err(|error| unwritten(&error))?;
        Ok(report)
    })?;
    let pending = keep(&report, &folder)?;
    let said = match pending {
        0 => format!("{}: nothing new\n", folder.display()),
        number => format!(
            "{}: {number} to review; `okta-conformance accept --profile {name}` takes them\n",
            folder.display()
        ),
    };
    std::io::stdout().write_all(said.as_bytes()).map_err(|error| unwritten(&error))?;
    let left = report.restored.as_ref().is_some_and(|restored| !restored.left.is_empty());
    Ok(if left { NOT_RESTORED } else { CONFORMS })
}

/// Writes what waits; shows how it differs from what was accepted.
fn keep(report: &RunReport, folder: &Path) -> Result<usize, RunError> {
    let mut pending = 0;
    for flow in report.flows.iter().filter(|flow| is_whole(flow)) {
        let text = crate::snapshot_text(flow);
        let accepted = folder.join(format!("{}{ACCEPTED}", flow.name()));
        let waiting = folder.join(format!("{}{PENDING}", flow.name()));
        let before = std::fs::read_to_string(&accepted).ok().and_then(|file| snapshot_contents(&file));
        if before.as_deref() == Some(text.trim_end()) {
            let _ = std::fs::remove_file(&waiting);
            continue;
        }
        let file = format!("---\nsource: okta-conformance record\n---\n{text}\n");
        std::fs::write(&waiting, file).map_err(|error| unwritable(&waiting, &error))?;
        pending += 1;
        let shown = match before {
            None => format!("new      {}\n", flow.name()),
            Some(before) => {
                let diff = TextDiff::from_lines(before.as_str(), text.trim_end());
                format!("changed  {}\n{}", flow.name(), diff.unified_diff().context_radius(3))
            }
        };
        std::io::stdout().write_all(plain_lines(&shown).as_bytes()).map_err(|error| unwritten(&error))?;
    }
    Ok(pending)
}

/// A flow that was left out, or whose answers lack, is nothing to compare with.
fn is_whole(flow: &FlowReport) -> bool {
    !flow.steps.is_empty() && flow.steps.iter().all(|step| step.response.is_some())
}

fn unwritable(path: &Path, error: &std::io::Error) -> RunError {
    RunError::Usage(format!(
        "{} cannot be written ({error}); choose another folder with --profiles",
        path.display()
    ))
}

/// Takes what waits in the place of what was accepted.
pub(super) fn accept(args: &AcceptArgs) -> Result<u8, RunError> {
    let folder = folder(&args.profiles, &args.profile)?;
    let waiting: Vec<String> =
        files(&folder).iter().filter_map(|file| file.strip_suffix(PENDING).map(ToOwned::to_owned)).collect();
    let fits = |name: &str, wanted: &str| name == wanted || name.split('@').next() == Some(wanted);
    for wanted in &args.flows {
        if !waiting.iter().any(|name| fits(name, wanted)) {
            return Err(RunError::Selection(format!(
                "{}: nothing of `{wanted}` waits there",
                folder.display()
            )));
        }
    }
    if waiting.is_empty() {
        return Err(RunError::Selection(format!("{}: nothing waits there", folder.display())));
    }
    for name in waiting {
        if args.flows.is_empty() || args.flows.iter().any(|wanted| fits(&name, wanted)) {
            let from = folder.join(format!("{name}{PENDING}"));
            let to = folder.join(format!("{name}{ACCEPTED}"));
            std::fs::rename(&from, &to).map_err(|error| unwritable(&to, &error))?;
            std::io::stdout()
                .write_all(format!("accepted {name}\n").as_bytes())
                .map_err(|error| unwritten(&error))?;
        }
    }
    Ok(CONFORMS)
}
