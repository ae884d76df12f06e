//! The path templates of the contract, for checking the targets of links.

use percent_encoding::percent_decode_str;
use reqwest::Url;

/// The parsed path templates of the contract.
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

    /// The expected target of a link, if it leads elsewhere.
    pub(super) fn wrong_link(
        &self,
        href: &str,
        own: Option<&str>,
        request_parameters: &[(String, String)],
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
        // The last parameter identifies the resource itself, earlier ones its parents.
        let expected = |name: &str| {
            let request_parameters =
                request_parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            if last == Some(name) { own.or(request_parameters) } else { request_parameters }
        };
        let leads_elsewhere =
            found.iter().any(|(name, value)| expected(name).is_some_and(|expected| expected != value));
        leads_elsewhere.then(|| {
            let filled = template.parts.iter().map(|part| match part {
                PathSegment::Fixed(text) => text.clone(),
                PathSegment::Parameter(name) => {
                    expected(name).map_or_else(|| format!("{{{name}}}"), str::to_owned)
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

    /// The path parameters by name, if the path matches.
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
