//! Verdicts, and their combination.

use serde::Serialize;

/// The result of a judgement. Ordered by strength: of several verdicts, the strongest counts. A deviation is
/// the strongest, because it is about the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Judged without a deviation.
    Conforms,
    /// Skipped, with a reason. Never counts as conforming.
    Skipped,
    /// Could not be judged, with a reason.
    Unjudged,
    /// The runner failed.
    Error,
    /// Judged, with a deviation.
    Deviates,
}

impl Verdict {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Skipped => "skipped",
            Self::Unjudged => "unjudged",
            Self::Error => "error",
            Self::Deviates => "deviates",
        }
    }

    /// The verdict on a step from its judgements; judgements that were not made do not weaken the others.
    pub(crate) fn of_judgements(all: impl IntoIterator<Item = Verdict>) -> Self {
        let mut verdict = Self::Unjudged;
        for each in all {
            verdict = match (verdict, each) {
                (known, Self::Skipped | Self::Unjudged) => known,
                (Self::Unjudged, each) => each,
                (known, each) => known.max(each),
            };
        }
        verdict
    }

    /// The verdict on a flow from its steps: the strongest.
    pub(crate) fn of_steps(all: impl IntoIterator<Item = Verdict>) -> Self {
        all.into_iter().max().unwrap_or(Self::Unjudged)
    }

    /// The verdict on a run from its flows. Skipped flows do not weaken the others, but if nothing was
    /// judged, nothing conforms.
    pub(crate) fn of_flows(all: impl IntoIterator<Item = Verdict>) -> Self {
        let mut judged = Self::Skipped;
        for each in all {
            judged = match (judged, each) {
                (known, Self::Skipped) => known,
                (Self::Skipped, each) => each,
                (known, each) => known.max(each),
            };
        }
        judged
    }

    /// The exit code of a run with this verdict.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Conforms => crate::exit_code::CONFORMS,
            Self::Deviates => crate::exit_code::DEVIATES,
            Self::Skipped | Self::Unjudged | Self::Error => crate::exit_code::COULD_NOT_RUN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Conforms, Deviates, Error, Skipped, Unjudged};
    use super::*;

    const ALL: [Verdict; 5] = [Conforms, Skipped, Unjudged, Error, Deviates];

    #[test]
    fn a_deviation_always_wins() {
        for a in ALL {
            for b in ALL {
                let all: [fn([Verdict; 2]) -> Verdict; 3] = [
                    |pair| Verdict::of_steps(pair),
                    |pair| Verdict::of_flows(pair),
                    |pair| Verdict::of_judgements(pair),
                ];
                for of in all {
                    let verdict = of([a, b]);
                    assert_eq!(of([b, a]).exit_code(), verdict.exit_code(), "{a:?} {b:?}");
                    let bad = [a, b].contains(&Deviates);
                    assert!(!bad || verdict == Deviates, "{a:?} {b:?}: {verdict:?}");
                }
            }
        }
        assert_eq!(Verdict::of_steps([Error, Deviates]), Deviates);
        assert_eq!(Verdict::of_flows([Error, Deviates]), Deviates);
    }

    #[test]
    fn a_skipped_step_does_not_conform() {
        assert_eq!(Verdict::of_steps([Conforms, Skipped]), Skipped);
        assert_eq!(Verdict::of_steps([Conforms, Unjudged]), Unjudged);
        assert_eq!(Verdict::of_flows([Skipped, Skipped]), Skipped);
        assert_eq!(Verdict::of_flows([]), Skipped);
        assert_eq!(Verdict::of_flows([Conforms, Skipped]), Conforms);
        assert_eq!(Verdict::of_flows([Conforms, Unjudged]), Unjudged);
        assert_eq!(Verdict::of_judgements([Unjudged, Unjudged]), Unjudged);
        assert_eq!(Verdict::of_judgements([Unjudged, Conforms]), Conforms);
    }

    #[test]
    fn verdicts_have_exit_codes() {
        assert_eq!(Conforms.exit_code(), 0);
        assert_eq!(Deviates.exit_code(), 1);
        for verdict in [Skipped, Unjudged, Error] {
            assert_eq!(verdict.exit_code(), 2);
        }
    }
}
