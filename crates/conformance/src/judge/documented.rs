//! The first layer: what the guide documents, as the criteria of the step.

use crate::check;
use crate::criterion::{Criterion, Moment};
use crate::event::{Finding, Judgement};
use crate::expression::Scope;

/// Asks every criterion of a step.
pub(crate) fn judge(criteria: &[Criterion], scope: &Scope<'_>) -> Judgement {
    if criteria.is_empty() {
        return Judgement::unjudged("the step states no criteria");
    }
    let moment = Moment::of(scope);
    let unmet = criteria.iter().filter_map(|criterion| criterion.check(&moment));
    let findings = unmet.map(|unmet| Finding {
        check: &check::DOCUMENTED_CRITERION,
        place: unmet.place,
        wanted: unmet.wanted,
        came: unmet.came,
    });
    Judgement::of(findings.collect())
}
