//! A check of the contract: its description, and the function that carries it out.

use crate::check::Check;
use crate::judge::contract::exchange::Exchange;
use crate::judgement::Findings;

/// A check of the contract.
pub(in crate::judge) struct ContractCheck {
    /// The id, the requirement and the source.
    pub(in crate::judge::contract) about: Check,
    /// The exchanges that it applies to.
    pub(in crate::judge::contract) applies: Applies,
    /// Checks an exchange.
    pub(in crate::judge::contract) run: fn(&Exchange<'_>, &mut Findings<'_>),
}

/// The exchanges that a check applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::judge::contract) enum Applies {
    /// All.
    Always,
    /// Exchanges with a declared status; nothing is known about others.
    Declared,
    /// All exchanges; the answer is compared with earlier ones.
    Flow,
}
