//! Reports in files. They are opened before the first request, so that an unwritable path does not cost a
//! run, and filled from the stream of events.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{github, har, html, json, junit, known};
use crate::credential::Scheme;
use crate::error::RunError;
use crate::event::{Event, FlowReport, RunInfo, RunReport};
use crate::restore::Restored;

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// JUnit XML: one suite per flow run, one case per step.
    Junit,
    /// The JSON report.
    Json,
    /// One self-contained page.
    Html,
    /// Requests and answers as an HTTP archive (HAR 1.2).
    Har,
    /// A file of known deviations to fill in.
    KnownDeviations,
    /// Annotations on standard output and a job summary, for GitHub Actions.
    Github,
}

/// A requested report, such as `junit=FILE` or `github`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRequest {
    form: ReportFormat,
    path: Option<PathBuf>,
}

impl ReportRequest {
    /// A file of known deviations to fill in.
    pub(crate) fn known_deviations(path: PathBuf) -> Self {
        Self { form: ReportFormat::KnownDeviations, path: Some(path) }
    }
}

impl std::str::FromStr for ReportRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, path) = match text.split_once('=') {
            Some((word, path)) => (word, Some(path)),
            None => (text, None),
        };
        let form = match word {
            "junit" => ReportFormat::Junit,
            "json" => ReportFormat::Json,
            "html" => ReportFormat::Html,
            "har" => ReportFormat::Har,
            "github" => ReportFormat::Github,
            _ => {
                return Err(format!(
                    "there is no report `{word}`; use junit=FILE, json=FILE, html=FILE, har=FILE or github"
                ));
            }
        };
        match (form, path) {
            (ReportFormat::Github, None) => Ok(Self { form, path: None }),
            (ReportFormat::Github, Some(_)) => {
                Err("`github` takes no file: it writes to standard output and the job summary".to_owned())
            }
            (_, Some(path)) if !path.is_empty() => Ok(Self { form, path: Some(PathBuf::from(path)) }),
            _ => Err(format!("add a file, as in {word}=report.{word}")),
        }
    }
}

/// The reports of a run, written when it is over.
#[derive(Debug)]
pub struct ReportFiles {
    files: Vec<Opened>,
    /// The scheme of the credential, for the curl lines.
    scheme: Scheme,
    /// True if standard output carries a document, to which nothing may be added.
    output_is_taken: bool,
    collected: Collected,
}

/// A requested report and its open file.
#[derive(Debug)]
struct Opened {
    form: ReportFormat,
    path: Option<PathBuf>,
    file: Option<File>,
    /// True if this run created the file and has not written to it; then it is deleted on drop.
    is_empty: bool,
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(path) = self.path.as_ref().filter(|_| self.is_empty) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The run, collected from the events.
#[derive(Debug, Default)]
struct Collected {
    info: RunInfo,
    flows: Vec<Arc<FlowReport>>,
    restored: Option<Restored>,
    whole: Option<RunReport>,
}

impl ReportFiles {
    /// Opens every file; `read` lists the files that the run reads.
    ///
    /// # Errors
    /// A path that cannot be written, that the run reads, or that two reports share.
    pub fn open(requests: Vec<ReportRequest>, read: &[PathBuf], scheme: Scheme) -> Result<Self, RunError> {
        let mut files: Vec<Opened> = Vec::new();
        let whole = |path: &PathBuf| std::fs::canonicalize(path).ok();
        let read: Vec<PathBuf> = read.iter().filter_map(whole).collect();
        for ReportRequest { form, path } in requests {
            let path = match form {
                ReportFormat::Github => {
                    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
                }
                _ => path,
            };
            let shown = path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            let open = |path: &PathBuf| {
                let mut options = File::options();
                options.create(true);
                // Earlier steps of a job write to the same summary.
                match form {
                    ReportFormat::Github => options.append(true),
                    _ => options.write(true),
                };
                options.open(path).map_err(|error| {
                    RunError::usage(format!(
                        "the report {shown} cannot be written ({error}); choose another file"
                    ))
                })
            };
            if path.as_ref().and_then(whole).is_some_and(|path| read.contains(&path)) {
                return Err(RunError::usage(format!(
                    "the report {shown} would overwrite a file that the run reads; choose another file"
                )));
            }
            let is_empty = path.as_ref().is_some_and(|path| !path.exists());
            if form == ReportFormat::KnownDeviations && !is_empty {
                return Err(RunError::usage(format!(
                    "{shown} already exists, and its reasons would be lost; choose another file for the known deviations"
                )));
            }
            let file = path.as_ref().map(open).transpose()?;
            let taken = |other: &Opened| {
                let other = other.path.as_ref().and_then(whole);
                other.is_some_and(|other| other.is_file() && path.as_ref().and_then(whole) == Some(other))
            };
            let shared = files.iter().any(taken);
            files.push(Opened { form, path, file, is_empty });
            if shared {
                return Err(RunError::usage(format!(
                    "two reports use the file {shown}; choose different files"
                )));
            }
        }
        Ok(Self { files, scheme, output_is_taken: false, collected: Collected::default() })
    }

    /// Prints annotations on standard error, because standard output carries a document (GitHub Actions reads
    /// both).
    pub fn leave_standard_output(&mut self) {
        self.output_is_taken = true;
    }

    /// Collects an event.
    pub fn event(&mut self, event: &Event) {
        let collected = &mut self.collected;
        match event {
            Event::RunStarted(info) => collected.info = info.clone(),
            Event::FlowFinished(flow) => collected.flows.push(flow.clone()),
            Event::Restored(restored) => collected.restored = Some(restored.clone()),
            Event::RunFinished(summary) => {
                collected.whole = Some(RunReport {
                    info: std::mem::take(&mut collected.info),
                    summary: summary.clone(),
                    flows: std::mem::take(&mut collected.flows),
                    restored: collected.restored.take(),
                });
            }
            Event::FlowStarted(_) | Event::StepFinished(_) | Event::UndoFile(_) | Event::Waiting(_) => {}
        }
    }

    /// Writes all reports.
    ///
    /// # Errors
    /// The first report that could not be written.
    pub fn finish(mut self) -> Result<(), RunError> {
        let Some(report) = &self.collected.whole else { return Ok(()) };
        for opened in &mut self.files {
            let form = opened.form;
            if form == ReportFormat::KnownDeviations && known::is_pointless(report) {
                continue;
            }
            let text = match form {
                ReportFormat::Junit => junit::junit(report),
                ReportFormat::Json => format!("{:#}\n", json::json(report)),
                ReportFormat::Html => html::html(report, self.scheme),
                ReportFormat::KnownDeviations => format!("{:#}\n", known::known_deviations(report)),
                ReportFormat::Har => format!("{:#}\n", har::har(report)),
                ReportFormat::Github => {
                    print(&github::annotations(report), self.output_is_taken)?;
                    github::summary(report)
                }
            };
            if let Some(file) = &mut opened.file {
                opened.is_empty = false;
                write(file, &text, form).map_err(|error| {
                    let shown = opened.path.as_deref().unwrap_or(Path::new("")).display();
                    RunError::Internal(format!("the report {shown} cannot be written: {error}"))
                })?;
            }
        }
        Ok(())
    }
}

fn write(file: &mut File, text: &str, form: ReportFormat) -> io::Result<()> {
    if form != ReportFormat::Github {
        // An earlier report may be longer; pipes and devices have no length.
        let _ = file.set_len(0);
    }
    file.write_all(text.as_bytes())?;
    file.flush()
}

fn print(text: &str, output_is_taken: bool) -> Result<(), RunError> {
    let written = match output_is_taken {
        true => std::io::stderr().lock().write_all(text.as_bytes()),
        false => std::io::stdout().lock().write_all(text.as_bytes()),
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(RunError::Internal(format!("cannot write the annotations: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn report_requests_are_parsed() {
        assert_eq!("github".parse::<ReportRequest>().unwrap().form, ReportFormat::Github);
        assert_eq!("html=a=b.html".parse::<ReportRequest>().unwrap().path, Some(PathBuf::from("a=b.html")));
        for (text, reason) in [
            ("pdf=x", "there is no report `pdf`"),
            ("junit", "junit=report.junit"),
            ("har=", "har=report.har"),
            ("github=x", "takes no file"),
        ] {
            assert!(text.parse::<ReportRequest>().unwrap_err().contains(reason), "{text}");
        }
    }

    #[test]
    fn an_unwritable_file_is_rejected_at_once() {
        let requests = vec!["junit=/dev/null/folder/x.xml".parse().unwrap()];
        let message = ReportFiles::open(requests, &[], Scheme::ApiToken).unwrap_err().to_string();
        assert!(message.contains("/dev/null/folder/x.xml cannot be written"), "{message}");
    }
}
