//! The checks of the contract. Each is a value with an id, a sentence, a source and a function. To add one,
//! define it in one of these files and list it in `CHECKS`.

mod connection;
mod headers;
mod keys;
mod links;
mod listing;
mod memory;
mod refusal;
mod request;
mod resource;
mod response;
#[cfg(test)]
mod test_exchange;
mod written;

use super::exchange::Exchange;
use crate::check::Check;
use crate::judgement::Findings;

/// A check of the contract.
pub(in crate::judge) struct ContractCheck {
    /// The id, the requirement and the source.
    pub(super) about: Check,
    /// The exchanges that it applies to.
    pub(super) applies: Applies,
    /// Checks an exchange.
    pub(super) run: fn(&Exchange<'_>, &mut Findings<'_>),
}

/// The exchanges that a check applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applies {
    /// All.
    Always,
    /// Exchanges with a declared status; nothing is known about others.
    Declared,
    /// All exchanges; the answer is compared with earlier ones.
    Flow,
}

/// All checks, in the order in which they run and in which the docs list them.
pub(super) static CHECKS: &[&ContractCheck] = &[
    &response::STATUS,
    &response::BODY,
    &response::CONTENT_TYPE,
    &response::JSON,
    &response::SCHEMA,
    &response::EXTENT,
    &response::HEADER,
    &headers::ONCE,
    &headers::DATE,
    &headers::CHARSET,
    &headers::RATE_LIMIT,
    &links::SELF,
    &links::LIFECYCLE,
    &links::PART,
    &links::ORIGIN,
    &links::AUTHORIZE,
    &resource::TIMES,
    &resource::ORN,
    &connection::SCHEME,
    &connection::PROFILE,
    &resource::SPELLINGS,
    &listing::UNIQUE,
    &listing::LIMIT,
    &listing::SELECTION,
    &listing::SELF,
    &listing::NEXT,
    &listing::PAGES,
    &keys::PRIVATE,
    &keys::UNIQUE,
    &keys::OPERATIONS,
    &keys::NUMBERS,
    &written::WRITTEN,
    &refusal::CREDENTIAL,
    &refusal::RESOURCE,
    &refusal::NAMES,
    &refusal::KIND,
    &refusal::LINK,
    &request::QUERY,
    &request::HEADER,
    &request::BODY,
    &memory::UNCHANGED,
    &memory::ORDER,
    &memory::HOST,
    &memory::CONSENT,
    &memory::KEY,
    &memory::CODE,
];

/// The descriptions of all checks, in their order.
pub(in crate::judge) fn table() -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().map(|check| &check.about)
}
