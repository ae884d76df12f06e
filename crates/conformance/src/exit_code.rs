//! The exit codes of `okta-conformance`; other programs rely on them.

/// Every judged flow conforms, and at least one was judged.
pub(crate) const CONFORMS: u8 = 0;
/// At least one flow deviates.
pub(crate) const DEVIATES: u8 = 1;
/// The run could not take place, or nothing was judged: invalid arguments, an invalid file, an unknown flow,
/// an unreachable target, a failure of the runner.
pub(crate) const COULD_NOT_RUN: u8 = 2;
/// The org was not fully restored; the remaining calls were printed.
pub(crate) const NOT_RESTORED: u8 = 3;
