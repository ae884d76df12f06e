//! Embeds the fixtures, so that the installed binary contains flows, contract, choices, guide and snapshots
//! and needs no folder next to it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = manifest.join("../../fixtures");
    let mut files = Vec::new();
    for folder in ["flows", "contract", "snapshots"] {
        let path = root.join(folder);
        println!("cargo::rerun-if-changed={}", path.display());
        collect(&path, folder, &mut files)?;
    }
    for name in ["choices.json", "guide.json"] {
        let path = root.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_file() {
            files.push((name.to_owned(), path));
        }
    }
    files.sort();

    let mut code = String::from("&[\n");
    for (name, path) in &files {
        let path = path.canonicalize()?;
        writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string())
            .map_err(std::io::Error::other)?;
    }
    code.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("embedded.rs"), code)
}

fn collect(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> std::io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let extensions = ["json", "yaml", "yml", "snap"];
        let extension = file.rsplit('.').next().unwrap_or_default();
        if entry.file_type()?.is_file() && extensions.contains(&extension) {
            files.push((format!("{name}/{file}"), entry.path()));
        }
    }
    Ok(())
}
