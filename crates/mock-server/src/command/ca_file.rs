//! The file with the certificate of the mock's CA, for clients.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use okta_mock_server::MockServer;
use rand::TryRng as _;
use rand::rngs::SysRng;

/// The file with the certificate of the CA. A file that the mock named is removed at the end.
pub(super) struct CaFile {
    path: PathBuf,
    is_temporary: bool,
}

impl CaFile {
    /// Writes the certificate of the CA that the mock made, if it made one.
    pub(super) fn write(mock: &MockServer, chosen: Option<&Path>) -> Result<Option<Self>, String> {
        let Some(certificate) = mock.ca_certificate() else { return Ok(None) };
        let (path, options) = match chosen {
            Some(path) => {
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(true);
                (std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), options)
            }
            None => {
                let mut options = OpenOptions::new();
                // Other users of the machine may write to the folder for temporary files.
                options.write(true).create_new(true);
                (temporary()?, options)
            }
        };
        let written = options.open(&path).and_then(|mut file| file.write_all(certificate.as_bytes()));
        written.map_err(|error| format!("cannot write the CA certificate to {}: {error}", path.display()))?;
        Ok(Some(Self { path, is_temporary: chosen.is_none() }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Returns a new name in the folder for temporary files.
fn temporary() -> Result<PathBuf, String> {
    let mut bytes = [0; 8];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| format!("cannot generate a file name: {error}"))?;
    let name = format!("okta-mock-server-ca-{:016x}.pem", u64::from_be_bytes(bytes));
    Ok(std::env::temp_dir().join(name))
}
