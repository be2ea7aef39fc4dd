//! The bytes of our files, for the transports that send them.

use std::time::Duration;

use bytes::BytesMut;
use futures_util::stream;
use tokio::io::AsyncReadExt;
use transport::{FileBytes, FileSource, Pending, SendError, Verdict};

use crate::files::blob::Blobs;

/// A piece of a file on its way.
const PIECE_BYTES: usize = 64 * 1024;

/// The store of blobs, as transports see it.
pub struct OwnFiles(pub Blobs);

impl FileSource for OwnFiles {
    fn open(&self, sha256: [u8; 32]) -> Pending<'_, Result<FileBytes, SendError>> {
        Box::pin(async move {
            match self.0.open(&sha256).await {
                Ok(Some((file, _))) => Ok(pieces(file)),
                Ok(None) => Err(failure(Verdict::Permanent, "The file's bytes are gone.")),
                Err(error) => {
                    tracing::warn!(%error, "a file can't be read");
                    Err(failure(Verdict::Retry { after: Duration::from_secs(5) }, "The file can't be read just now."))
                }
            }
        })
    }
}

fn pieces(file: tokio::fs::File) -> FileBytes {
    let next = |mut file: tokio::fs::File| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = file.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (piece.freeze(), file)))
    };
    Box::pin(stream::try_unfold(file, next))
}

fn failure(verdict: Verdict, details: &str) -> SendError {
    SendError {
        verdict,
        code: None,
        title: "File unreadable".to_owned(),
        details: details.to_owned(),
        maybe_accepted: false,
    }
}
