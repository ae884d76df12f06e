//! The nearest name to a text, for errors.

/// Minimum similarity of a name that is suggested, from 0 to 1.
const SIMILAR: f64 = 0.5;

/// Returns the name that is most similar to a text, if any is similar.
pub(crate) fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let text = text.to_lowercase();
    let similarity = |name: &str| strsim::normalized_damerau_levenshtein(&text, &name.to_lowercase());
    let rated = names.into_iter().map(|name| (similarity(name), name));
    let nearest = rated.max_by(|(left, _), (right, _)| left.total_cmp(right));
    nearest.filter(|(similarity, _)| *similarity >= SIMILAR).map(|(_, name)| name)
}
