//! WhatsApp's stores of files, and the page that names its current version: through our own client, with its limits.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::iter;
use transport::{FileBytes, Pending};
use transport_web::{Answer, Http, Request, RequestBody};

use crate::id::WorkspaceId;
use crate::outbound::{Ask, AskBody, AskLimits, DownloadLimits, Fault, Outbound};

/// A worker gives a send a minute.
const UPLOAD: AskLimits = AskLimits {
    connect_max: Duration::from_secs(10),
    answer_max: Duration::from_secs(45),
    answer_bytes_max: 256 * 1024,
};
/// The largest file that WhatsApp has, sealed.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024 + 1_024;

/// The stores, for one workspace.
pub struct Stores {
    pub outbound: Outbound,
    pub workspace: WorkspaceId,
    /// Where WhatsApp itself is reached without TLS, over something on this machine, its stores are too: only the scheme
    /// differs, and what an address may be is judged as ever.
    pub is_plain: bool,
}

impl Stores {
    async fn exchange(&self, request: Request) -> Result<Answer, String> {
        let Request { url, is_post, headers, body } = request;
        let url = match url.strip_prefix("https://") {
            Some(rest) if self.is_plain => format!("http://{rest}"),
            _ => url,
        };
        if is_post { self.post(url, headers, body).await } else { self.get(&url, &headers).await }
    }

    async fn get(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, String> {
        let limits = DownloadLimits::bytes(FILE_BYTES_MAX);
        match self.outbound.download_with(self.workspace, url, headers, &limits).await {
            Ok(file) => {
                let body: FileBytes = Box::pin(file.bytes.into_stream().map_err(io::Error::other));
                Ok(Answer { status: 200, body })
            }
            Err(error) => match error.fault {
                Fault::Status(status) => Ok(Answer { status, body: Box::pin(iter([])) }),
                _ => Err(error.to_string()),
            },
        }
    }

    async fn post(&self, url: String, headers: Vec<(String, String)>, body: RequestBody) -> Result<Answer, String> {
        let body = match body {
            RequestBody::Nothing => AskBody::Whole(Bytes::new()),
            RequestBody::Whole(bytes) => AskBody::Whole(bytes),
            RequestBody::Pieces(length, pieces) => AskBody::Pieces { length, pieces },
        };
        let answered = self.outbound.ask(self.workspace, Ask { url, headers, body }, &UPLOAD).await;
        let answered = answered.map_err(|error| error.to_string())?;
        Ok(Answer { status: answered.status, body: Box::pin(iter([Ok(answered.body)])) })
    }
}

impl Http for Stores {
    fn ask(&self, request: Request) -> Pending<'_, Result<Answer, String>> {
        Box::pin(self.exchange(request))
    }
}
