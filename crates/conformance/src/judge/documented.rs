//! The first layer: what the guide documents, as the criteria of the step.

use crate::check::Check;
use crate::criterion::{Criterion, CriterionContext};
use crate::exchange::ResponseRecord;
use crate::expression::Scope;
use crate::judgement::{Finding, Findings, Judgement};
use crate::secrets::given_back;

pub(super) static CRITERION: Check = Check {
    id: "documented.criterion",
    sentence: "A success criterion of the step is met.",
    source: "guide",
};

pub(crate) static CONSENT: Check = Check {
    id: "documented.consent",
    sentence: "The pages that lead to a consent are as the guide shows them: the authorize link, and the JSON with the URL that continues.",
    source: "guide",
};

pub(super) static SECRET_ECHO: Check = Check {
    id: "documented.secret-echo",
    sentence: "An answer gives back no token, password or other secret that was sent.",
    source: "guide",
};

/// The checks of this layer.
pub(super) static CHECKS: [&Check; 3] = [&CRITERION, &CONSENT, &SECRET_ECHO];

/// Asks every criterion of a step.
pub(crate) fn judge(criteria: &[Criterion], scope: &Scope<'_>) -> Judgement {
    if criteria.is_empty() {
        return Judgement::unjudged("the step states no criteria");
    }
    let moment = CriterionContext::of(scope);
    let mut found = Vec::new();
    let mut findings = Findings::new(&CRITERION, &mut found);
    for unmet in criteria.iter().filter_map(|criterion| criterion.check(&moment)) {
        findings.add(unmet.place, unmet.expected, unmet.actual);
    }
    Judgement::of(found)
}

/// The guide: tokens and passwords are never shown again. Whatever a step asks for, an answer that
/// gives a secret back is not as documented.
pub(crate) fn secrets_given_back(answer: &ResponseRecord) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut findings = Findings::new(&SECRET_ECHO, &mut found);
    for (place, actual) in given_back(answer) {
        findings.add(place, "nothing that was sent in confidence", actual);
    }
    found
}
