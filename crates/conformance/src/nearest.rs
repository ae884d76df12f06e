//! Which known name somebody may have meant.

/// How alike two names have to be before one is suggested for the other.
const ALIKE: f64 = 0.6;

/// The name most like `wanted`, if any is like it at all.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike =
        |name: &str| strsim::normalized_damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
    let mut best: Option<(&str, f64)> = None;
    for name in names {
        let score = alike(name);
        if score >= ALIKE && best.is_none_or(|(_, known)| score > known) {
            best = Some((name, score));
        }
    }
    best.map(|(name, _)| name)
}
