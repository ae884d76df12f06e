//! One self-contained page, readable on a phone, in light and dark mode, and without scripts or styles.
//!
//! The verdict and the findings, each once, come first, followed by the flow runs. A step that conforms is
//! one line; any other lists its findings, with its exchange folded. Every exchange appears only once; the
//! JSON report has everything that is left out here.

mod exchange;
mod findings;
mod flows;
mod index;
mod page;
mod text;

pub(super) use page::html;
