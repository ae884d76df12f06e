//! The paths of the contract, taken apart: where a link leads.

use percent_encoding::percent_decode_str;
use reqwest::Url;

/// The paths of the contract, taken apart.
pub(super) struct PathTemplates(Vec<PathTemplate>);

struct PathTemplate {
    path: String,
    parts: Vec<PathSegment>,
}

enum PathSegment {
    Fixed(String),
    Parameter(String),
}

impl PathTemplates {
    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        Self(paths.map(PathTemplate::read).collect())
    }

    /// What the link should have led to, if it leads elsewhere.
    pub(super) fn wrong_link(
        &self,
        href: &str,
        own: Option<&str>,
        asked: &[(String, String)],
    ) -> Option<String> {
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
                .filter(|template| matches!(template.parts.last(), Some(PathSegment::Parameter(_))))
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
                PathSegment::Fixed(text) => text.clone(),
                PathSegment::Parameter(name) => {
                    wanted(name).map_or_else(|| format!("{{{name}}}"), str::to_owned)
                }
            });
            format!("a link to /{}", filled.collect::<Vec<_>>().join("/"))
        })
    }
}

impl PathTemplate {
    fn read(path: &str) -> Self {
        let parts = path.trim_start_matches('/').split('/').map(|part| {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => PathSegment::Parameter(name.to_owned()),
                None => PathSegment::Fixed(part.to_owned()),
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
                PathSegment::Parameter(name) => {
                    found.push((name.as_str(), percent_decode_str(segment).decode_utf8_lossy().into_owned()));
                }
                PathSegment::Fixed(text) if text == segment => {}
                PathSegment::Fixed(_) => return None,
            }
        }
        Some(found)
    }
}
