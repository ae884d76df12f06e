//! The conformance runner: it replays documented flows against an org and judges every answer three ways.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use okta_conformance::{Runner, Verdict};
//!
//! // Without a target it starts a mock in this process; `.target("https://dev-123.okta.com")` only reads
//! // there, until `.allow_writes(…)` arms it.
//! let runner = Runner::builder().select("unknown-app").build()?;
//! let report = runner.run(&mut |_event| {}).await?;
//! assert_eq!(report.summary.verdict, Verdict::Conforms);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Runner::builder`] says what is run, against which org, and what may be changed there.
//! - [`Event`]s are told while a run is under way; a [`RunReport`] has all of them at its end, and
//!   [`report`] renders it.
//! - [`Catalogue`] lists the flows, [`checks`] the checks.
//!
//! The command line is a thin program over this.

mod actor;
mod bundle;
mod catalogue;
mod check;
pub mod command;
mod coverage;
mod credential;
mod criterion;
mod effect;
mod error;
mod event;
mod exchange;
pub mod exit_code;
mod expression;
mod flow;
mod guide;
mod in_process;
mod judge;
mod judgement;
mod nearest;
mod normalise;
mod openapi;
mod place;
mod repeated_name;
mod replay;
pub mod report;
mod restore;
mod runner;
mod secrets;
mod shortened;
mod snapshot_file;
mod transport;
mod undo;
mod verdict;
mod waiting;
mod warning;

pub use actor::Asked;
pub use catalogue::{Catalogue, FlowEntry, StepEntry};
pub use check::Check;
pub use coverage::{Coverage, OperationCoverage, StatusCoverage};
pub use credential::{Credential, Scheme};
pub use error::RunError;
pub use event::{Counts, Event, FlowInfo, FlowReport, RunInfo, RunReport, RunSummary, StepReport, Tally};
pub use exchange::{Body, CredentialUse, RequestRecord, ResponseRecord};
pub use guide::{Guide, GuideStep};
pub use judge::table::{as_markdown as checks_as_markdown, checks};
pub use judgement::{Accepted, Finding, Judgement, Layer};
pub use restore::{LeftOver, Restored};
pub use runner::{Builder, Runner};
pub use snapshot_file::snapshot_contents;
pub use transport::Stop;
pub use verdict::Verdict;
pub use waiting::Waiting;

/// The text of a flow run as snapshots keep it.
pub fn snapshot_text(flow: &FlowReport) -> String {
    format!("{:#}", flow.normalised)
}
