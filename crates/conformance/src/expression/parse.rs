//! Parses runtime expressions according to the standard's grammar.

use super::{Expression, MessagePart, NamedValue, Pointer};

/// The reason that a text is not a supported runtime expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpressionError(pub(crate) String);

/// The first words of expressions; any other `$…` is plain text.
const ROOTS: [&str; 10] = [
    "url",
    "method",
    "statusCode",
    "request",
    "response",
    "inputs",
    "outputs",
    "steps",
    "sourceDescriptions",
    "components",
];

/// First words that the standard has and this runner does not support.
const UNSUPPORTED: [&str; 3] = ["workflows", "message", "self"];

/// True if a text is meant as an expression (`$100` is plain text).
pub(crate) fn expression_prefix(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else {
        return false;
    };
    let end = rest.find(|each: char| !each.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let root = &rest[..end];
    ROOTS.contains(&root) || UNSUPPORTED.contains(&root)
}

/// Parses one whole expression.
pub(crate) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let fail = |reason: &str| ExpressionError(format!("`{text}`: {reason}"));
    let rest = text.strip_prefix('$').ok_or_else(|| fail("a runtime expression begins with `$`"))?;
    match rest {
        "url" => return Ok(Expression::Url),
        "method" => return Ok(Expression::Method),
        "statusCode" => return Ok(Expression::StatusCode),
        _ => {}
    }
    let (root, rest) = rest.split_once('.').ok_or_else(|| fail("not a runtime expression"))?;
    match root {
        "request" => source(rest).map(Expression::Request),
        "response" => source(rest).map(Expression::Response),
        "inputs" => member(rest).map(Expression::Inputs),
        "outputs" => member(rest).map(Expression::Outputs),
        "steps" => steps(rest),
        "sourceDescriptions" => {
            two_names(rest).map(|(name, reference)| Expression::SourceDescriptions { name, reference })
        }
        "components" => two_names(rest).map(|(kind, name)| Expression::Components { kind, name }),
        other if UNSUPPORTED.contains(&other) => Err(format!("`${other}` is not supported")),
        _ => Err("not a runtime expression".to_owned()),
    }
    .map_err(|reason| fail(&reason))
}

fn steps(rest: &str) -> Result<Expression, String> {
    let (step, output) = rest.split_once(".outputs.").ok_or("expected `$steps.{stepId}.outputs.{name}`")?;
    Ok(Expression::Steps { step: name(step)?, output: member(output)? })
}

fn source(rest: &str) -> Result<MessagePart, String> {
    if let Some(header) = rest.strip_prefix("header.") {
        // RFC 9110, section 5.6.2: a field name is a token.
        let token = |each: char| each.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(each);
        if header.is_empty() || !header.chars().all(token) {
            return Err("the header's name is missing or invalid".to_owned());
        }
        return Ok(MessagePart::Header(header.to_owned()));
    }
    if let Some(query) = rest.strip_prefix("query.") {
        return name(query).map(MessagePart::Query);
    }
    if let Some(path) = rest.strip_prefix("path.") {
        return name(path).map(MessagePart::Path);
    }
    match rest.strip_prefix("body") {
        Some("") => Ok(MessagePart::Body(Pointer::default())),
        Some(after) => match after.strip_prefix('#') {
            Some(pointed) => pointer(pointed).map(MessagePart::Body),
            None => Err("members of a body are named by a JSON pointer, as in `body#/status`".to_owned()),
        },
        None => Err("expected `header.`, `query.`, `path.` or `body`".to_owned()),
    }
}

fn member(text: &str) -> Result<NamedValue, String> {
    let (before, pointed) = match text.split_once('#') {
        Some((before, pointed)) => (before, pointer(pointed)?),
        None => (text, Pointer::default()),
    };
    Ok(NamedValue { name: name(before)?, pointer: pointed })
}

fn two_names(text: &str) -> Result<(String, String), String> {
    let (first, second) = text.split_once('.').ok_or("a second name is missing")?;
    Ok((name(first)?, name(second)?))
}

/// Parses a name. The standard allows any character; characters that would end an embedded expression or a
/// condition are not allowed here.
fn name(text: &str) -> Result<String, String> {
    let bad = |each: char| each.is_whitespace() || each.is_control() || "{}#()[]=!<>&|'\"".contains(each);
    if text.is_empty() {
        return Err("a name is missing".to_owned());
    }
    if text.contains(bad) {
        return Err(format!("`{text}` is not a name"));
    }
    Ok(text.to_owned())
}

fn pointer(text: &str) -> Result<Pointer, String> {
    if text.is_empty() {
        return Ok(Pointer::default());
    }
    let rest = text.strip_prefix('/').ok_or("a JSON pointer begins with `/`")?;
    rest.split('/').map(unescape).collect::<Result<_, _>>().map(Pointer)
}

/// Unescapes a token (RFC 6901, section 3): `~` must be followed by `0` or `1`.
fn unescape(token: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(token.len());
    let mut letters = token.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '~' => match letters.next() {
                Some('0') => plain.push('~'),
                Some('1') => plain.push('/'),
                _ => return Err("`~` in a JSON pointer must be followed by 0 or 1".to_owned()),
            },
            '{' | '}' => return Err("braces are not allowed in a JSON pointer here".to_owned()),
            other => plain.push(other),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_standards_expressions_are_parsed() {
        for text in [
            "$url",
            "$method",
            "$statusCode",
            "$request.path.appId",
            "$request.query.activate",
            "$request.body#/profile/token",
            "$response.header.Content-Type",
            "$response.body",
            "$response.body#/_links/self/href",
            "$response.body#/a~1b/~0c/0",
            "$inputs.appId",
            "$inputs.settings#/app/0",
            "$outputs.appId",
            "$steps.set-connection.outputs.state",
            "$sourceDescriptions.okta.getApplication",
            "$components.parameters.appId",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn invalid_expressions_have_a_reason() {
        for (text, reason) in [
            ("$response.body.status", "JSON pointer"),
            ("$response.body#status", "begins with `/`"),
            ("$response.body#/a~2", "followed by 0 or 1"),
            ("$steps.a.b", "$steps.{stepId}.outputs.{name}"),
            ("$workflows.a.outputs.b", "not supported"),
            ("$inputs.", "name is missing"),
            ("$response.header.", "header's name"),
            ("$nothing.here", "not a runtime expression"),
            ("statusCode", "begins with `$`"),
        ] {
            let ExpressionError(message) = parse(text).unwrap_err();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    #[test]
    fn plain_text_with_a_dollar_is_not_an_expression() {
        assert!(!expression_prefix("$100"));
        assert!(!expression_prefix("${source.login}"));
        assert!(!expression_prefix("$inputsX"));
        assert!(expression_prefix("$inputs..broken"));
    }

    fn names() -> impl Strategy<Value = String> {
        "[A-Za-z][A-Za-z0-9_.-]{0,8}"
            .prop_filter("holds a keyword", |name| !name.contains(".outputs.") && !name.ends_with('.'))
    }

    fn pointers() -> impl Strategy<Value = Pointer> {
        prop::collection::vec("[^{}\\p{C}]{0,6}", 0..4).prop_map(Pointer)
    }

    fn members() -> impl Strategy<Value = NamedValue> {
        (names(), pointers()).prop_map(|(name, pointer)| NamedValue { name, pointer })
    }

    fn sources() -> impl Strategy<Value = MessagePart> {
        prop_oneof![
            "[A-Za-z-]{1,12}".prop_map(MessagePart::Header),
            names().prop_map(MessagePart::Query),
            names().prop_map(MessagePart::Path),
            pointers().prop_map(MessagePart::Body),
        ]
    }

    fn expressions() -> impl Strategy<Value = Expression> {
        prop_oneof![
            Just(Expression::Url),
            Just(Expression::StatusCode),
            sources().prop_map(Expression::Request),
            sources().prop_map(Expression::Response),
            members().prop_map(Expression::Inputs),
            ("[A-Za-z][A-Za-z0-9_-]{0,8}", members())
                .prop_map(|(step, output)| Expression::Steps { step, output }),
        ]
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,60}") {
            let _ = parse(&text);
            let _ = parse(&format!("$response.body#{text}"));
            let _ = parse(&format!("$steps.{text}"));
        }

        #[test]
        fn an_expression_is_parsed_back_from_its_text(expression in expressions()) {
            let text = expression.to_string();
            prop_assert_eq!(parse(&text), Ok(expression));
        }
    }
}
