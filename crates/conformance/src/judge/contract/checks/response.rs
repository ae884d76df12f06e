//! Checks of an answer against its declaration: status, headers and body.

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::declared::{DeclaredResponse, is_challenge};
use crate::judge::contract::described;

pub(super) static STATUS: ContractCheck = ContractCheck {
    about: Check { id: "contract.status", sentence: "The operation declares the status.", source: "openapi" },
    applies: Applies::Always,
    run: |exchange, findings| {
        if exchange.declared.is_none() {
            let expected = format!("one of {}", exchange.statuses.join(", "));
            findings.add("status", expected, exchange.answer.status.to_string());
        }
    },
};

pub(super) static BODY: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.body",
        sentence: "There is a body if and only if one is declared.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(declared) = exchange.declared else { return };
        match (declared.has_content(), &exchange.answer.body) {
            (true, None) if !is_challenge(exchange.answer) => findings.add("body", "a body", "none"),
            (false, Some(body)) => findings.add("body", "none", body.text()),
            _ => {}
        }
    },
};

pub(super) static CONTENT_TYPE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.content-type",
        sentence: "The content type is declared for the status.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let Some(declared) = exchange.declared.filter(|declared| declared.has_content()) else { return };
        if exchange.answer.body.is_some() && declared.content_of(exchange.answer).is_none() {
            let media = exchange.answer.media_type().unwrap_or_else(|| "absent".to_owned());
            findings.add("header content-type", declared.media_types().join(" or "), media);
        }
    },
};

pub(super) static JSON: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.json",
        sentence: "A body that is declared as JSON is valid JSON.",
        source: "openapi, RFC 8259",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        if let (Some(_), Some(reason)) = (described::content(exchange), &exchange.answer.broken_json) {
            findings.add("body", "JSON", format!("invalid JSON: {reason}"));
        }
    },
};

pub(super) static SCHEMA: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.schema",
        sentence: "The body and the headers match their schemas.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for described in described::of_answer(exchange) {
            described.check(findings);
        }
    },
};

pub(super) static EXTENT: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.schema.extent",
        sentence: "A body is not nested too deeply to be validated against its recursive schema in bounded time.",
        source: "this runner",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let all = described::of_answer(exchange).into_iter().chain(described::of_request(exchange));
        for described in all {
            described.schema.check_extent(&described.value, &described.place, findings);
        }
    },
};

pub(super) static HEADER: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.header",
        sentence: "Every header that is declared as required is present.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let required = exchange.declared.into_iter().flat_map(DeclaredResponse::required_headers);
        for name in required.filter(|name| exchange.answer.header(name).is_none()) {
            findings.add(format!("header {name}"), "present", "absent");
        }
    },
};
