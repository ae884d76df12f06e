//! Words that answers contain anyway: a secret with such a value cannot be searched for.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use crate::bundle::{self, TextFile};
use crate::snapshot_file::snapshot_contents;
use crate::value_path::walk;

/// Maximum number of remembered results.
const MAX_KNOWN: usize = 10_000;

/// True if answers contain a value anyway: in the name of a member or one of its declared values, or in an
/// accepted answer. Other text of documents does not count.
pub(crate) fn is_a_word_of_answers(value: &str) -> bool {
    static WORDS: LazyLock<String> = LazyLock::new(|| {
        let declared = bundle::embedded_folder("contract").into_iter().flat_map(|file| declared(&file));
        let answered = bundle::embedded_folder("snapshots").into_iter().flat_map(|file| answered(&file));
        declared.chain(answered).collect::<Vec<_>>().join("\n").to_ascii_lowercase()
    });
    // All runs of a flow ask about the same few values.
    static KNOWN: LazyLock<Mutex<HashMap<String, bool>>> = LazyLock::new(Mutex::default);
    // The search is case-insensitive.
    let value = value.to_ascii_lowercase();
    // A panic elsewhere leaves the map whole: entries are only added.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() > MAX_KNOWN {
        known.clear();
    }
    *known.entry(value).or_insert_with_key(|value| WORDS.contains(value))
}

/// The names of members and their possible values in a document of the contract.
fn declared(file: &TextFile) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(&file.text) else { return vec![file.text.clone()] };
    let mut words = Vec::new();
    walk(&document, &mut |value, _| {
        let names = value.get("properties").and_then(Value::as_object).into_iter().flatten();
        words.extend(names.map(|(name, _)| name.clone()));
        let options = value.get("enum").and_then(Value::as_array).into_iter().flatten();
        words.extend(options.filter_map(Value::as_str).map(ToOwned::to_owned));
    });
    words
}

/// The accepted answers of a snapshot.
fn answered(file: &TextFile) -> Vec<String> {
    let exchange = snapshot_contents(&file.text);
    let Some(exchange) = exchange.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else {
        return vec![file.text.clone()];
    };
    let steps = exchange.get("steps").and_then(Value::as_array).into_iter().flatten();
    steps.filter_map(|step| step.get("response")).map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::is_a_word_of_answers;

    #[test]
    fn other_text_of_documents_is_not_a_word_of_answers() {
        for word in ["enabled", "authScheme", "USERNAME", "E0000001"] {
            assert!(is_a_word_of_answers(word), "{word}");
        }
        for word in ["wrong", "00aVerySecretToken"] {
            assert!(!is_a_word_of_answers(word), "{word}");
        }
    }
}
