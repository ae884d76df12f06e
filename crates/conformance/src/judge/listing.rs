//! Lists: every item is one that was asked for, once, and there are no more than were asked for.
//! No schema can say this, as it depends on the request (OpenAPI, listApplications).

use std::collections::HashSet;

use serde_json::Value;

use crate::event::Finding;
use crate::transport::{Body, RequestRecord, ResponseRecord};

/// Checks the items of a list against the query.
pub(super) fn check(request: &RequestRecord, response: &ResponseRecord, findings: &mut Vec<Finding>) {
    let Some(Body::Json(Value::Array(items))) = &response.body else { return };
    let asked =
        |name: &str| request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let limit = asked("limit").and_then(|limit| limit.parse::<usize>().ok());
    if let Some(limit) = limit.filter(|limit| items.len() > *limit) {
        findings.push(Finding {
            place: "body#".to_owned(),
            wanted: format!("at most {limit} items"),
            came: format!("{} items", items.len()),
        });
    }
    let mut seen = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        if let Some(id) = text("id")
            && !seen.insert(id)
        {
            findings.push(Finding {
                place: format!("body#/{index}/id"),
                wanted: "each item once".to_owned(),
                came: format!("{id}, again"),
            });
        }
        if let Some((member, wanted)) = asked("filter").and_then(equality)
            && let Some(came) = text(member).filter(|came| *came != wanted)
        {
            findings.push(Finding {
                place: format!("body#/{index}/{member}"),
                wanted: format!("{wanted}, as the filter says"),
                came: came.to_owned(),
            });
        }
        let prefix = asked("q").map(str::to_lowercase);
        let begins = |prefix: &String| {
            ["name", "label"].into_iter().filter_map(text).any(|text| text.to_lowercase().starts_with(prefix))
        };
        if let Some(prefix) = prefix.filter(|prefix| !begins(prefix)) {
            findings.push(Finding {
                place: format!("body#/{index}"),
                wanted: format!("an app whose name or label begins with {prefix}"),
                came: text("label").unwrap_or("neither").to_owned(),
            });
        }
    }
}

/// `member eq "value"`, of a member that apps have themselves.
fn equality(filter: &str) -> Option<(&str, &str)> {
    let (member, value) = filter.split_once(" eq ")?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    (["id", "name", "status"].contains(&member) && !value.contains('"')).then_some((member, value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::transport::CredentialUse;

    fn places(query: &[(&str, &str)], body: Value) -> Vec<String> {
        let request = RequestRecord {
            method: "GET".into(),
            url: String::new(),
            path: String::new(),
            query: query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            path_parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
            credential: CredentialUse::Runner,
        };
        let response = ResponseRecord {
            status: 200,
            headers: Vec::new(),
            body: Some(Body::Json(body)),
            broken_json: None,
        };
        let mut findings = Vec::new();
        check(&request, &response, &mut findings);
        findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_list_holds_what_was_asked_for() {
        let app = |id: &str, name: &str| json!({"id": id, "name": name, "label": format!("My {name}"), "status": "ACTIVE"});
        let two = json!([app("1", "google"), app("2", "slack")]);
        assert!(places(&[("limit", "2")], two.clone()).is_empty());
        assert_eq!(places(&[("limit", "1")], two.clone()), ["body#"]);
        assert_eq!(places(&[("filter", "name eq \"google\"")], two.clone()), ["body#/1/name"]);
        assert!(places(&[("filter", "status eq \"ACTIVE\"")], two.clone()).is_empty());
        assert!(places(&[("q", "my")], two.clone()).is_empty());
        assert_eq!(places(&[("q", "GOO")], two), ["body#/1"]);
        assert_eq!(places(&[], json!([app("1", "google"), app("1", "google")])), ["body#/1/id"]);
        assert!(places(&[("limit", "1")], json!({"id": "1"})).is_empty());
    }
}
