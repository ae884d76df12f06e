//! The declared parameters of an operation, including those of its path.

use serde_json::Value;

use super::document::{OpenApi, Operation};

/// Headers that need no declaration. OpenAPI (Parameter Object) ignores definitions of the first three, which
/// security schemes and contents declare; the last one belongs to HTTP.
const UNDECLARED_HEADERS: [&str; 4] = ["accept", "authorization", "content-type", "user-agent"];

/// Declared parameters.
#[derive(Debug)]
pub(crate) struct Parameters<'d> {
    /// The place (`in`) and the name of each parameter.
    known: Vec<(&'d str, &'d str)>,
    is_whole: bool,
}

impl OpenApi {
    /// The declared parameters of an operation.
    pub(crate) fn parameters(&self, operation: &Operation) -> Parameters<'_> {
        Parameters::of(self, operation)
    }
}

impl<'d> Parameters<'d> {
    /// The parameters of an operation and those of its path.
    fn of(api: &'d OpenApi, operation: &Operation) -> Self {
        let path = operation.pointer.rsplit_once('/').map_or("", |(path, _)| path);
        let mut declared = Self { known: Vec::new(), is_whole: true };
        for list in [format!("{path}/parameters"), format!("{}/parameters", operation.pointer)] {
            let count = api.value.pointer(&list).and_then(Value::as_array).map_or(0, Vec::len);
            for index in 0..count {
                match read(api, format!("{list}/{index}")) {
                    Some(parameter) => declared.known.push(parameter),
                    None => declared.is_whole = false,
                }
            }
        }
        declared
    }

    /// True if all parameters could be read; a reference may lead to another document.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The names that are declared at a place.
    pub(crate) fn names(&self, place: &str) -> Vec<&'d str> {
        self.known.iter().filter(|(known, _)| *known == place).map(|(_, name)| *name).collect()
    }

    /// True if the query parameter is declared.
    pub(crate) fn has_query(&self, name: &str) -> bool {
        self.known.contains(&("query", name))
    }

    /// True if the header is declared; header names are case-insensitive (RFC 9110, section 5.1).
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.names("header")
            .into_iter()
            .chain(UNDECLARED_HEADERS)
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The place where a name is declared, if anywhere.
    pub(crate) fn place_of(&self, name: &str) -> Option<&'d str> {
        self.known.iter().find(|(_, known)| *known == name).map(|(place, _)| *place)
    }
}

/// The place and the name of a parameter.
fn read(api: &OpenApi, pointer: String) -> Option<(&str, &str)> {
    let parameter = api.value.pointer(&api.resolved(pointer)?)?;
    Some((parameter.get("in")?.as_str()?, parameter.get("name")?.as_str()?))
}
