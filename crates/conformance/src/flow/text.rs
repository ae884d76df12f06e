//! Reads YAML (and JSON, its subset) into a JSON value and records the line of every member for error
//! messages.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use crate::value_path::pointer_token;

/// The maximum nesting. It bounds recursion; no flow needs more.
const MAX_DEPTH: usize = 64;

/// A document and the lines of its members.
#[derive(Debug, Clone)]
pub(crate) struct ParsedDocument {
    pub(crate) value: Value,
    lines: HashMap<String, usize>,
}

/// An error in a text, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl SyntaxError {
    fn at(span: Span, reason: impl Into<String>) -> Self {
        Self { line: span.start.line(), reason: reason.into() }
    }
}

impl ParsedDocument {
    /// Parses one document of YAML or JSON.
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut builder = Builder::default();
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| SyntaxError {
                line: error.marker().line(),
                reason: format!("invalid YAML: {}", error.info()),
            })?;
            builder.event(event, span)?;
        }
        let value = builder.root.ok_or(SyntaxError { line: 1, reason: "the file is empty".to_owned() })?;
        Ok(Self { value, lines: builder.lines })
    }

    /// The line of the member at `pointer`, or of its nearest known parent.
    pub(crate) fn line(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return 1,
            }
        }
    }
}

enum Frame {
    Sequence(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

#[derive(Default)]
struct Builder {
    root: Option<Value>,
    frames: Vec<(String, Frame)>,
    lines: HashMap<String, usize>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let string = tag.is_some_and(|tag| tag.suffix == "str");
                if self.takes_key() {
                    return self.key(text.into_owned(), span);
                }
                let value = if style == ScalarStyle::Plain && !string {
                    plain(&text)
                } else {
                    Value::String(text.into_owned())
                };
                self.value(value, span)
            }
            Event::SequenceStart(..) => self.open(Frame::Sequence(Vec::new()), span),
            Event::MappingStart(..) => self.open(Frame::Mapping(Map::new(), None), span),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) => Err(SyntaxError::at(span, "anchors and aliases are not supported")),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(SyntaxError::at(span, "the file contains more than one document; split it"))
            }
            _ => Ok(()),
        }
    }

    fn takes_key(&self) -> bool {
        matches!(self.frames.last(), Some((_, Frame::Mapping(_, None))))
    }

    fn key(&mut self, name: String, span: Span) -> Result<(), SyntaxError> {
        let Some((pointer, Frame::Mapping(members, next))) = self.frames.last_mut() else {
            return Ok(());
        };
        if name == "<<" {
            return Err(SyntaxError::at(span, "merge keys (`<<`) are not supported"));
        }
        if members.contains_key(&name) {
            return Err(SyntaxError::at(span, format!("`{name}` appears twice")));
        }
        let place = format!("{pointer}/{}", pointer_token(&name));
        self.lines.insert(place, span.start.line());
        *next = Some(name);
        Ok(())
    }

    /// The pointer of the next value.
    fn place(&self) -> String {
        match self.frames.last() {
            None => String::new(),
            Some((pointer, Frame::Sequence(items))) => format!("{pointer}/{}", items.len()),
            Some((pointer, Frame::Mapping(_, name))) => {
                let name = name.as_deref().unwrap_or_default();
                format!("{pointer}/{}", pointer_token(name))
            }
        }
    }

    fn open(&mut self, frame: Frame, span: Span) -> Result<(), SyntaxError> {
        if self.takes_key() {
            return Err(SyntaxError::at(span, "a key must be a plain word"));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(SyntaxError::at(span, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        let place = self.place();
        self.lines.entry(place.clone()).or_insert(span.start.line());
        self.frames.push((place, frame));
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), SyntaxError> {
        match self.frames.pop() {
            Some((_, Frame::Sequence(items))) => self.value(Value::Array(items), span),
            Some((_, Frame::Mapping(members, _))) => self.value(Value::Object(members), span),
            None => Ok(()),
        }
    }

    fn value(&mut self, value: Value, span: Span) -> Result<(), SyntaxError> {
        let place = self.place();
        self.lines.entry(place).or_insert(span.start.line());
        match self.frames.last_mut() {
            None => self.root = Some(value),
            Some((_, Frame::Sequence(items))) => items.push(value),
            Some((_, Frame::Mapping(members, name))) => {
                members.insert(name.take().unwrap_or_default(), value);
            }
        }
        Ok(())
    }
}

/// Resolves a plain scalar by YAML's core schema (YAML 1.2.2, section 10.3.2).
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let numeric = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.contains(|any: char| any.is_ascii_digit())
        && digits.chars().all(|each| each.is_ascii_digit() || matches!(each, '.' | 'e' | 'E' | '+' | '-'));
    if numeric {
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        if let Ok(whole) = unsigned.parse::<i64>() {
            return Value::Number(whole.into());
        }
        if let Some(number) = unsigned.parse::<f64>().ok().and_then(Number::from_f64) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn values_and_lines() {
        let text = "a: 1\nb:\n  - x: '2'\n    y: ~\n  - no\nc/d: 1.0.1\n";
        let document = ParsedDocument::parse(text).unwrap();
        assert_eq!(document.value, json!({"a": 1, "b": [{"x": "2", "y": null}, "no"], "c/d": "1.0.1"}));
        assert_eq!(document.line("/a"), 1);
        assert_eq!(document.line("/b/0/y"), 4);
        assert_eq!(document.line("/b/1"), 5);
        assert_eq!(document.line("/c~1d"), 6);
        assert_eq!(document.line("/b/0/absent"), 3);
    }

    #[test]
    fn json_is_accepted() {
        let document = ParsedDocument::parse("{\n \"a\": [true,\n {\"b\": \"x\\u0041\"}]}").unwrap();
        assert_eq!(document.value, json!({"a": [true, {"b": "xA"}]}));
        assert_eq!(document.line("/a/1/b"), 3);
    }

    #[test]
    fn errors_name_the_line() {
        let cases = [
            ("a: 1\na: 2\n", 2, "`a` appears twice"),
            ("a: &x 1\nb: *x\n", 2, "anchors and aliases"),
            ("a: 1\n---\nb: 1\n", 2, "more than one document"),
            ("", 1, "empty"),
            ("a: [1, 2\nb: 3\n", 2, "invalid YAML"),
        ];
        for (text, line, reason) in cases {
            let problem = ParsedDocument::parse(text).unwrap_err();
            assert_eq!(problem.line, line, "{text:?}: {problem:?}");
            assert!(problem.reason.contains(reason), "{problem:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(200);
        assert!(ParsedDocument::parse(&text).is_err());
        let text = "- ".repeat(100_000);
        assert!(ParsedDocument::parse(&text).is_err());
    }
}
