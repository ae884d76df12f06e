//! The first judgement: the guide, as the criteria of the step.

use crate::check::Check;
use crate::criterion::{Criterion, CriterionContext};
use crate::exchange::ResponseRecord;
use crate::expression::Scope;
use crate::judgement::{Finding, Findings, Judgement};
use crate::secrets::returned_secrets;

pub(super) static CRITERION: Check = Check {
    id: "documented.criterion",
    sentence: "Every success criterion of the step is met.",
    source: "guide",
};

pub(crate) static CONSENT: Check = Check {
    id: "documented.consent",
    sentence: "The pages of a consent follow the guide: the authorize link, and the JSON with the continue URL.",
    source: "guide",
};

pub(super) static SECRET_ECHO: Check = Check {
    id: "documented.secret-echo",
    sentence: "An answer returns no token, password or other secret that was sent.",
    source: "guide",
};

/// The checks of this judgement.
pub(super) static CHECKS: [&Check; 3] = [&CRITERION, &CONSENT, &SECRET_ECHO];

/// Evaluates every criterion of a step.
pub(crate) fn judge(criteria: &[Criterion], scope: &Scope<'_>) -> Judgement {
    if criteria.is_empty() {
        return Judgement::unjudged("the step has no criteria");
    }
    let context = CriterionContext::of(scope);
    let mut found = Vec::new();
    let mut findings = Findings::new(&CRITERION, &mut found);
    for unmet in criteria.iter().filter_map(|criterion| criterion.check(&context)) {
        findings.add(unmet.place, unmet.expected, unmet.actual);
    }
    Judgement::of(found)
}

/// Finds secrets in an answer. Tokens and passwords are never shown again (guide), so an answer that returns
/// one deviates, whatever the step requires.
pub(crate) fn secrets_returned(answer: &ResponseRecord) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut findings = Findings::new(&SECRET_ECHO, &mut found);
    for (place, actual) in returned_secrets(answer) {
        findings.add(place, "no secret that was sent", actual);
    }
    found
}
