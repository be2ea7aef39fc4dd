//! Files, both ways. Bytes pass through files without a name: WhatsApp's seals are checked over the whole, and no file is
//! held in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::runtime::Handle;
use transport::{FileBytes, OutgoingFile, SendError};
use wacore::media_retry::MediaRetryResult;
use wacore::upload::{UploadSource, encrypt_media_streaming_with_key};
use whatsapp_rust::download::DownloadParams;
use whatsapp_rust::error::ErrorChainExt as _;
use whatsapp_rust::features::MediaReuploadRequest;
use whatsapp_rust::{Client, Jid, Server, anyhow};

use crate::WebParts;
use crate::compose::Uploaded;
use crate::errors::{again, never};
use crate::http::Reader;
use crate::source::{Source, media_type};

/// The largest that WhatsApp has: a document, and a little for its seal.
pub const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024 + 1_024;
const PIECE_BYTES: usize = 64 * 1024;
/// The phone is asked for a file that WhatsApp's stores have forgotten; it may be off.
const REUPLOAD_MAX: Duration = Duration::from_secs(20);

/// A sealed file on its way up.
struct Sealed {
    file: NamedTempFile,
    length: u64,
}

impl UploadSource for Sealed {
    fn len(&self) -> u64 {
        self.length
    }

    fn reader_from(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = self.file.reopen()?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}

/// Seals a file with its key and uploads it. Nothing was said to anybody yet, so it may be tried again.
pub async fn upload(
    parts: &WebParts,
    client: &Client,
    file: &OutgoingFile,
    key: [u8; 32],
) -> Result<Uploaded, SendError> {
    let bytes = parts.files.open(file.sha256).await?;
    let (folder, media) = (parts.scratch.clone(), media_type(file.kind));
    let runtime = Handle::current();
    let seal = move || -> anyhow::Result<_> {
        let reader = Reader { bytes, piece: Bytes::new(), runtime };
        let sealed = NamedTempFile::new_in(folder)?;
        let info = encrypt_media_streaming_with_key(reader, sealed.as_file(), media, Some(&key), None)?;
        let length = sealed.as_file().metadata()?.len();
        Ok((Sealed { file: sealed, length }, info))
    };
    let sealed = tokio::task::spawn_blocking(seal).await;
    let sealed = sealed.map_err(|error| again("Upload failed", &error.to_string()))?;
    let (sealed, info) = sealed.map_err(|error| again("Upload failed", &format!("{error:#}")))?;
    let uploaded = client.upload_stream(sealed, info, media).await;
    let up = uploaded.map_err(|error| again("Upload failed", &format!("{error:#}")))?;
    Ok(Uploaded {
        url: up.url,
        path: up.direct_path,
        key: up.media_key,
        sha256: up.file_sha256,
        sealed_sha256: up.file_enc_sha256,
        length: up.file_length,
        sidecar: up.streaming_sidecar,
    })
}

/// The bytes of a file that arrived.
pub async fn fetch(parts: &WebParts, client: &Client, stored: &str) -> Result<FileBytes, SendError> {
    let gone = || never("File gone", "What is known of it is not enough to fetch it.");
    let source = Source::parse(stored).ok_or_else(gone)?;
    let params = source.params().filter(|params| !params.direct_path.is_empty()).ok_or_else(gone)?;
    if source.length > FILE_BYTES_MAX {
        return Err(never("File too large", "It is larger than 100 MB."));
    }
    let error = match download(parts, client, &params).await {
        Ok(file) => return Ok(pieces(file)),
        Err(error) => error,
    };
    let cause: &(dyn std::error::Error + Send + Sync + 'static) = error.as_ref();
    if !matches!(cause.http_status(), Some(403 | 404 | 410)) {
        return Err(again("Download failed", &format!("{error:#}")));
    }
    let path = ask_again(client, &source).await?;
    let renewed = DownloadParams { direct_path: path, ..params };
    let file = download(parts, client, &renewed).await;
    file.map(pieces).map_err(|error| again("Download failed", &format!("{error:#}")))
}

async fn download(parts: &WebParts, client: &Client, params: &DownloadParams) -> anyhow::Result<File> {
    let file = tempfile::tempfile_in(&parts.scratch)?;
    client.download_from_params_to_writer(params, file).await
}

/// Asks the phone to put a file into WhatsApp's stores again; answers with its new place.
async fn ask_again(client: &Client, source: &Source) -> Result<String, SendError> {
    let gone = || never("File gone", "WhatsApp and the phone no longer have it.");
    let chat: Jid = source.chat.parse().map_err(|_| gone())?;
    let participant = source.sender.parse::<Jid>().ok().filter(|_| chat.server == Server::Group);
    let key = source.key_bytes().ok_or_else(gone)?;
    let request = MediaReuploadRequest {
        msg_id: &source.wamid,
        chat_jid: &chat,
        media_key: &key,
        is_from_me: source.from_me,
        participant: participant.as_ref(),
    };
    let asked = tokio::time::timeout(REUPLOAD_MAX, async { client.media_reupload().request(&request).await }).await;
    match asked {
        Ok(Ok(MediaRetryResult::Success { direct_path })) => Ok(direct_path),
        Ok(Ok(MediaRetryResult::NotFound)) => Err(gone()),
        Ok(Ok(_)) => Err(again("Download failed", "The phone could not give the file again.")),
        Ok(Err(error)) => Err(again("Download failed", &error.to_string())),
        Err(_) => Err(again("Download failed", "WhatsApp no longer has it, and the phone doesn't answer.")),
    }
}

/// A file's bytes; read where they are asked for, a piece at a time.
fn pieces(file: File) -> FileBytes {
    let file = tokio::fs::File::from_std(file);
    Box::pin(whatsapp_rust::futures::stream::try_unfold(file, |mut file| async move {
        use tokio::io::AsyncReadExt as _;
        let mut piece = vec![0; PIECE_BYTES];
        let length = file.read(&mut piece).await?;
        piece.truncate(length);
        Ok((length > 0).then(|| (Bytes::from(piece), file)))
    }))
}
