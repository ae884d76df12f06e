//! Links of the contract's own resources: `self`, `activate` and `deactivate`
//! lead to the very resource that was asked for. No schema can say this, as it
//! depends on the request; the templates of the contract's paths can.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::{Map, Value};

use crate::check::{self, Check};
use crate::event::Finding;
use crate::place::Place;

/// OpenAPI, the `_links` of apps, connections and features. An org may add
/// links of other relations, and those may lead to other resources.
const RELATIONS: [&str; 8] =
    ["self", "activate", "deactivate", "users", "groups", "policies", "uploadLogo", "metadata"];
/// The members by which a resource names itself.
const MEMBERS: [&str; 2] = ["id", "name"];

fn check_of(relation: &str) -> &'static Check {
    match relation {
        "self" => &check::CONTRACT_LINKS_SELF,
        "activate" | "deactivate" => &check::CONTRACT_LINKS_LIFECYCLE,
        _ => &check::CONTRACT_LINKS_PART,
    }
}

/// The paths of the contract, taken apart.
pub(super) struct Templates(Vec<Template>);

struct Template {
    path: String,
    parts: Vec<Part>,
}

enum Part {
    Fixed(String),
    Parameter(String),
}

impl Templates {
    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        Self(paths.map(Template::read).collect())
    }

    /// Checks the links of one object of a body; `asked` are the path parameters of the request.
    pub(super) fn check(
        &self,
        object: &Map<String, Value>,
        place: &Place<'_>,
        asked: &[(String, String)],
        findings: &mut Vec<Finding>,
    ) {
        let Some(links) = object.get("_links").and_then(Value::as_object) else { return };
        let own = MEMBERS.iter().find_map(|member| object.get(*member)).and_then(Value::as_str);
        for relation in RELATIONS {
            let Some(href) = links.get(relation).and_then(|link| link.get("href")).and_then(Value::as_str)
            else {
                continue;
            };
            if let Some(wanted) = self.wrong(href, own, asked) {
                findings.push(Finding {
                    check: check_of(relation),
                    place: format!("body#{place}/_links/{relation}/href"),
                    wanted,
                    came: href.to_owned(),
                });
            }
        }
    }

    /// What the link should have led to, if it leads elsewhere.
    fn wrong(&self, href: &str, own: Option<&str>, asked: &[(String, String)]) -> Option<String> {
        let url = Url::parse(href).ok()?;
        let segments: Vec<&str> = url.path_segments()?.collect();
        let whole = self
            .0
            .iter()
            .filter_map(|template| Some((template, template.parameters(&segments)?)))
            .min_by_key(|(_, found)| found.len());
        // A part of a resource whose own path is not in the document, such as the users of an app.
        let part = || {
            self.0
                .iter()
                .filter(|template| matches!(template.parts.last(), Some(Part::Parameter(_))))
                .filter_map(|template| {
                    Some((template, template.parameters(segments.get(..template.parts.len())?)?))
                })
                .max_by_key(|(template, _)| template.path.len())
        };
        let (template, found) = whole.or_else(part)?;
        let last = found.last().map(|(name, _)| *name);
        // The last parameter names the resource itself, those before it what it belongs to.
        let wanted = |name: &str| {
            let asked = asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            if last == Some(name) { own.or(asked) } else { asked }
        };
        let leads_elsewhere =
            found.iter().any(|(name, value)| wanted(name).is_some_and(|wanted| wanted != value));
        leads_elsewhere.then(|| {
            let filled = template.parts.iter().map(|part| match part {
                Part::Fixed(text) => text.clone(),
                Part::Parameter(name) => wanted(name).map_or_else(|| format!("{{{name}}}"), str::to_owned),
            });
            format!("a link to /{}", filled.collect::<Vec<_>>().join("/"))
        })
    }
}

impl Template {
    fn read(path: &str) -> Self {
        let parts = path.trim_start_matches('/').split('/').map(|part| {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => Part::Parameter(name.to_owned()),
                None => Part::Fixed(part.to_owned()),
            }
        });
        Self { path: path.to_owned(), parts: parts.collect() }
    }

    /// The path parameters, by name, of a path that fits.
    fn parameters(&self, segments: &[&str]) -> Option<Vec<(&str, String)>> {
        if self.parts.len() != segments.len() {
            return None;
        }
        let mut found = Vec::new();
        for (part, segment) in self.parts.iter().zip(segments) {
            match part {
                Part::Parameter(name) => {
                    found.push((name.as_str(), percent_decode_str(segment).decode_utf8_lossy().into_owned()));
                }
                Part::Fixed(text) if text == segment => {}
                Part::Fixed(_) => return None,
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEMPLATES: [&str; 4] = [
        "/api/v1/apps/{appId}",
        "/api/v1/apps/{appId}/connections/default",
        "/api/v1/apps/{appId}/connections/default/lifecycle/activate",
        "/api/v1/apps/{appId}/features/{featureName}",
    ];

    fn places(body: &Value, asked: &[(&str, &str)]) -> Vec<String> {
        let asked: Vec<_> = asked.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut findings = Vec::new();
        let templates = Templates::of(TEMPLATES.into_iter());
        crate::place::walk(body, &mut |value, place| {
            value.as_object().into_iter().for_each(|object| {
                templates.check(object, place, &asked, &mut findings);
            });
        });
        findings.into_iter().map(|finding| finding.place).collect()
    }

    fn link(path: &str) -> Value {
        json!({"href": format!("https://login.example.com{path}")})
    }

    #[test]
    fn a_link_of_the_connection_leads_to_the_app_that_was_asked_for() {
        let body = |app: &str| {
            json!({"status": "DISABLED", "_links": {
                "self": link(&format!("/api/v1/apps/{app}/connections/default")),
                "activate": link(&format!("/api/v1/apps/{app}/connections/default/lifecycle/activate")),
                "related": link("/api/v1/apps/0oaOTHER"),
            }})
        };
        assert!(places(&body("0oaA"), &[("appId", "0oaA")]).is_empty());
        assert_eq!(
            places(&body("0oaB"), &[("appId", "0oaA")]),
            ["body#/_links/self/href", "body#/_links/activate/href"]
        );
    }

    #[test]
    fn an_item_of_a_list_links_to_itself() {
        let features = |named: &str| {
            json!([{"name": "USER_PROVISIONING", "_links": {
            "self": link(&format!("/api/v1/apps/0oaA/features/{named}"))}}])
        };
        assert!(places(&features("USER_PROVISIONING"), &[("appId", "0oaA")]).is_empty());
        assert_eq!(
            places(&features("INBOUND_PROVISIONING"), &[("appId", "0oaA")]),
            ["body#/0/_links/self/href"]
        );
        let part = json!([{"id": "0oaA", "_links": {"users": link("/api/v1/apps/0oaB/users")}}]);
        assert_eq!(places(&part, &[]), ["body#/0/_links/users/href"]);
        let app = |id: &str| json!([{"id": "0oaA", "name": "google", "_links": {"self": link(&format!("/api/v1/apps/{id}"))}}]);
        assert!(places(&app("0oaA"), &[]).is_empty());
        assert_eq!(places(&app("0oaB"), &[]), ["body#/0/_links/self/href"]);
    }
}
