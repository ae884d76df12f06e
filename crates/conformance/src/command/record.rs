//! `okta-conformance record` and `accept`: snapshots of an org's own answers, reviewed before they are used.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use similar::TextDiff;

use super::arguments::{AcceptArgs, Format, RecordArgs};
use super::messages::unwritten;
use super::profile::{ACCEPTED, PENDING, files, folder};
use super::run::Prepared;
use crate::bundle;
use crate::error::RunError;
use crate::event::{FlowReport, RunReport, StepReport};
use crate::exit_code::{CONFORMS, COULD_NOT_RUN, NOT_RESTORED};
use crate::reporters::plain_lines;
use crate::snapshot_file::snapshot_contents;
use crate::verdict::Verdict;

/// Time limit of an exact diff; after it the diff is coarser.
const DIFF_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs the flows and leaves new and changed snapshots for review.
pub(super) fn record(args: RecordArgs) -> Result<u8, RunError> {
    let mut args = args.run;
    let Some(name) = args.profile.take() else {
        return Err(RunError::usage("no profile given; add --profile NAME".to_owned()));
    };
    let folder = folder(&args.profiles, &name)?;
    let prepared = Prepared::new(args, |builder| builder.ids_of_any_form(true))?;
    if prepared.plan {
        return prepared.preview();
    }
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let format = prepared.format;
    let (_, report) = prepared.carry_out(std::io::stderr())?;
    // In JSON format, standard output carries only the document.
    let mut out: Box<dyn Write> = match format {
        Format::Terminal => Box::new(std::io::stdout()),
        Format::Json => Box::new(std::io::stderr()),
    };
    let pending = write_pending(&report, &folder, &mut out)?;
    let message = match pending {
        0 => format!("{}: no changes\n", folder.display()),
        number => format!(
            "{}: {number} to review; run `okta-conformance accept --profile {name}` to accept them\n",
            folder.display()
        ),
    };
    out.write_all(message.as_bytes()).map_err(|error| unwritten(&error))?;
    let left = report.restored.as_ref().is_some_and(|restored| !restored.left.is_empty());
    Ok(match report.summary.verdict {
        _ if left => NOT_RESTORED,
        // Nothing was answered, so there is no profile.
        Verdict::Skipped => COULD_NOT_RUN,
        _ if report.flows.iter().any(|flow| flow.verdict == Verdict::Error) => COULD_NOT_RUN,
        _ => CONFORMS,
    })
}

/// Writes the pending snapshots and shows their differences from the accepted ones.
fn write_pending(report: &RunReport, folder: &Path, out: &mut dyn Write) -> Result<usize, RunError> {
    let mut pending = 0;
    let is_stopped = report.summary.stopped.is_some();
    for flow in report.flows.iter().filter(|flow| is_whole(flow, is_stopped)) {
        let text = flow.snapshot_text();
        let accepted = folder.join(format!("{}{ACCEPTED}", flow.name()));
        let pending_file = folder.join(format!("{}{PENDING}", flow.name()));
        let before = accepted_text(&accepted)?;
        if before.as_deref() == Some(text.trim_end()) {
            let _ = std::fs::remove_file(&pending_file);
            continue;
        }
        let file = format!("---\nsource: okta-conformance record\n---\n{text}\n");
        std::fs::write(&pending_file, file).map_err(|error| unwritable(&pending_file, &error))?;
        pending += 1;
        let text_shown = match before {
            None => format!("new      {}\n", flow.name()),
            Some(before) => {
                let mut differ = TextDiff::configure();
                let diff = differ.timeout(DIFF_TIMEOUT).diff_lines(before.as_str(), text.trim_end());
                format!("changed  {}\n{}", flow.name(), diff.unified_diff().context_radius(3))
            }
        };
        out.write_all(plain_lines(&text_shown).as_bytes()).map_err(|error| unwritten(&error))?;
    }
    Ok(pending)
}

/// The accepted snapshot of a flow, if any.
fn accepted_text(path: &Path) -> Result<Option<String>, RunError> {
    match path.exists() {
        true => Ok(snapshot_contents(&bundle::read(path)?.text)),
        false => Ok(None),
    }
}

/// True if a flow run can be compared with. One that was skipped or stopped cannot. Steps that a run may not
/// carry out in this org are skipped in later runs too; steps that a stop skipped are not.
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

/// Replaces accepted snapshots by pending ones.
pub(super) fn accept(args: &AcceptArgs) -> Result<u8, RunError> {
    let folder = folder(&args.profiles, &args.profile)?;
    let pending_file: Vec<String> =
        files(&folder).iter().filter_map(|file| file.strip_suffix(PENDING).map(ToOwned::to_owned)).collect();
    let fits = |name: &str, selected: &str| name == selected || name.split('@').next() == Some(selected);
    for selected in &args.flows {
        if !pending_file.iter().any(|name| fits(name, selected)) {
            return Err(RunError::Selection(format!(
                "{}: no pending snapshot of `{selected}`",
                folder.display()
            )));
        }
    }
    if pending_file.is_empty() {
        return Err(RunError::Selection(format!("{}: no pending snapshots", folder.display())));
    }
    for name in pending_file {
        if args.flows.is_empty() || args.flows.iter().any(|selected| fits(&name, selected)) {
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
