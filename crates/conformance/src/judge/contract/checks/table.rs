//! The table of the checks of the contract.

use super::check::ContractCheck;
use super::{
    connection, headers, keys, links, listing, memory, refusal, request, resource, response, written,
};
use crate::check::Check;

/// All checks, in the order in which they run and in which the docs list them.
pub(in crate::judge::contract) static CHECKS: &[&ContractCheck] = &[
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
