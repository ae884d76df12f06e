//! The request log: the requests that an org received, and their answers. It is bounded in number and
//! size.

use std::collections::VecDeque;

use bytes::Bytes;

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

/// A part of a request or its answer. The parts of an entry are written in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The method.
    Method,
    /// The path, as it was sent.
    Path,
    /// The query, as it was sent; empty if there is none.
    Query,
    /// The app id of the path; empty if it has none.
    App,
    /// The request headers, one `name: value` per line.
    Headers,
    /// The request body.
    Body,
    /// The answer headers, one `name: value` per line.
    AnswerHeaders,
    /// The answer body.
    Answer,
}

const PARTS: usize = 8;

/// All texts of an entry in one allocation.
///
/// Bodies may hold secrets. They are removed by whoever shows an entry, so there is no `Debug`.
#[derive(Clone)]
pub(crate) struct EntryText {
    bytes: Bytes,
    ends: [u32; PARTS],
}

impl EntryText {
    /// Writes the parts, one after the other. The capacity is their size in all.
    pub(crate) fn write(capacity: usize, mut write: impl FnMut(Part, &mut Vec<u8>)) -> Self {
        use Part::{Answer, AnswerHeaders, App, Body, Headers, Method, Path, Query};
        let mut bytes = Vec::with_capacity(capacity);
        let ends = [Method, Path, Query, App, Headers, Body, AnswerHeaders, Answer].map(|part| {
            write(part, &mut bytes);
            // A request is at most 1 MiB and 64 KiB, an answer that is kept about as large.
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        });
        Self { bytes: bytes.into(), ends }
    }

    /// Returns the bytes of a part.
    pub(crate) fn bytes(&self, part: Part) -> &[u8] {
        let index = part as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.bytes.get(start..self.ends[index] as usize).unwrap_or_default()
    }

    /// Returns a part that is text.
    pub(crate) fn text(&self, part: Part) -> &str {
        std::str::from_utf8(self.bytes(part)).unwrap_or_default()
    }
}

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

/// One request and its answer. A clone shares the text.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The number of the request, counted from one.
    pub(crate) id: u64,
    /// The org's time of the answer.
    pub(crate) time: Seconds,
    /// Everything that is not text.
    pub(crate) facts: Facts,
    /// The texts.
    pub(crate) text: EntryText,
}

impl Entry {
    fn size(&self) -> usize {
        let ignored: usize = self.facts.ignored.iter().map(|text| text.len() + size_of::<String>()).sum();
        size_of::<Self>() + self.text.bytes.len() + ignored
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
    pub(crate) fn record(&mut self, time: Seconds, facts: Facts, text: EntryText) -> u64 {
        self.last_id += 1;
        let entry = Entry { id: self.last_id, time, facts, text };
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > self.limits.entries || self.bytes > self.limits.bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.size();
            self.dropped += 1;
        }
        self.last_id
    }

    /// Returns copies of the entries that a filter selects, oldest first. They share their texts with the
    /// log, so that rendering them need not hold the org's lock.
    pub(crate) fn select(&self, filter: &Filter, limit: usize) -> Vec<Entry> {
        self.entries.iter().filter(|entry| filter.selects(entry)).take(limit).cloned().collect()
    }

    /// Returns the number of entries that a filter selects.
    pub(crate) fn count(&self, filter: &Filter) -> usize {
        self.entries.iter().filter(|entry| filter.selects(entry)).count()
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
        let status = self.status.map(|status| status.to_string());
        let actual_status = entry.facts.status.to_string();
        let members: [(&'static str, Option<&str>, &str); 5] = [
            ("operation", self.operation.as_deref(), entry.facts.operation.unwrap_or_default()),
            ("method", self.method.as_deref(), entry.text.text(Part::Method)),
            ("path", self.path.as_deref(), entry.text.text(Part::Path)),
            ("app", self.app.as_deref(), entry.text.text(Part::App)),
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

    fn text(path: &str, body: &[u8]) -> EntryText {
        EntryText::write(0, |part, bytes| {
            bytes.extend_from_slice(match part {
                Part::Method => b"POST",
                Part::Path => path.as_bytes(),
                Part::Query => b"activate=true",
                Part::Body => body,
                Part::Answer => b"{}",
                Part::App | Part::Headers | Part::AnswerHeaders => b"",
            });
        })
    }

    fn record(log: &mut RequestLog, path: &str, body: &[u8]) -> u64 {
        log.record(Seconds(5), Facts { status: 200, ..Facts::default() }, text(path, body))
    }

    fn ids(log: &RequestLog) -> Vec<u64> {
        log.select(&Filter::default(), usize::MAX).iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn an_entry_keeps_every_part() {
        let text = text("/a", b"\xff");
        assert_eq!(text.text(Part::Method), "POST");
        assert_eq!(
            (text.text(Part::Path), text.text(Part::Query), text.text(Part::App)),
            ("/a", "activate=true", "")
        );
        assert_eq!((text.bytes(Part::Body), text.bytes(Part::Answer)), (&b"\xff"[..], &b"{}"[..]));
    }

    #[test]
    fn the_oldest_entries_are_dropped_and_counted() {
        let mut log = RequestLog::new(LogLimits { entries: 3, bytes: 1_000_000 });
        for _ in 0..5 {
            record(&mut log, "/a", b"");
        }
        assert_eq!(ids(&log), [3, 4, 5]);
        assert_eq!(log.dropped(), 2);
        log.clear();
        assert_eq!((log.count(&Filter::default()), log.dropped(), record(&mut log, "/a", b"")), (0, 0, 6));
    }

    #[test]
    fn large_entries_push_out_others_by_their_size() {
        let mut log = RequestLog::new(LogLimits { entries: 1000, bytes: 10_000 });
        for _ in 0..20 {
            record(&mut log, "/a", &[b'x'; 4000]);
        }
        assert_eq!(log.count(&Filter::default()), 2);
        record(&mut log, "/a", &[b'x'; 20_000]);
        assert_eq!((log.count(&Filter::default()), log.dropped()), (0, 21));
    }

    #[test]
    fn a_filter_names_the_members_that_differ() {
        let mut log = RequestLog::new(LogLimits::default());
        record(&mut log, "/a", b"");
        let filter = Filter { path: Some("/b".into()), status: Some(200), ..Filter::default() };
        let differences: Vec<_> = log.entries.iter().flat_map(|entry| filter.differences(entry)).collect();
        let expected = Difference { member: "path", expected: "/b".into(), actual: "/a".into() };
        assert_eq!(differences, [expected]);
        let after = Filter { after: Some(1), ..Filter::default() };
        assert!(log.entries.iter().all(|entry| !after.selects(entry) && Filter::default().selects(entry)));
    }
}
