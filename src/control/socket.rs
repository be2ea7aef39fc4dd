//! Where the control socket is, and a way there that fits into a socket address.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const NAME: &str = "control.sock";
/// What a socket address holds, less the NUL at its end; 104 with it on the BSDs and macOS, 108 on Linux.
const PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// A path to the control socket that is short enough, and what must live as long as the path is used.
pub struct SocketPath {
    pub path: PathBuf,
    _folder: Option<File>,
}

impl SocketPath {
    /// The socket of the data folder. A folder whose path is too long is opened and gone through by its number.
    pub fn of(data: &Path) -> Result<SocketPath> {
        let plain = data.join(NAME);
        if plain.as_os_str().as_bytes().len() <= PATH_BYTES_MAX {
            return Ok(SocketPath { path: plain, _folder: None });
        }
        if !cfg!(target_os = "linux") {
            let why = format!(
                "the path {} is longer than the {PATH_BYTES_MAX} bytes that a socket may have; \
                 use a data folder with a shorter path",
                plain.display()
            );
            return Err(Error::new(ErrorKind::InvalidInput, why));
        }
        let folder = File::open(data)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()));
        Ok(SocketPath { path, _folder: Some(folder) })
    }
}
