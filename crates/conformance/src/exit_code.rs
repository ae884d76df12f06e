//! The exit codes of `okta-conformance`; other programs rely on them.

/// Every judged flow conforms, and at least one was judged.
pub(crate) const CONFORMS: u8 = 0;
/// At least one flow deviates.
pub(crate) const DEVIATES: u8 = 1;
/// The run could not take place, or nothing could be judged: bad arguments,
/// an invalid file, no such flow, no such target, a failure of the tool.
pub(crate) const COULD_NOT_RUN: u8 = 2;
/// The run changed the org and could not put everything back; what is left was
/// printed with the calls that do it by hand.
pub(crate) const NOT_RESTORED: u8 = 3;
