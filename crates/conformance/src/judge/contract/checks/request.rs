//! Checks of requests: everything a flow sends must be declared. Otherwise a misspelled parameter would go
//! unnoticed, because orgs ignore it.

use serde_json::Value;

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::described;
use crate::judge::contract::exchange::Exchange;
use crate::judgement::Findings;
use crate::nearest::nearest;

pub(super) static QUERY: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.request.query",
        sentence: "A request has only query parameters that its operation declares.",
        source: "openapi",
    },
    applies: Applies::Always,
    run: |exchange, findings| {
        let declared = exchange.document.api.parameters(exchange.operation);
        let names = exchange.request.query.iter().map(|(name, _)| name.as_str());
        for name in names.filter(|name| !declared.has_query(name) && !is_meant(exchange, name)) {
            undeclared(format!("request query {name}"), name, &declared.names("query"), findings);
        }
    },
};

pub(super) static HEADER: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.request.header",
        sentence: "A request has only headers that its operation declares, besides those of HTTP.",
        source: "openapi",
    },
    applies: Applies::Always,
    run: |exchange, findings| {
        let declared = exchange.document.api.parameters(exchange.operation);
        let names = exchange.request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        for name in names.filter(|name| !declared.has_header(name) && !is_meant(exchange, name)) {
            undeclared(format!("request header {name}"), &name, &declared.names("header"), findings);
        }
    },
};

pub(super) static BODY: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.request.body",
        sentence: "The body of an accepted request matches the declaration of the operation.",
        source: "openapi",
    },
    applies: Applies::Always,
    run: |exchange, findings| {
        // A flow may send invalid values to be refused.
        if !(200..300).contains(&exchange.answer.status) {
            return;
        }
        let declared = described::declared_body(exchange);
        let is_required = declared.as_ref().is_some_and(|declared| {
            exchange.document.at(&format!("{declared}/required")) == Some(&Value::Bool(true))
        });
        match (&declared, &exchange.request.body) {
            (None, Some(_)) => {
                findings.add("request body", "none: the operation declares none", "a body");
            }
            (Some(_), None) if is_required => findings.add("request body", "a body", "none"),
            _ => {}
        }
        if let Some(described) = described::of_request(exchange) {
            described.check(findings);
        }
    },
};

/// True if the step sends an undeclared parameter on purpose.
fn is_meant(exchange: &Exchange<'_>, name: &str) -> bool {
    exchange.undeclared.iter().any(|meant| meant.eq_ignore_ascii_case(name))
}

fn undeclared(place: String, name: &str, declared: &[&str], findings: &mut Findings<'_>) {
    let expected = match declared {
        [] => "no parameter: the operation declares none".to_owned(),
        names => match nearest(name, names.iter().copied()) {
            Some(near) => format!("a declared parameter, such as {near}"),
            None => format!("one of {}", names.join(", ")),
        },
    };
    if !findings.has(&place) {
        findings.add(place, expected, "an undeclared parameter");
    }
}
