//! Keeps the undo file on disk ahead of the org: every change is on disk before its request is sent.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{CreatedApp, Seal, UndoFile, seconds_now};
use crate::bundle;
use crate::error::RunError;

/// The undo file of a run in progress.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Mutex<UndoFile>,
    /// The current file at the path, locked: nobody can restore from it during the run.
    lock: Mutex<Option<File>>,
}

impl Journal {
    /// Creates the file; an existing one is not touched.
    pub(crate) fn begin(path: &Path, file: UndoFile) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let journal = Self { path: path.to_owned(), file: Mutex::new(file), lock: Mutex::new(None) };
        private(path, true)?.write_all(text(&journal.state())?.as_bytes())?;
        journal.save(&journal.state())?;
        Ok(journal)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The current content of the file.
    pub(crate) fn state(&self) -> UndoFile {
        self.lock().clone()
    }

    /// Records that an app is about to be created.
    pub(crate) fn creating(&self, name: String, label: String) -> io::Result<()> {
        let app = CreatedApp { name, label, id: None, asked: seconds_now() };
        self.change(|file| file.created.push(app))
    }

    /// Records the id of an app that was about to be created; without an id, removes the app.
    pub(crate) fn created(&self, name: &str, label: &str, id: Option<&str>) -> io::Result<()> {
        self.change(|file| {
            let is_it = |app: &CreatedApp| app.id.is_none() && app.name == name && app.label == label;
            let Some(index) = file.created.iter().rposition(is_it) else { return };
            match (id, file.created.get_mut(index)) {
                (Some(id), Some(app)) => app.id = Some(id.to_owned()),
                _ => drop(file.created.remove(index)),
            }
        })
    }

    /// Records that the stored credential of a named app is about to be replaced.
    pub(crate) fn replacing_credential(&self, id: &str) -> io::Result<()> {
        if self.lock().apps.iter().any(|app| app.id == id && app.credential_replaced) {
            return Ok(());
        }
        self.change(|file| {
            file.apps.iter_mut().filter(|app| app.id == id).for_each(|app| app.credential_replaced = true);
        })
    }

    /// Removes apps that are gone.
    pub(crate) fn strike(&self, gone: &[CreatedApp]) -> io::Result<()> {
        match gone {
            [] => Ok(()),
            gone => self.change(|file| file.strike(gone)),
        }
    }

    /// Removes the file, once everything is restored.
    pub(crate) fn finish(&self) -> io::Result<()> {
        remove(&self.path)
    }

    fn change(&self, change: impl FnOnce(&mut UndoFile)) -> io::Result<()> {
        let mut file = self.lock();
        let mut next = file.clone();
        change(&mut next);
        self.save(&next)?;
        *file = next;
        Ok(())
    }

    fn save(&self, file: &UndoFile) -> io::Result<()> {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(write(&self.path, file)?);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, UndoFile> {
        // A panic elsewhere leaves the state whole, because it is replaced as a whole.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a temporary file and renames it, so that a kill cannot leave half a file. The returned handle holds
/// the lock.
pub(crate) fn write(path: &Path, file: &UndoFile) -> io::Result<File> {
    let beside = beside(path);
    let mut out = private(&beside, false)?;
    out.write_all(text(file)?.as_bytes())?;
    out.sync_all()?;
    // The lock moves with the file. File systems without locks do not need one.
    let _ = out.try_lock();
    std::fs::rename(&beside, path)?;
    Ok(out)
}

/// Locks the undo file of a finished run, so that nobody else restores from it; `None` if the run is still in
/// progress.
pub(crate) fn hold(path: &Path) -> Result<Option<File>, RunError> {
    let file = bundle::open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        // File systems without locks cannot tell.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// Removes an undo file, and the temporary file that a kill may have left.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(beside(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::remove_file(path)
}

/// The path of the temporary file for the next state.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".new");
    PathBuf::from(beside)
}

fn text(file: &UndoFile) -> io::Result<String> {
    let sealed = match Seal::of_this_user() {
        Some(seal) => seal.sealed(file)?,
        None => UndoFile { mac: None, ..file.clone() },
    };
    serde_json::to_string_pretty(&sealed).map(|text| text + "\n").map_err(io::Error::other)
}

/// Opens a file that only its owner can read.
fn private(path: &Path, new: bool) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(new).create(!new).truncate(!new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
