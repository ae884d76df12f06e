//! Checks of any resource: repeated values agree. No schema can compare two members.

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::exchange::SKEW_SECONDS;

pub(super) static TIMES: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.times",
        sentence: "lastUpdated is not before created, and neither is after the Date of the answer.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let now = exchange.answer.date();
        for object in &exchange.objects {
            let time = |name: &str| object.text(name).and_then(|text| text.parse::<jiff::Timestamp>().ok());
            if let (Some(created), Some(updated)) = (time("created"), time("lastUpdated"))
                && updated < created
            {
                let expected = format!("not before created ({created})");
                findings.add(object.place("lastUpdated"), expected, updated.to_string());
            }
            for name in ["created", "lastUpdated"] {
                let is_late = |time: &jiff::Timestamp| {
                    now.is_some_and(|now| time.as_second() > now.saturating_add(SKEW_SECONDS))
                };
                if let Some(time) = time(name).filter(is_late) {
                    findings.add(object.place(name), "not after the Date of the answer", time.to_string());
                }
            }
        }
    },
};

pub(super) static ORN: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.app.orn",
        // The form is orn:{partition}:idp:{orgId}:apps:{name}:{appId} (recorded).
        sentence: "The orn of an app ends with its name and id.",
        source: "recorded",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for object in &exchange.objects {
            if let (Some(orn), Some(name), Some(id)) =
                (object.text("orn"), object.text("name"), object.text("id"))
                && orn.contains(":apps:")
                && !orn.ends_with(&format!(":apps:{name}:{id}"))
            {
                findings.add(object.place("orn"), format!("an orn that ends with :apps:{name}:{id}"), orn);
            }
        }
    },
};

pub(super) static SPELLINGS: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.feature.spellings",
        sentence: "Two spellings of the same member have equal values.",
        source: "guide, openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for object in &exchange.objects {
            for (one, other) in SAME {
                if let (Some(value), Some(again)) = (object.members.get(one), object.members.get(other))
                    && value != again
                {
                    findings.add(object.place(other), format!("{value}, as in {one}"), again.to_string());
                }
            }
        }
    },
};

/// The spellings of OpenAPI and of the guide; if an org uses both, the values are equal.
const SAME: [(&str, &str); 2] = [("timezone", "timeZone"), ("userNameFormat", "usernameFormat")];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn findings(body: &Value) -> usize {
        let exchange = TestExchange::of(body).with_headers(&[("date", "Thu, 08 Jan 2026 00:00:00 GMT")]);
        exchange.places(&[&TIMES, &ORN, &SPELLINGS]).len()
    }

    #[test]
    fn repeated_values_of_an_app_agree() {
        let app = |updated: &str, orn: &str| json!({"id": "0oa1", "name": "google", "created": "2026-01-02T00:00:00.000Z", "lastUpdated": updated, "orn": orn});
        let orn = "orn:okta:idp:00o1:apps:google:0oa1";
        assert_eq!(findings(&app("2026-01-02T00:00:01.000Z", orn)), 0);
        assert_eq!(findings(&app("2026-01-01T00:00:00.000Z", orn)), 1);
        assert_eq!(findings(&app("2026-01-02T00:00:00.000Z", "orn:okta:idp:00o1:apps:google:0oa2")), 1);
        assert_eq!(findings(&app("2026-01-09T00:00:00.000Z", orn)), 1);
    }

    #[test]
    fn two_spellings_have_equal_values() {
        assert_eq!(findings(&json!({"timezone": "UTC", "timeZone": "UTC"})), 0);
        assert_eq!(findings(&json!({"timezone": "UTC", "timeZone": "Asia/Tokyo"})), 1);
    }
}
