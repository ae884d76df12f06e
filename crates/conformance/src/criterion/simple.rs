//! The `simple` conditions of the standard (section "Criterion Object"): literals, operators and runtime
//! expressions. By the standard, strings compare case-insensitively, and numeric strings as numbers.

use std::borrow::Cow;

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::expression::{Expression, Scope, parse};

/// Maximum nesting of parentheses and `!`.
const MAX_DEPTH: usize = 32;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Or(Vec<Condition>),
    And(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Operator, Operand),
    Bare(Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Literal(Value),
    Expression(Expression),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Operand(Operand),
    Operator(Operator),
    And,
    Or,
    Not,
    Open,
    Close,
}

impl Condition {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text).map_err(|reason| format!("`{text}`: {reason}"))?;
        let mut parser = Parser { tokens, position: 0 };
        let condition = parser
            .either(0)
            .and_then(|condition| match parser.peek() {
                None => Ok(condition),
                Some(_) => Err("unexpected text at the end".to_owned()),
            })
            .map_err(|reason| format!("`{text}`: {reason}"))?;
        Ok(condition)
    }

    /// True if the condition is met; an absent value does not meet it.
    pub(crate) fn holds(&self, scope: &Scope<'_>) -> bool {
        self.answer(scope) == Some(true)
    }

    /// Evaluates with three values, so that `!` over an absent value does not become true.
    fn answer(&self, scope: &Scope<'_>) -> Option<bool> {
        match self {
            Self::Or(all) => any(all.iter().map(|each| each.answer(scope))),
            Self::And(all) => any(all.iter().map(|each| each.answer(scope).map(|yes| !yes))).map(|yes| !yes),
            Self::Not(inner) => inner.answer(scope).map(|yes| !yes),
            Self::Compare(left, operator, right) => {
                let (left, right) = (left.value(scope)?, right.value(scope)?);
                compare(&left, *operator, &right)
            }
            Self::Bare(operand) => operand.value(scope).map(|value| match *value {
                Value::Bool(yes) => yes,
                Value::Null => false,
                _ => true,
            }),
        }
    }

    pub(crate) fn expressions<'a>(&'a self, all: &mut Vec<&'a Expression>) {
        match self {
            Self::Or(inner) | Self::And(inner) => {
                inner.iter().for_each(|each| each.expressions(all));
            }
            Self::Not(inner) => inner.expressions(all),
            Self::Compare(left, _, right) => {
                all.extend([left, right].into_iter().filter_map(Operand::expression));
            }
            Self::Bare(operand) => all.extend(operand.expression()),
        }
    }

    /// The place for a finding: the first part of the answer that it refers to, else its first expression.
    pub(crate) fn place(&self) -> String {
        let mut all = Vec::new();
        self.expressions(&mut all);
        let of_answer = |expression: &&&Expression| matches!(expression, Expression::Response(_));
        all.iter().find(of_answer).or(all.first()).map(ToString::to_string).unwrap_or_default()
    }

    /// The values of its expressions, for a report.
    pub(crate) fn values(&self, scope: &Scope<'_>) -> String {
        let mut all = Vec::new();
        self.expressions(&mut all);
        let mut shown: Vec<String> = Vec::new();
        let alone = all.len() == 1;
        for expression in all {
            let value =
                scope.value(expression).map_or_else(|| "absent".to_owned(), |value| value.to_string());
            let text = if alone { value } else { format!("{expression} = {value}") };
            if !shown.contains(&text) {
                shown.push(text);
            }
        }
        shown.join(", ")
    }
}

impl Operand {
    fn value<'a>(&'a self, scope: &Scope<'a>) -> Option<Cow<'a, Value>> {
        match self {
            Self::Literal(value) => Some(Cow::Borrowed(value)),
            Self::Expression(expression) => scope.value(expression),
        }
    }

    fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Literal(_) => None,
            Self::Expression(expression) => Some(expression),
        }
    }
}

/// Kleene's "or": true overrides unknown, unknown overrides false.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

fn compare(left: &Value, operator: Operator, right: &Value) -> Option<bool> {
    let ordering = order(left, right);
    Some(match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::Less => ordering? == Ordering::Less,
        Operator::LessOrEqual => ordering? != Ordering::Greater,
        Operator::Greater => ordering? == Ordering::Greater,
        Operator::GreaterOrEqual => ordering? != Ordering::Less,
    })
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.to_lowercase() == right.to_lowercase(),
        (Value::Number(_), Value::String(_) | Value::Number(_)) | (Value::String(_), Value::Number(_)) => {
            order(left, right) == Some(Ordering::Equal)
        }
        _ => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.to_lowercase().cmp(&right.to_lowercase())),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn take(&mut self, expected: &Token) -> bool {
        let found = self.peek() == Some(expected);
        self.position += usize::from(found);
        found
    }

    fn either(&mut self, depth: usize) -> Result<Condition, String> {
        let mut all = vec![self.both(depth)?];
        while self.take(&Token::Or) {
            all.push(self.both(depth)?);
        }
        Ok(one_or(all, Condition::Or))
    }

    fn both(&mut self, depth: usize) -> Result<Condition, String> {
        let mut all = vec![self.term(depth)?];
        while self.take(&Token::And) {
            all.push(self.term(depth)?);
        }
        Ok(one_or(all, Condition::And))
    }

    fn term(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        if self.take(&Token::Not) {
            return Ok(Condition::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.take(&Token::Open) {
            let inner = self.either(depth + 1)?;
            if !self.take(&Token::Close) {
                return Err("a `)` is missing".to_owned());
            }
            return Ok(inner);
        }
        let left = self.operand()?;
        let Some(Token::Operator(operator)) = self.peek().cloned() else {
            return Ok(Condition::Bare(left));
        };
        self.position += 1;
        Ok(Condition::Compare(left, operator, self.operand()?))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        match self.peek().cloned() {
            Some(Token::Operand(operand)) => {
                self.position += 1;
                Ok(operand)
            }
            _ => Err("a value or an expression is missing".to_owned()),
        }
    }
}

fn one_or(mut all: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    if all.len() == 1 { all.swap_remove(0) } else { many(all) }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => quoted(rest)?,
            '$' => {
                let end = word_end(rest);
                let expression = parse(&rest[..end]).map_err(|error| error.0)?;
                (Token::Operand(Operand::Expression(expression)), end)
            }
            _ => symbol(rest).map_or_else(|| word(rest), Ok)?,
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn symbol(rest: &str) -> Option<(Token, usize)> {
    let table = [
        ("&&", Token::And),
        ("||", Token::Or),
        ("==", Token::Operator(Operator::Equal)),
        ("!=", Token::Operator(Operator::NotEqual)),
        ("<=", Token::Operator(Operator::LessOrEqual)),
        (">=", Token::Operator(Operator::GreaterOrEqual)),
        ("<", Token::Operator(Operator::Less)),
        (">", Token::Operator(Operator::Greater)),
        ("!", Token::Not),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    table.into_iter().find(|(text, _)| rest.starts_with(text)).map(|(text, token)| (token, text.len()))
}

fn word(rest: &str) -> Result<(Token, usize), String> {
    let end = word_end(rest);
    let text = &rest[..end];
    let value = match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => text
            .parse::<i64>()
            .ok()
            .map(Number::from)
            .or_else(|| text.parse().ok().and_then(Number::from_f64))
            .map(Value::Number)
            .ok_or_else(|| format!("`{text}` is not a value; put strings in single quotes"))?,
    };
    Ok((Token::Operand(Operand::Literal(value)), end))
}

fn word_end(rest: &str) -> usize {
    let ends = |each: char| each.is_whitespace() || "()=!<>&|".contains(each);
    match rest.find(ends) {
        Some(0) => rest.chars().next().map_or(0, char::len_utf8),
        Some(end) => end,
        None => rest.len(),
    }
}

/// Parses a string in single quotes; a quote inside is doubled.
fn quoted(rest: &str) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((position, letter)) = letters.next() {
        if letter != '\'' {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            let literal = Operand::Literal(Value::String(text));
            return Ok((Token::Operand(literal), position + 1));
        }
    }
    Err("a closing quote is missing".to_owned())
}

#[cfg(test)]
#[path = "simple_tests.rs"]
mod tests;
