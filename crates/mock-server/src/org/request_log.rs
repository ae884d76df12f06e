//! The request log: the requests that an org received, and their answers. It is bounded in number and
//! size.

use std::collections::VecDeque;

use crate::rules::identifier::Seconds;

/// The bounds of a request log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogLimits {
    /// Maximum number of entries.
    pub(crate) entries: usize,
    /// Maximum size of all entries, in bytes.
    pub(crate) bytes: usize,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 64 * 1024 * 1024 }
    }
}

/// The parts of a request and its answer, as texts and bytes.
///
/// Bodies may hold secrets. They are removed by whoever shows an entry, so an exchange has no `Debug`.
pub(crate) struct Exchange<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// The path, as it was sent.
    pub(crate) path: &'a str,
    /// The query, as it was sent; empty if there is none.
    pub(crate) query: &'a str,
    /// The app id of the path; empty if it has none.
    pub(crate) app: &'a str,
    /// The request headers, one `name: value` per line.
    pub(crate) headers: &'a [u8],
    /// The request body.
    pub(crate) body: &'a [u8],
    /// The answer headers, one `name: value` per line.
    pub(crate) answer_headers: &'a [u8],
    /// The answer body.
    pub(crate) answer: &'a [u8],
}

const PARTS: usize = 8;

/// The facts of an entry that are not text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The operation of the path and method, if there is one.
    pub(crate) operation: Option<&'static str>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// The rule that refused the request, if one did.
    pub(crate) rule: Option<&'static str>,
    /// The fault that was applied, if one was.
    pub(crate) fault: Option<u64>,
    /// The parts of the request that the org ignored: JSON Pointers, and `?name` for query parameters.
    pub(crate) ignored: Vec<String>,
    /// Size of an answer body that was not kept, in bytes.
    pub(crate) omitted: Option<u64>,
}

/// One request and its answer.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The number of the request, counted from one.
    pub(crate) id: u64,
    /// The org's time of the answer.
    pub(crate) time: Seconds,
    /// Everything that is not text.
    pub(crate) facts: Facts,
    /// All texts in one allocation.
    bytes: Box<[u8]>,
    ends: [u32; PARTS],
}

impl Entry {
    fn new(id: u64, time: Seconds, facts: Facts, exchange: &Exchange<'_>) -> Self {
        let parts: [&[u8]; PARTS] = [
            exchange.method.as_bytes(),
            exchange.path.as_bytes(),
            exchange.query.as_bytes(),
            exchange.app.as_bytes(),
            exchange.headers,
            exchange.body,
            exchange.answer_headers,
            exchange.answer,
        ];
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
        let ends = parts.map(|part| {
            bytes.extend_from_slice(part);
            // A request is at most 1 MiB and 64 KiB, an answer that is kept about as large.
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        });
        Self { id, time, facts, bytes: bytes.into_boxed_slice(), ends }
    }

    /// Returns the texts.
    pub(crate) fn exchange(&self) -> Exchange<'_> {
        let part = |index: usize| {
            let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
            self.bytes.get(start..self.ends[index] as usize).unwrap_or_default()
        };
        let text = |index: usize| std::str::from_utf8(part(index)).unwrap_or_default();
        Exchange {
            method: text(0),
            path: text(1),
            query: text(2),
            app: text(3),
            headers: part(4),
            body: part(5),
            answer_headers: part(6),
            answer: part(7),
        }
    }

    fn size(&self) -> usize {
        let ignored: usize = self.facts.ignored.iter().map(|text| text.len() + size_of::<String>()).sum();
        size_of::<Self>() + self.bytes.len() + ignored
    }
}

/// The requests of an org, oldest first.
pub(crate) struct RequestLog {
    limits: LogLimits,
    entries: VecDeque<Entry>,
    bytes: usize,
    last_id: u64,
    dropped: u64,
}

impl RequestLog {
    /// Creates an empty log.
    pub(crate) fn new(limits: LogLimits) -> Self {
        Self { limits, entries: VecDeque::new(), bytes: 0, last_id: 0, dropped: 0 }
    }

    /// Adds an entry, and drops the oldest ones that no longer fit. Returns the id of the new one.
    pub(crate) fn record(&mut self, time: Seconds, facts: Facts, exchange: &Exchange<'_>) -> u64 {
        self.last_id += 1;
        let entry = Entry::new(self.last_id, time, facts, exchange);
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > self.limits.entries || self.bytes > self.limits.bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.size();
            self.dropped += 1;
        }
        self.last_id
    }

    /// Returns the entries, oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Returns the number of entries that were dropped because the log was full.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets all entries. Ids are not used again.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
        self.dropped = 0;
    }
}

/// A selection of log entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// An operationId.
    pub(crate) operation: Option<String>,
    /// A method, in capitals.
    pub(crate) method: Option<String>,
    /// A path.
    pub(crate) path: Option<String>,
    /// An app id in the path.
    pub(crate) app: Option<String>,
    /// A status of the answer.
    pub(crate) status: Option<u16>,
    /// Only entries with a larger id.
    pub(crate) after: Option<u64>,
}

/// A member in which an entry differs from a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The member of the filter.
    pub(crate) member: &'static str,
    /// The value of the filter.
    pub(crate) expected: String,
    /// The value of the entry.
    pub(crate) actual: String,
}

impl Filter {
    /// Returns true if the filter selects the entry.
    pub(crate) fn selects(&self, entry: &Entry) -> bool {
        self.after.is_none_or(|after| entry.id > after) && self.differences(entry).is_empty()
    }

    /// Returns the members in which an entry differs, apart from its id.
    pub(crate) fn differences(&self, entry: &Entry) -> Vec<Difference> {
        let exchange = entry.exchange();
        let status = self.status.map(|status| status.to_string());
        let actual_status = entry.facts.status.to_string();
        let members: [(&'static str, Option<&str>, &str); 5] = [
            ("operation", self.operation.as_deref(), entry.facts.operation.unwrap_or_default()),
            ("method", self.method.as_deref(), exchange.method),
            ("path", self.path.as_deref(), exchange.path),
            ("app", self.app.as_deref(), exchange.app),
            ("status", status.as_deref(), &actual_status),
        ];
        let differing = members.into_iter().filter_map(|(member, expected, actual)| {
            let expected = expected?;
            (expected != actual).then(|| Difference {
                member,
                expected: expected.to_owned(),
                actual: actual.to_owned(),
            })
        });
        differing.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange<'a>(path: &'a str, body: &'a [u8]) -> Exchange<'a> {
        Exchange {
            method: "POST",
            path,
            query: "activate=true",
            app: "0oa1",
            headers: b"accept: */*\n",
            body,
            answer_headers: b"",
            answer: b"{}",
        }
    }

    fn record(log: &mut RequestLog, path: &str, body: &[u8]) -> u64 {
        log.record(Seconds(5), Facts { status: 200, ..Facts::default() }, &exchange(path, body))
    }

    #[test]
    fn an_entry_keeps_every_part() {
        let mut log = RequestLog::new(LogLimits::default());
        assert_eq!(record(&mut log, "/a", b"\xff"), 1);
        let parts = log.entries().map(Entry::exchange).map(|exchange| {
            (
                exchange.path.to_owned(),
                exchange.query.to_owned(),
                exchange.body.to_vec(),
                exchange.answer.to_vec(),
            )
        });
        let expected = ("/a".to_owned(), "activate=true".to_owned(), vec![0xff], b"{}".to_vec());
        assert_eq!(parts.collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn the_oldest_entries_are_dropped_and_counted() {
        let mut log = RequestLog::new(LogLimits { entries: 3, bytes: 1_000_000 });
        for _ in 0..5 {
            record(&mut log, "/a", b"");
        }
        assert_eq!(log.entries().map(|entry| entry.id).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(log.dropped(), 2);
        log.clear();
        assert_eq!((log.entries().count(), log.dropped(), record(&mut log, "/a", b"")), (0, 0, 6));
    }

    #[test]
    fn large_entries_push_out_others_by_their_size() {
        let mut log = RequestLog::new(LogLimits { entries: 1000, bytes: 10_000 });
        for _ in 0..20 {
            record(&mut log, "/a", &[b'x'; 4000]);
        }
        assert_eq!(log.entries().count(), 2);
        record(&mut log, "/a", &[b'x'; 20_000]);
        assert_eq!((log.entries().count(), log.dropped()), (0, 21));
    }

    #[test]
    fn a_filter_names_the_members_that_differ() {
        let mut log = RequestLog::new(LogLimits::default());
        record(&mut log, "/a", b"");
        let filter = Filter { path: Some("/b".into()), status: Some(200), ..Filter::default() };
        let differences: Vec<_> = log.entries().flat_map(|entry| filter.differences(entry)).collect();
        let expected = Difference { member: "path", expected: "/b".into(), actual: "/a".into() };
        assert_eq!(differences, [expected]);
        let after = Filter { after: Some(1), ..Filter::default() };
        assert!(log.entries().all(|entry| !after.selects(entry) && Filter::default().selects(entry)));
    }
}
