//! The conformance runner: it replays documented flows against an org and judges every answer three ways.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use okta_conformance::{Runner, Verdict};
//!
//! // Without a target, a mock is started in this process. With `.target("https://dev-123.okta.com")` the
//! // run only reads, unless `.allow_writes(…)` names that host.
//! let runner = Runner::builder().select("unknown-app").build()?;
//! let report = runner.run(&mut |_event| {}).await?;
//! assert_eq!(report.summary.verdict, Verdict::Conforms);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Runner::builder`] selects the flows, the org, and the changes that a run may make there.
//! - [`Event`]s arrive during a run; a [`RunReport`] holds the results at its end. Their
//!   data and the reporters that render them are in [`report`].
//! - [`Catalogue`] lists the flows, [`checks`] the checks.
//!
//! The command line is a thin program over this library.

mod actor;
mod bundle;
mod catalogue;
mod check;
#[doc(hidden)]
pub mod command;
mod coverage;
mod credential;
mod criterion;
mod effect;
mod error;
mod event;
mod exchange;
mod exit_code;
mod expression;
mod flow;
mod guide;
mod in_process;
mod judge;
mod judgement;
mod nearest;
mod normalise;
mod openapi;
mod repeated_name;
mod replay;
mod reporters;
mod restore;
mod runner;
mod secrets;
mod service_app;
mod setting;
mod shortened;
mod snapshot_file;
mod transport;
mod undo;
mod value_path;
mod verdict;
mod waiting;
mod warning;

pub use actor::ConsentPrompt;
pub use catalogue::Catalogue;
pub use check::Check;
pub use credential::{Credential, Scheme};
pub use error::{Problem, RunError};
pub use event::{Event, RunReport};
pub use judge::table::checks;
pub use judgement::Layer;
pub use runner::{Builder, Runner};
pub use service_app::ServiceApp;
pub use transport::Stop;
pub use verdict::Verdict;

/// The data of a [`RunReport`] and of [`Event`]s, and the reporters that render them.
pub mod report {
    pub use crate::catalogue::{FlowEntry, StepEntry};
    pub use crate::coverage::{Coverage, OperationCoverage, StatusCoverage};
    pub use crate::event::{Counts, FlowInfo, FlowReport, RunInfo, RunSummary, StepReport, Tally};
    pub use crate::exchange::{Body, CredentialUse, RequestRecord, ResponseRecord};
    pub use crate::guide::{Guide, GuideStep};
    pub use crate::judgement::{Accepted, Finding, Judgement};
    pub use crate::reporters::{ReportFiles, ReportFormat, ReportRequest, Style, Terminal, json};
    pub use crate::restore::{Leftover, Restored};
    pub use crate::waiting::Waiting;
}
