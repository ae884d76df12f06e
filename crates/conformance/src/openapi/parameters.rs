//! The parameters that an operation declares, its path's included.

use serde_json::Value;

use super::{OpenApi, Operation};

/// OpenAPI, Parameter Object: definitions of these are ignored; security schemes and contents are
/// declared elsewhere. The last one is HTTP's own.
const UNDECLARED_HEADERS: [&str; 4] = ["accept", "authorization", "content-type", "user-agent"];

/// Declared parameters.
#[derive(Debug)]
pub(crate) struct Parameters<'d> {
    /// The place of each (`in`) and its name.
    known: Vec<(&'d str, &'d str)>,
    is_whole: bool,
}

impl<'d> Parameters<'d> {
    /// The parameters of an operation and those of its path.
    pub(super) fn of(api: &'d OpenApi, operation: &Operation) -> Self {
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

    /// Whether all of them could be read: a reference may lead to another document.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The names that are declared at a place.
    pub(crate) fn names(&self, place: &str) -> Vec<&'d str> {
        self.known.iter().filter(|(known, _)| *known == place).map(|(_, name)| *name).collect()
    }

    /// Whether a query may have this parameter.
    pub(crate) fn has_query(&self, name: &str) -> bool {
        self.known.contains(&("query", name))
    }

    /// Whether a request may have this header; names of headers have no case (RFC 9110, section 5.1).
    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.names("header")
            .into_iter()
            .chain(UNDECLARED_HEADERS)
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The place at which a name is declared, if it is anywhere.
    pub(crate) fn place_of(&self, name: &str) -> Option<&'d str> {
        self.known.iter().find(|(_, known)| *known == name).map(|(place, _)| *place)
    }
}

/// The place and the name of one.
fn read(api: &OpenApi, pointer: String) -> Option<(&str, &str)> {
    let parameter = api.value.pointer(&api.resolved(pointer)?)?;
    Some((parameter.get("in")?.as_str()?, parameter.get("name")?.as_str()?))
}
