//! `okta-conformance record` and `accept`: an org's own answers, reviewed before
//! they are judged by.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use similar::TextDiff;

use super::arguments::{AcceptArgs, Format, RecordArgs};
use super::profile::{ACCEPTED, PENDING, files, folder};
use super::run::{Prepared, unwritten};
use crate::bundle;
use crate::error::RunError;
use crate::event::{FlowReport, RunReport, StepReport};
use crate::exit_code::{CONFORMS, COULD_NOT_RUN, NOT_RESTORED};
use crate::reporters::plain_lines;
use crate::snapshot_file::snapshot_contents;
use crate::verdict::Verdict;

/// A difference that takes longer is shown less exactly.
const LONGEST_DIFF: Duration = Duration::from_secs(1);

/// Runs the flows and leaves what is new or changed for a person to review.
pub(super) fn record(args: RecordArgs) -> Result<u8, RunError> {
    let mut args = args.run;
    let Some(name) = args.profile.take() else {
        return Err(RunError::usage("say which profile to record: --profile NAME".to_owned()));
    };
    let folder = folder(&args.profiles, &name)?;
    let prepared = Prepared::new(args, |builder| builder.ids_of_any_form(true))?;
    if prepared.plan {
        return prepared.preview();
    }
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let format = prepared.format;
    let (_, report) = prepared.carry_out(std::io::stderr())?;
    // A document is alone on standard output.
    let mut out: Box<dyn Write> = match format {
        Format::Terminal => Box::new(std::io::stdout()),
        Format::Json => Box::new(std::io::stderr()),
    };
    let pending = keep(&report, &folder, &mut out)?;
    let said = match pending {
        0 => format!("{}: nothing new\n", folder.display()),
        number => format!(
            "{}: {number} to review; `okta-conformance accept --profile {name}` takes them\n",
            folder.display()
        ),
    };
    out.write_all(said.as_bytes()).map_err(|error| unwritten(&error))?;
    let left = report.restored.as_ref().is_some_and(|restored| !restored.left.is_empty());
    Ok(match report.summary.verdict {
        _ if left => NOT_RESTORED,
        // Nothing was answered: there is no profile of that.
        Verdict::Skipped => COULD_NOT_RUN,
        _ if report.flows.iter().any(|flow| flow.verdict == Verdict::Error) => COULD_NOT_RUN,
        _ => CONFORMS,
    })
}

/// Writes what waits; shows how it differs from what was accepted.
fn keep(report: &RunReport, folder: &Path, out: &mut dyn Write) -> Result<usize, RunError> {
    let mut pending = 0;
    let is_stopped = report.summary.stopped.is_some();
    for flow in report.flows.iter().filter(|flow| is_whole(flow, is_stopped)) {
        let text = flow.snapshot_text();
        let accepted = folder.join(format!("{}{ACCEPTED}", flow.name()));
        let waiting = folder.join(format!("{}{PENDING}", flow.name()));
        let before = accepted_text(&accepted)?;
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
                let mut differ = TextDiff::configure();
                let diff = differ.timeout(LONGEST_DIFF).diff_lines(before.as_str(), text.trim_end());
                format!("changed  {}\n{}", flow.name(), diff.unified_diff().context_radius(3))
            }
        };
        out.write_all(plain_lines(&shown).as_bytes()).map_err(|error| unwritten(&error))?;
    }
    Ok(pending)
}

/// What was accepted of a flow, if anything was.
fn accepted_text(path: &Path) -> Result<Option<String>, RunError> {
    match path.exists() {
        true => Ok(snapshot_contents(&bundle::read(path)?.text)),
        false => Ok(None),
    }
}

/// A flow that was left out or broken off is nothing to compare with. Steps that a run may not carry
/// out in this org are skipped by those that are compared with it, too; not so those that a stop left.
fn is_whole(flow: &FlowReport, is_stopped: bool) -> bool {
    let answered = |step: &StepReport| step.response.is_some();
    let settled = |step: &StepReport| answered(step) || (step.verdict == Verdict::Skipped && !is_stopped);
    flow.steps.iter().any(|step| answered(step)) && flow.steps.iter().all(|step| settled(step))
}

fn unwritable(path: &Path, error: &std::io::Error) -> RunError {
    RunError::usage(format!(
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
