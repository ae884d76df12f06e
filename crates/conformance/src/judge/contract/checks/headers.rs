//! Checks of the headers of an answer, each by itself and against the others.

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::exchange::SKEW_SECONDS;

/// Maximum length of a rate-limit window in seconds.
const MAX_WINDOW: i64 = 60 * 60;

/// Headers with a single value (RFC 9110, 5.3), and those about one request.
const SINGLE: [&str; 6] = [
    "content-type",
    "date",
    "x-okta-request-id",
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
];

pub(super) static ONCE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.headers.once",
        sentence: "Headers with a single value appear once.",
        source: "RFC 9110, 5.3",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for name in SINGLE {
            let lines = exchange.answer.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            let lines: Vec<&str> = lines.map(|(_, line)| line.as_str()).collect();
            if lines.len() > 1 {
                findings.add(format!("header {name}"), "one line", lines.join(" and "));
            }
        }
    },
};

pub(super) static DATE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.headers.date",
        sentence: "Date is an HTTP date.",
        source: "RFC 9110, 5.6.7",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        if let (Some(date), None) = (exchange.answer.header("date"), exchange.answer.date()) {
            findings.add("header date", "an HTTP date (RFC 9110, 5.6.7)", date);
        }
    },
};

pub(super) static CHARSET: ContractCheck = ContractCheck {
    about: Check { id: "contract.headers.charset", sentence: "JSON is in UTF-8.", source: "RFC 8259, 8.1" },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let line = exchange.answer.header("content-type").unwrap_or_default();
        let charset = line.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        let is_json = exchange.answer.media_type().is_some_and(|media| media.ends_with("json"));
        let is_utf8 =
            |charset: &str| ["utf-8", "utf8"].iter().any(|known| charset.eq_ignore_ascii_case(known));
        if is_json && charset.is_some_and(|charset| !is_utf8(charset)) {
            findings.add("header content-type", "JSON in UTF-8 (RFC 8259, 8.1)", line);
        }
    },
};

pub(super) static RATE_LIMIT: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.rate-limit",
        sentence: "The rate-limit headers agree with each other and with the Date of the answer.",
        source: "recorded, docs",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let answer = exchange.answer;
        let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<i64>().ok());
        let (limit, remaining) = (number("x-rate-limit-limit"), number("x-rate-limit-remaining"));
        if let (Some(limit), Some(remaining)) = (limit, remaining)
            && remaining > limit
        {
            let expected = format!("at most x-rate-limit-limit, {limit}");
            findings.add("header x-rate-limit-remaining", expected, remaining.to_string());
        }
        if let (200..=299, Some(0)) = (answer.status, limit) {
            findings.add("header x-rate-limit-limit", "a limit that allows this request", "0");
        }
        if let (Some(reset), Some(now)) = (number("x-rate-limit-reset"), answer.date())
            && !(now - SKEW_SECONDS..=now + MAX_WINDOW).contains(&reset)
        {
            let expected = format!("the end of the window, soon after {now}");
            findings.add("header x-rate-limit-reset", expected, reset.to_string());
        }
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    #[test]
    fn headers_agree_with_each_other() {
        let of = |lines: &[(&str, &str)]| {
            let checks: [&ContractCheck; 4] = [&ONCE, &DATE, &CHARSET, &RATE_LIMIT];
            TestExchange::of(&json!({})).with_headers(lines).places(&checks).len()
        };
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        let whole = [
            date,
            ("x-rate-limit-limit", "5"),
            ("x-rate-limit-remaining", "5"),
            ("x-rate-limit-reset", "1767225630"),
        ];
        assert_eq!(of(&whole), 0);
        assert_eq!(of(&[("x-rate-limit-limit", "5"), ("x-rate-limit-remaining", "6")]), 1);
        assert_eq!(of(&[date, ("x-rate-limit-reset", "1000000000")]), 1);
        assert_eq!(of(&[date, ("x-rate-limit-reset", "1767312000")]), 1);
        assert_eq!(of(&[("date", "2026-01-01T00:00:00Z")]), 1);
        assert_eq!(of(&[("x-rate-limit-limit", "0"), ("x-rate-limit-remaining", "0")]), 1);
        assert_eq!(of(&[("x-okta-request-id", "a"), ("X-Okta-Request-Id", "b")]), 1);
        assert_eq!(of(&[("content-type", "application/json; charset=\"UTF-8\"")]), 0);
        assert_eq!(of(&[("content-type", "application/json;charset=ISO-8859-1")]), 1);
    }
}
