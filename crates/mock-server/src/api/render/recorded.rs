//! Apps that are answered as they were recorded.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use url::Url;

use crate::api::origin::Origin;
use crate::rules::app::{App, AppStatus, Recorded};

use super::Timestamp;

/// A recorded app object with the app's label and status, and with its links at this org.
pub(super) struct RecordedObject<'a> {
    pub(super) app: &'a App,
    pub(super) recorded: &'a Recorded,
    pub(super) origin: &'a Origin,
}

impl Serialize for RecordedObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, value) in &self.recorded.object {
            match name.as_str() {
                "label" => members.serialize_entry(name, &*self.app.label)?,
                "status" => members.serialize_entry(name, self.app.status.as_str())?,
                "lastUpdated" => members.serialize_entry(name, &Timestamp(self.app.last_updated))?,
                "_links" => members.serialize_entry(name, &self.links(value))?,
                _ => members.serialize_entry(name, value)?,
            }
        }
        members.end()
    }
}

impl RecordedObject<'_> {
    fn links(&self, recorded: &Value) -> Value {
        let mut links = recorded.clone();
        self.move_links(&mut links);
        if let Value::Object(members) = &mut links {
            self.set_lifecycle_link(members);
        }
        links
    }

    /// Moves links to this org. A client that follows them must not reach the org that was recorded.
    fn move_links(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), &*value) {
                        ("href", Value::String(href)) => *value = self.moved(href).into(),
                        _ => self.move_links(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.move_links(item)),
            _ => {}
        }
    }

    /// Returns a link at this org, if it leads to an org; logos are elsewhere.
    fn moved(&self, href: &str) -> String {
        let Ok(url) = Url::parse(href) else { return href.to_owned() };
        let (path, rest) = (url.path(), &url[url::Position::BeforePath..]);
        let of_org = ["/api/", "/home/", "/oauth2/", "/app/", "/admin/"];
        match of_org.iter().any(|start| path.starts_with(start)) {
            true if url.host_str().is_some_and(|host| host.contains("-admin.")) => {
                format!("{}{rest}", self.origin.admin())
            }
            true => format!("{}{rest}", self.origin),
            false => href.to_owned(),
        }
    }

    /// An app has a link to the other status: `deactivate` at the end, or `activate` after
    /// `profileEnrollment` (recorded).
    fn set_lifecycle_link(&self, links: &mut Map<String, Value>) {
        let (wanted, other) = match self.app.status {
            AppStatus::Active => ("deactivate", "activate"),
            AppStatus::Inactive => ("activate", "deactivate"),
        };
        let Some(Value::Object(link)) = links.shift_remove(other) else { return };
        let href = link.get("href").and_then(Value::as_str).unwrap_or_default();
        let link = json!({"href": href.replace(&format!("/{other}"), &format!("/{wanted}"))});
        let after = links.keys().position(|name| name == "profileEnrollment").map(|index| index + 1);
        let index = after.filter(|_| wanted == "activate").unwrap_or(links.len());
        links.shift_insert(index, wanted.to_owned(), link);
    }
}
