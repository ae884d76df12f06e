//! Proves that an undo file was written by this user's installation: a MAC with a key that is stored in the
//! program's state folder and never leaves it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{UndoFile, UndoFolder, check_private};
use crate::bundle;

const FILE: &str = "undo.key";
/// The length of an HMAC-SHA256 key, in bytes (RFC 2104, section 3).
const LENGTH: usize = 32;

/// The key of this installation.
pub(crate) struct Seal(hmac::Key);

impl Seal {
    /// The key, created on first use. `None` if there is no folder for it, or the key file is not private:
    /// then no file is sealed, and no file counts as sealed.
    pub(crate) fn of_this_user() -> Option<Self> {
        let path = UndoFolder::new(None).ok()?.beside(FILE);
        if !path.exists() {
            make(&path).ok()?;
        }
        read(&path)
    }

    /// The file with its MAC.
    pub(crate) fn sealed(&self, file: &UndoFile) -> io::Result<UndoFile> {
        let tag = hmac::sign(&self.0, &content(file)?);
        Ok(UndoFile { mac: Some(hex(tag.as_ref())), ..file.clone() })
    }

    /// True if the file is unchanged since this installation wrote it.
    pub(crate) fn fits(&self, file: &UndoFile) -> bool {
        let tag = file.mac.as_deref().and_then(bytes);
        tag.zip(content(file).ok())
            .is_some_and(|(tag, content)| hmac::verify(&self.0, &content, &tag).is_ok())
    }

    fn new(key: &[u8; LENGTH]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }
}

/// The content that the MAC covers: the whole file except the MAC itself.
fn content(file: &UndoFile) -> io::Result<Vec<u8>> {
    serde_json::to_vec(&UndoFile { mac: None, ..file.clone() }).map_err(io::Error::other)
}

fn read(path: &Path) -> Option<Seal> {
    let file = bundle::open(path).ok()?;
    check_private(path, &file).ok()?;
    let mut key = Vec::new();
    file.take(LENGTH as u64 + 1).read_to_end(&mut key).ok()?;
    Some(Seal::new(&key.try_into().ok()?))
}

/// Creates the key. If two runs do so at once, the first key wins: the finished file is hard-linked into
/// place.
fn make(path: &Path) -> io::Result<()> {
    let mut key = [0; LENGTH];
    SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let beside = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let written = private(&beside).and_then(|mut file| {
        file.write_all(&key)?;
        file.sync_all()
    });
    let linked = written.and_then(|()| std::fs::hard_link(&beside, path));
    let _ = std::fs::remove_file(&beside);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len().is_multiple_of(2)).then(|| digits.chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_changed_file_or_one_sealed_elsewhere_does_not_fit() {
        let (own, other) = (Seal::new(&[1; LENGTH]), Seal::new(&[2; LENGTH]));
        let file = UndoFile::new("https://dev-1.okta.com".to_owned(), "r1".to_owned(), 0);
        let sealed = own.sealed(&file).unwrap();
        assert!(own.fits(&sealed) && !other.fits(&sealed) && !own.fits(&file));
        let changed = UndoFile { target: "https://evil.example.com".to_owned(), ..sealed.clone() };
        assert!(!own.fits(&changed));
        for mac in ["", "zz", "0", "é"] {
            assert!(!own.fits(&UndoFile { mac: Some(mac.to_owned()), ..file.clone() }), "{mac}");
        }
        // The file as read from disk.
        let text = serde_json::to_string_pretty(&sealed).unwrap();
        assert!(own.fits(&serde_json::from_str(&text).unwrap()));
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_created_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("okta-conformance-seal-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let path = folder.join("state").join(FILE);
        make(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        make(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(read(&path).is_some());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&path).is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
