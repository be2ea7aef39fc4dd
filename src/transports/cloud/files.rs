//! Files, both ways: bytes in pieces, never a whole file in memory.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::iter;
use futures_util::{StreamExt, TryStreamExt};
use transport::{FileBytes, FileSource, OutgoingFile, SendError};
use uuid::Uuid;

use crate::id::random_bytes;
use crate::outbound::{AskBody, AskLimits, DownloadLimits, Fault, OutboundError};
use crate::transports::cloud::errors::{broken, never, unheard};
use crate::transports::cloud::line::Line;

/// A worker gives a send a minute.
const UPLOAD: AskLimits = AskLimits {
    connect_max: Duration::from_secs(10),
    answer_max: Duration::from_secs(45),
    answer_bytes_max: 64 * 1024,
};
/// The largest that WhatsApp has: a document.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// Uploads a file and returns the Graph's id of it. Nothing was said to anybody yet, so it may be tried again.
pub async fn upload(line: &Line, files: &Arc<dyn FileSource>, file: &OutgoingFile) -> Result<String, SendError> {
    let bytes = files.open(file.sha256).await?;
    let boundary = Uuid::from_bytes(random_bytes()).simple().to_string();
    let (head, tail) = (Bytes::from(head(&boundary, file)), Bytes::from(format!("\r\n--{boundary}--\r\n")));
    let length = head.len() as u64 + file.size_bytes + tail.len() as u64;
    let pieces = iter([Ok(head)]).chain(bytes).chain(iter([Ok(tail)]));
    let headers = vec![("content-type".to_owned(), format!("multipart/form-data; boundary={boundary}"))];
    let body = AskBody::Pieces { length, pieces: Box::pin(pieces) };
    let told = line.ask(&format!("{}/media", line.phone_number_id), headers, body, &UPLOAD).await;
    let told = told.map_err(|error| SendError { maybe_accepted: false, ..error })?;
    let id = told["id"].as_str().filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| broken("Upload not understood", "The answer names no file."))
}

/// What stands before the bytes.
fn head(boundary: &str, file: &OutgoingFile) -> String {
    let text = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    // What would end the name's quotes, or its line, is left out.
    let plain =
        |text: &str| -> String { text.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect() };
    let (filename, mimetype) = (plain(&file.filename), plain(&file.mimetype));
    let filename = if filename.is_empty() { "file" } else { &filename };
    format!(
        "{}{}--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
         Content-Type: {mimetype}\r\n\r\n",
        text("messaging_product", "whatsapp"),
        text("type", &mimetype),
    )
}

/// The bytes of a file that arrived, by the Graph's id of it.
pub async fn fetch(line: &Line, id: &str) -> Result<FileBytes, SendError> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_id {
        return Err(never("File gone", "It has no id that WhatsApp could know."));
    }
    let told = line.read(&format!("{id}?phone_number_id={}", line.phone_number_id)).await.map_err(gone)?;
    let url = told["url"].as_str().unwrap_or_default();
    let (outbound, url) = line.way_to(url);
    let limits = DownloadLimits::bytes(FILE_BYTES_MAX);
    let download = outbound.download_with(line.workspace, &url, &[line.authorization()], &limits).await;
    let download = download.map_err(|error| unfetched(&error))?;
    Ok(Box::pin(download.bytes.into_stream().map_err(io::Error::other)))
}

/// An id that the Graph doesn't know any more is of a file that is gone: they live for some days.
fn gone(error: SendError) -> SendError {
    match error.code {
        Some(100) => SendError { code: Some(131_052), ..never("Media download error", &error.details) },
        _ => error,
    }
}

fn unfetched(error: &OutboundError) -> SendError {
    match error.fault {
        // The address is good for minutes only; the next try asks for another one.
        Fault::Status(404 | 410) => broken("File not there", &error.to_string()),
        Fault::TooLarge { .. } => never("File too large", &error.to_string()),
        _ => SendError { maybe_accepted: false, ..unheard(error) },
    }
}

#[cfg(test)]
mod tests {
    use transport::FileKind;

    use super::*;

    #[test]
    fn a_files_name_ends_no_line() {
        let file = OutgoingFile {
            kind: FileKind::Document,
            mimetype: "text/plain".into(),
            filename: "a\"\r\nX: y\\.txt".into(),
            size_bytes: 1,
            caption: String::new(),
            sha256: [0; 32],
        };
        assert!(head("b", &file).contains("filename=\"aX: y.txt\"\r\n"), "{}", head("b", &file));
    }
}
