//! The imports between the modules of a crate, read from its sources.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

/// The path of a module from the root of its crate; the root itself is empty.
type ModulePath = Vec<String>;

/// The modules of a crate and the names that they use of each other. Comments and tests are ignored.
pub struct Imports {
    /// The code of each module that has a file.
    modules: BTreeMap<ModulePath, String>,
    /// The names that each module exports from another one.
    exports: BTreeMap<ModulePath, BTreeMap<String, ModulePath>>,
}

impl Imports {
    /// Reads the crate whose sources are in `folder`.
    ///
    /// # Panics
    /// If a file cannot be read.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let mut open = vec![(folder.to_owned(), ModulePath::new())];
        while let Some((folder, module)) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let child = || module.iter().cloned().chain([name.clone()]).collect::<ModulePath>();
                if path.is_dir() {
                    open.push((path.clone(), child()));
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let module = match name.as_str() {
                        "lib" | "mod" => module.clone(),
                        "main" | "tests" => continue,
                        _ if name.ends_with("_tests") => continue,
                        _ => child(),
                    };
                    modules.insert(module, code(&fs::read_to_string(&path).unwrap()));
                }
            }
        }
        assert!(modules.len() > 1, "no sources under {}", folder.display());
        let exports = modules.iter().map(|(module, code)| (module.clone(), exported(module, code)));
        let exports = exports.collect();
        Self { modules, exports }
    }

    /// The circles between files or folders of one folder: each is a shortest one through its first file.
    #[must_use]
    pub fn circles(&self) -> Vec<String> {
        let mut used: BTreeMap<ModulePath, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
        let mut named = Vec::new();
        for (module, code) in &self.modules {
            for path in paths(module, code) {
                named.extend(self.holders(&path).into_iter().map(|holder| (module, holder)));
            }
        }
        for (module, holder) in &named {
            let common = module.iter().zip(holder).take_while(|(own, other)| own == other).count();
            if let (Some(own), Some(other)) = (module.get(common), holder.get(common)) {
                let files = used.entry(module[..common].to_vec()).or_default();
                files.entry(own).or_default().insert(other);
            }
        }
        let mut found = BTreeMap::new();
        for (folder, files) in &used {
            for first in files.keys() {
                if let Some(circle) = circle(files, first) {
                    let members: BTreeSet<&str> = circle.iter().copied().collect();
                    let text = format!("{}: {}", folder.join("/"), circle.join(" -> "));
                    found.entry((folder, members)).or_insert(text);
                }
            }
        }
        found.into_values().collect()
    }

    /// The statements of `mod.rs` files that neither declare a module nor export a name.
    #[must_use]
    pub fn items_of_folders(&self) -> Vec<String> {
        let is_folder = |module: &ModulePath| {
            !module.is_empty()
                && self.modules.keys().any(|other| other.starts_with(module) && other != module)
        };
        let mut found = Vec::new();
        for (module, code) in self.modules.iter().filter(|(module, _)| is_folder(module)) {
            for statement in code.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
                let lines = statement.lines().filter(|line| !line.trim_start().starts_with("#["));
                let item = lines.collect::<Vec<_>>().join(" ");
                let item = item.strip_prefix("pub").unwrap_or(&item);
                let item = item
                    .strip_prefix('(')
                    .and_then(|rest| rest.split_once(')'))
                    .map_or(item, |(_, item)| item);
                if !["mod ", "use "].iter().any(|word| item.trim_start().starts_with(word)) {
                    found.push(format!("{}/mod.rs: {statement}", module.join("/")));
                }
            }
        }
        found
    }

    /// The modules that define what a path names: more than one if the path ends in `*`.
    fn holders(&self, path: &[String]) -> Vec<ModulePath> {
        let mut module = ModulePath::new();
        for (depth, name) in path.iter().enumerate() {
            let exports = self.exports.get(&module);
            if name == "*" {
                let all = exports.into_iter().flat_map(BTreeMap::values);
                return all.flat_map(|path| self.holders(path)).collect();
            }
            let child: ModulePath = module.iter().chain([name]).cloned().collect();
            let is_parent = self.modules.keys().any(|known| known.starts_with(&child));
            if is_parent {
                module = child;
                continue;
            }
            let Some(exported) = exports.and_then(|exports| exports.get(name)) else { break };
            let rest = &path[depth + 1..];
            return self.holders(&exported.iter().chain(rest).cloned().collect::<ModulePath>());
        }
        vec![module]
    }
}

/// The code of a file: without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The shortest way from a file over the files that it uses back to itself.
fn circle<'a>(files: &BTreeMap<&'a str, BTreeSet<&'a str>>, first: &'a str) -> Option<Vec<&'a str>> {
    let mut reached = BTreeSet::new();
    let mut open = VecDeque::from([vec![first]]);
    while let Some(way) = open.pop_front() {
        for next in files.get(way.last()?).into_iter().flatten() {
            let longer = way.iter().chain([next]).copied().collect();
            if *next == first {
                return Some(longer);
            }
            if reached.insert(*next) {
                open.push_back(longer);
            }
        }
    }
    None
}

/// The names that a module exports from others, with the path of each.
fn exported(module: &[String], code: &str) -> BTreeMap<String, ModulePath> {
    let mut found = BTreeMap::new();
    for statement in code.split(';') {
        let Some((before, tree)) = statement.rsplit_once("use ") else { continue };
        if !before.rsplit(['\n', '}']).next().unwrap_or_default().trim().starts_with("pub") {
            continue;
        }
        for (path, name) in expanded(tree) {
            found.insert(name, absolute(module, &path));
        }
    }
    found
}

/// The absolute path of each `crate::`, `super::` and `self::` in the code of a module.
fn paths(module: &[String], code: &str) -> Vec<ModulePath> {
    let mut found = Vec::new();
    let mut read_to = 0;
    for (start, _) in code.match_indices("::") {
        if start < read_to {
            continue;
        }
        let first = code[..start].rfind(|c: char| !is_of_name(c)).map_or(0, |before| before + 1);
        if !["crate", "super", "self"].contains(&&code[first..start]) {
            continue;
        }
        let tree = &code[first..first + length(&code[first..])];
        read_to = first + tree.len();
        found.extend(expanded(tree).into_iter().map(|(path, _)| absolute(module, &path)));
    }
    found
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the path or tree of paths at the beginning of a text.
fn length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if depth > 0 || text[..at].ends_with("::") => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            ':' if text[at..].starts_with("::") || text[..at].ends_with(':') => {}
            '*' if text[..at].ends_with("::") => {}
            _ if depth > 0 || is_of_name(c) => {}
            _ => return at,
        }
    }
    text.len()
}

/// Each path of a tree such as `a::{b, c::d as e}`, with the name that it gets.
fn expanded(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some((before, inside)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name)));
        let path: Vec<String> = path.split("::").map(|segment| segment.trim().to_owned()).collect();
        let path: Vec<String> = path.into_iter().filter(|segment| !segment.is_empty()).collect();
        let name = name.or(path.last().map(String::as_str)).unwrap_or_default().trim().to_owned();
        return vec![(path, name)];
    };
    let parent: Vec<String> = before.split("::").map(|segment| segment.trim().to_owned()).collect();
    let parent: Vec<String> = parent.into_iter().filter(|segment| !segment.is_empty()).collect();
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for branch in inside.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    }) {
        if branch.trim().is_empty() {
            continue;
        }
        for (path, name) in expanded(branch) {
            let path = path.into_iter().filter(|segment| segment != "self");
            found.push((parent.iter().cloned().chain(path).collect(), name));
        }
    }
    found
}

/// The path from the root of the crate of a path that a module writes.
fn absolute(module: &[String], path: &[String]) -> ModulePath {
    let mut found = module.to_vec();
    for (depth, segment) in path.iter().enumerate() {
        match segment.as_str() {
            "crate" if depth == 0 => found.clear(),
            "super" => drop(found.pop()),
            "self" => {}
            _ => found.push(segment.clone()),
        }
    }
    found
}
