//! The exercised part of the contract: operations, statuses and apps, including what was never exercised.

use std::collections::{BTreeMap, BTreeSet};

/// The coverage of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// The apps that flows ran for, in alphabetical order.
    pub apps: Vec<String>,
    /// The operations of the contract, in its order.
    pub operations: Vec<OperationCoverage>,
}

/// One operation of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationCoverage {
    /// The operation id.
    pub operation: String,
    /// Method and path.
    pub request: String,
    /// The declared statuses, then received undeclared ones.
    pub statuses: Vec<StatusCoverage>,
}

/// One status of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusCoverage {
    /// The status as in the document: `200`, `4XX`, `default`.
    pub status: String,
    /// True if the document declares it.
    pub declared: bool,
    /// The number of answers by app; flows without an app use the empty name.
    pub received: BTreeMap<String, usize>,
}

/// An operation of a document: its id, its request, its declared statuses.
pub(crate) type DeclaredOperation = (String, String, Vec<String>);

/// An answer of the org: the app, the operation, the status.
pub(crate) type ObservedStatus<'a> = (Option<&'a str>, &'a str, u16);

impl Coverage {
    pub(crate) fn new<'a>(
        declared: &[DeclaredOperation],
        answers: impl Iterator<Item = ObservedStatus<'a>>,
    ) -> Self {
        let mut apps = BTreeSet::new();
        let mut operations: Vec<OperationCoverage> = declared
            .iter()
            .map(|(operation, request, statuses)| OperationCoverage {
                operation: operation.clone(),
                request: request.clone(),
                statuses: statuses.iter().map(|status| StatusCoverage::new(status, true)).collect(),
            })
            .collect();
        for (app, operation, status) in answers {
            apps.extend(app.map(ToOwned::to_owned));
            if let Some(known) = operations.iter_mut().find(|known| known.operation == operation) {
                let app = app.unwrap_or_default().to_owned();
                *known.of(status).received.entry(app).or_default() += 1;
            }
        }
        Self { apps: apps.into_iter().collect(), operations }
    }

    /// The exercised and the total numbers of operations and of declared statuses.
    pub fn counts(&self) -> [(usize, usize); 2] {
        let used = self.operations.iter().filter(|operation| operation.is_exercised()).count();
        let declared = || {
            self.operations.iter().flat_map(|operation| &operation.statuses).filter(|status| status.declared)
        };
        let received = declared().filter(|status| !status.received.is_empty()).count();
        [(used, self.operations.len()), (received, declared().count())]
    }
}

impl OperationCoverage {
    /// True if any answer was received.
    pub fn is_exercised(&self) -> bool {
        self.statuses.iter().any(|status| !status.received.is_empty())
    }

    /// The entry for a status: exact, by class, default, or a new one.
    fn of(&mut self, status: u16) -> &mut StatusCoverage {
        let class = format!("{}XX", status / 100);
        let names = [status.to_string(), class, "default".to_owned()];
        let at = names.iter().find_map(|name| self.statuses.iter().position(|known| known.status == *name));
        let at = at.unwrap_or_else(|| {
            self.statuses.push(StatusCoverage::new(&status.to_string(), false));
            self.statuses.len() - 1
        });
        &mut self.statuses[at]
    }
}

impl StatusCoverage {
    fn new(status: &str, declared: bool) -> Self {
        Self { status: status.to_owned(), declared, received: BTreeMap::new() }
    }

    /// The apps with this status; `-` for flows without an app.
    pub fn apps(&self) -> Vec<&str> {
        self.received.keys().map(|app| if app.is_empty() { "-" } else { app.as_str() }).collect()
    }

    /// The total number of answers.
    pub fn total(&self) -> usize {
        self.received.values().sum()
    }
}
