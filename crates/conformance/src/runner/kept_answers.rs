//! Limits the memory for answers: an org could answer every request with megabytes.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::exchange::{Body, ResponseRecord};
use crate::judge::snapshot::{body_by_digest, by_digest};
use crate::shortened::shortened;

/// Answers up to this size are always kept, in bytes.
const SMALL: usize = 64 * 1024;
/// Maximum total size of the larger answers of a run, in bytes.
const MAX_TOTAL: usize = 128 * 1024 * 1024;
/// The length of the beginning that is shown of an answer that is not kept.
const SHOWN: usize = 4 * 1024;

/// The total size of the large answers kept so far.
#[derive(Debug, Default)]
pub(super) struct KeptAnswers(AtomicUsize);

impl KeptAnswers {
    /// Bounds an answer and the exchange that holds it. An answer over the limit is replaced by its digest,
    /// so that it can still be compared.
    pub(super) fn bounded(
        &self,
        answer: Option<ResponseRecord>,
        exchange: &mut Option<Value>,
    ) -> Option<ResponseRecord> {
        let mut answer = answer?;
        let weight = answer.body.as_ref().map_or(0, |body| body.weight(MAX_TOTAL));
        if weight <= SMALL || self.0.fetch_add(weight, Ordering::Relaxed) + weight <= MAX_TOTAL {
            return Some(answer);
        }
        answer.body = answer.body.map(|body| Body::Text(beginning(&body.text())));
        *exchange = exchange.as_ref().map(body_by_digest);
        Some(answer)
    }
}

fn beginning(text: &str) -> String {
    format!("{} ({}; the rest is not kept)", shortened(text, SHOWN), by_digest(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn large_answers_are_kept_up_to_a_total_size() {
        let kept = KeptAnswers::default();
        let body = json!("x".repeat(1024 * 1024));
        let answer = || ResponseRecord {
            status: 200,
            headers: Vec::new(),
            body: Some(Body::Json(body.clone())),
            broken_json: None,
        };
        let mut whole = 0;
        for _ in 0..200 {
            let mut exchange = Some(json!({"response": {"body": body}}));
            let seen = kept.bounded(Some(answer()), &mut exchange).unwrap();
            whole += usize::from(seen.body == Some(Body::Json(body.clone())));
            assert!(seen.body.unwrap().text().len() > SHOWN);
            let text = exchange.unwrap().to_string();
            assert!(text.len() > 1024 * 1024 || text.contains("SHA-256"), "{text}");
        }
        assert!((100..130).contains(&whole), "{whole}");
        let small = ResponseRecord { body: Some(Body::Json(json!("small"))), ..answer() };
        assert_eq!(kept.bounded(Some(small.clone()), &mut None), Some(small));
    }
}
