//! The request log: the requests that an org received, and their answers. It is bounded in number and
//! size.

use std::borrow::Cow;
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

/// The texts of an entry, one after the other.
///
/// Bodies may hold secrets. They are removed by whoever shows an entry, so there is no `Debug`.
pub(crate) struct EntryText<'a> {
    bytes: Cow<'a, [u8]>,
    ends: [u32; PARTS],
}

impl<'a> EntryText<'a> {
    /// Writes the parts into an empty buffer, one after the other.
    pub(crate) fn write(buffer: &'a mut Vec<u8>, mut write: impl FnMut(Part, &mut Vec<u8>)) -> Self {
        use Part::{Answer, AnswerHeaders, App, Body, Headers, Method, Path, Query};
        buffer.clear();
        let ends = [Method, Path, Query, App, Headers, Body, AnswerHeaders, Answer].map(|part| {
            write(part, buffer);
            // A request is at most 1 MiB and 64 KiB, an answer that is kept about as large.
            u32::try_from(buffer.len()).unwrap_or(u32::MAX)
        });
        Self { bytes: Cow::Borrowed(buffer), ends }
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
    /// True for a request that the org sent to another org of the process.
    pub(crate) is_sent: bool,
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
pub(crate) struct Entry<'a> {
    /// The number of the request, counted from one.
    pub(crate) id: u64,
    /// The org's time at which the request arrived.
    pub(crate) time: Seconds,
    /// Everything that is not text.
    pub(crate) facts: Cow<'a, Facts>,
    /// The texts.
    pub(crate) text: EntryText<'a>,
}

impl Entry<'_> {
    fn into_owned(self) -> Entry<'static> {
        let bytes = Cow::Owned(self.text.bytes.into_owned());
        let text = EntryText { bytes, ends: self.text.ends };
        Entry { id: self.id, time: self.time, facts: Cow::Owned(self.facts.into_owned()), text }
    }
}

/// An entry whose texts are in a chunk.
struct Slot {
    id: u64,
    time: Seconds,
    facts: Facts,
    /// The number of the chunk.
    chunk: u64,
    /// Where the texts begin in the chunk.
    start: usize,
    ends: [u32; PARTS],
}

impl Slot {
    /// Size of everything but the texts.
    fn size(&self) -> usize {
        let ignored: usize = self.facts.ignored.iter().map(|text| text.len() + size_of::<String>()).sum();
        size_of::<Self>() + ignored
    }
}

/// Memory for the texts of several entries. An allocation for each entry would cost a tenth of a request,
/// and fragments memory.
struct Chunk {
    bytes: Vec<u8>,
    entries: usize,
}

/// The requests of an org, oldest first.
pub(crate) struct RequestLog {
    limits: LogLimits,
    slots: VecDeque<Slot>,
    chunks: VecDeque<Chunk>,
    /// The last chunk that was dropped, to be used again. Memory from the system would be slower.
    spare: Option<Vec<u8>>,
    /// The number of the first chunk, counted from zero.
    first_chunk: u64,
    /// Size of the chunks and slots.
    bytes: usize,
    last_id: u64,
    dropped: u64,
}

impl RequestLog {
    /// Creates an empty log.
    pub(crate) fn new(limits: LogLimits) -> Self {
        Self {
            limits,
            slots: VecDeque::new(),
            chunks: VecDeque::new(),
            spare: None,
            first_chunk: 0,
            bytes: 0,
            last_id: 0,
            dropped: 0,
        }
    }

    /// Adds an entry, and drops the oldest ones that no longer fit. Returns the id of the new one.
    pub(crate) fn record(&mut self, time: Seconds, facts: Facts, text: &EntryText<'_>) -> u64 {
        self.last_id += 1;
        let (chunk, number) = self.chunk_with_space(text.bytes.len());
        let start = chunk.bytes.len();
        chunk.bytes.extend_from_slice(&text.bytes);
        chunk.entries += 1;
        let slot = Slot { id: self.last_id, time, facts, chunk: number, start, ends: text.ends };
        self.bytes += slot.size();
        self.slots.push_back(slot);
        while self.slots.len() > self.limits.entries || self.bytes > self.limits.bytes {
            if !self.drop_oldest() {
                break;
            }
        }
        self.last_id
    }

    /// Returns the newest chunk, if it has space; else a new one.
    fn chunk_with_space(&mut self, capacity: usize) -> (&mut Chunk, u64) {
        let has_space =
            self.chunks.back().is_some_and(|chunk| chunk.bytes.capacity() - chunk.bytes.len() >= capacity);
        if !has_space {
            let spare = self.spare.take().filter(|spare| spare.capacity() >= capacity);
            let bytes = spare.unwrap_or_else(|| Vec::with_capacity(capacity.max(self.chunk_size())));
            self.bytes += bytes.capacity();
            self.chunks.push_back(Chunk { bytes, entries: 0 });
        }
        let number = self.first_chunk + self.chunks.len() as u64 - 1;
        // There is one: it was just added.
        let last = self.chunks.len() - 1;
        (&mut self.chunks[last], number)
    }

    /// Returns the usual size of a chunk: small against the whole log, since chunks are dropped whole.
    fn chunk_size(&self) -> usize {
        (self.limits.bytes / 64).clamp(256, 256 * 1024)
    }

    /// Drops the oldest entry. Returns false if there is none.
    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.slots.pop_front() else { return false };
        self.bytes -= oldest.size();
        self.dropped += 1;
        if let Some(chunk) = self.chunks.front_mut() {
            chunk.entries -= 1;
            if chunk.entries == 0 {
                self.bytes -= chunk.bytes.capacity();
                self.first_chunk += 1;
                let mut bytes = std::mem::take(&mut chunk.bytes);
                self.chunks.pop_front();
                // Not a chunk of one large entry: it would be held for small ones.
                if bytes.capacity() <= self.chunk_size() {
                    bytes.clear();
                    self.spare = Some(bytes);
                }
            }
        }
        true
    }

    fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.slots.iter().map(|slot| {
            let index = usize::try_from(slot.chunk - self.first_chunk).unwrap_or(usize::MAX);
            let chunk = self.chunks.get(index).map_or(&[][..], |chunk| &chunk.bytes);
            let bytes = chunk.get(slot.start..slot.start + slot.ends[PARTS - 1] as usize).unwrap_or_default();
            let text = EntryText { bytes: bytes.into(), ends: slot.ends };
            Entry { id: slot.id, time: slot.time, facts: Cow::Borrowed(&slot.facts), text }
        })
    }

    /// Returns copies of the entries that a filter selects, oldest first, so that rendering them need not
    /// hold the org's lock.
    pub(crate) fn select(&self, filter: &Filter, limit: usize) -> Vec<Entry<'static>> {
        self.entries().filter(|entry| filter.selects(entry)).take(limit).map(Entry::into_owned).collect()
    }

    /// Returns copies of the newest entries, newest first.
    pub(crate) fn newest(&self, limit: usize) -> Vec<Entry<'static>> {
        self.entries().rev().take(limit).map(Entry::into_owned).collect()
    }

    /// Returns the number of entries that a filter selects.
    pub(crate) fn count(&self, filter: &Filter) -> usize {
        self.entries().filter(|entry| filter.selects(entry)).count()
    }

    /// Returns the number of entries that were dropped because the log was full.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets all entries. Ids are not used again.
    pub(crate) fn clear(&mut self) {
        *self = Self { last_id: self.last_id, ..Self::new(self.limits) };
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
    pub(crate) fn selects(&self, entry: &Entry<'_>) -> bool {
        self.after.is_none_or(|after| entry.id > after) && self.differences(entry).is_empty()
    }

    /// Returns the members in which an entry differs, apart from its id.
    pub(crate) fn differences(&self, entry: &Entry<'_>) -> Vec<Difference> {
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

    fn record(log: &mut RequestLog, path: &str, body: &[u8]) -> u64 {
        let facts = Facts { status: 200, ..Facts::default() };
        let mut buffer = Vec::new();
        let text = EntryText::write(&mut buffer, |part, bytes| {
            bytes.extend_from_slice(match part {
                Part::Method => b"POST",
                Part::Path => path.as_bytes(),
                Part::Query => b"activate=true",
                Part::Body => body,
                Part::Answer => b"{}",
                Part::App | Part::Headers | Part::AnswerHeaders => b"",
            });
        });
        log.record(Seconds(5), facts, &text)
    }

    fn ids(log: &RequestLog) -> Vec<u64> {
        log.select(&Filter::default(), usize::MAX).iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn an_entry_keeps_every_part() {
        let mut log = RequestLog::new(LogLimits::default());
        record(&mut log, "/a", b"\xff");
        let text = log.select(&Filter::default(), 1).remove(0).text;
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
        assert_eq!(log.bytes, 0);
    }

    /// Whatever the sizes, the log keeps the newest entries whole and stays within its limits.
    #[test]
    fn entries_of_any_size_are_kept_whole_and_within_the_limits() {
        let sizes = [3, 900, 0, 20_000, 70, 1_600, 0, 300, 5_000, 40_000, 1];
        let limits = LogLimits { entries: 40, bytes: 64 * 1024 };
        let mut log = RequestLog::new(limits);
        for (number, size) in sizes.into_iter().cycle().take(2_000).enumerate() {
            let body = vec![number.to_le_bytes()[0]; size];
            record(&mut log, &format!("/{number}"), &body);
            assert!(log.bytes <= limits.bytes && log.slots.len() <= limits.entries);
            let used: usize = log.chunks.iter().map(|chunk| chunk.bytes.capacity()).sum();
            assert_eq!(log.bytes, used + log.slots.iter().map(Slot::size).sum::<usize>());
            let last = log.entries().last();
            if let Some(last) = last {
                assert_eq!(last.text.text(Part::Path), format!("/{number}"));
                assert_eq!(last.text.bytes(Part::Body), body);
            }
        }
        let mut expected = log.last_id - log.slots.len() as u64;
        for entry in log.entries() {
            expected += 1;
            assert_eq!(entry.id, expected);
            assert_eq!(entry.text.text(Part::Path), format!("/{}", entry.id - 1));
        }
        assert_eq!(log.dropped() + log.slots.len() as u64, 2_000);
    }

    #[test]
    fn a_filter_names_the_members_that_differ() {
        let mut log = RequestLog::new(LogLimits::default());
        record(&mut log, "/a", b"");
        let filter = Filter { path: Some("/b".into()), status: Some(200), ..Filter::default() };
        let differences: Vec<_> = log.entries().flat_map(|entry| filter.differences(&entry)).collect();
        let expected = Difference { member: "path", expected: "/b".into(), actual: "/a".into() };
        assert_eq!(differences, [expected]);
        let after = Filter { after: Some(1), ..Filter::default() };
        assert!(log.entries().all(|entry| !after.selects(&entry) && Filter::default().selects(&entry)));
    }
}
