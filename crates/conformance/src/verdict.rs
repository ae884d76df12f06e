//! Verdicts, and how many of them become one.

use serde::Serialize;

/// What was found out. The order is the strength: of several, the strongest
/// counts. A deviation is the strongest, as it says something about the org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Judged, and as it should be.
    Conforms,
    /// Left out, for the reason given. Never a part of "conforms".
    Skipped,
    /// Could not be judged, for the reason given.
    Unjudged,
    /// The tool could not do its work.
    Error,
    /// Judged, and not as it should be.
    Deviates,
}

impl Verdict {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Skipped => "skipped",
            Self::Unjudged => "unjudged",
            Self::Error => "error",
            Self::Deviates => "deviates",
        }
    }

    /// The verdict on a step from its judgements: one that could not be made
    /// takes nothing away from one that was.
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

    /// The verdict on a run from its flows: flows left out do not spoil the
    /// others, but where nothing was judged nothing conforms.
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
    fn a_deviation_always_counts() {
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
    fn a_skip_is_no_conformance() {
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
    fn exit_codes() {
        assert_eq!(Conforms.exit_code(), 0);
        assert_eq!(Deviates.exit_code(), 1);
        for verdict in [Skipped, Unjudged, Error] {
            assert_eq!(verdict.exit_code(), 2);
        }
    }
}
