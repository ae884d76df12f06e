//! How much of the answers a run keeps: an org that answers megabytes to every request would fill the
//! memory of the machine.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::exchange::{Body, ResponseRecord};
use crate::judge::snapshot::{body_by_digest, by_digest};
use crate::shortened::shortened;

/// An answer up to this size is kept in any case, in octets.
const SMALL: usize = 64 * 1024;
/// The larger ones of a run are kept up to this size in all.
const ALL: usize = 128 * 1024 * 1024;
/// So much is shown of one that is not kept.
const SHOWN: usize = 4 * 1024;

/// The size of the large answers that a run has kept.
#[derive(Debug, Default)]
pub(super) struct KeptAnswers(AtomicUsize);

impl KeptAnswers {
    /// The answer as it is kept, and the exchange that holds it. One that is too large is kept by its
    /// digest, so that it can still be compared.
    pub(super) fn bounded(
        &self,
        answer: Option<ResponseRecord>,
        exchange: &mut Option<Value>,
    ) -> Option<ResponseRecord> {
        let mut answer = answer?;
        let weight = answer.body.as_ref().map_or(0, |body| body.weight(ALL));
        if weight <= SMALL || self.0.fetch_add(weight, Ordering::Relaxed) + weight <= ALL {
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
    fn large_answers_are_kept_up_to_a_size_in_all() {
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
