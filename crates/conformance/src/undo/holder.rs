//! Finds the process that holds an undo file.

use std::path::Path;

use super::UndoFile;

/// The process that holds the lock of a file, according to the system; otherwise the one that wrote it.
pub(crate) fn holder(path: &Path) -> Option<u32> {
    locked_by(path).or_else(|| UndoFile::read(path).ok()?.process)
}

/// Linux lists the locks of all files (proc_locks(5)): `1: FLOCK ADVISORY WRITE 1234 08:01:5678 0 EOF`.
#[cfg(target_os = "linux")]
fn locked_by(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let inode = format!(":{}", std::fs::metadata(path).ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(4);
        let (process, file) = (words.next()?, words.next()?);
        file.ends_with(&inode).then(|| process.parse().ok())?
    })
}

#[cfg(not(target_os = "linux"))]
fn locked_by(_: &Path) -> Option<u32> {
    None
}
