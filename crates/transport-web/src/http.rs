//! Files' bytes on their way to and from WhatsApp's stores, and the page that says which version is current: by whoever
//! fetches for Partyline. The library reads and writes them from threads that may wait.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Buf as _, Bytes};
use tokio::runtime::Handle;
use transport::{FileBytes, Pending};
use wacore::net::{HttpClient, HttpRequest, HttpResponse, StreamingHttpResponse, UploadBody};
use whatsapp_rust::anyhow::{self, anyhow};
use whatsapp_rust::futures::{Stream, StreamExt as _};

/// The largest answer that is held in memory: pages and words about uploads.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
const PIECE_BYTES: usize = 64 * 1024;

/// A request to a store of WhatsApp's.
pub struct Request {
    pub url: String,
    pub is_post: bool,
    pub headers: Vec<(String, String)>,
    pub body: RequestBody,
}

/// What is sent with it.
pub enum RequestBody {
    Nothing,
    Whole(Bytes),
    /// As many bytes as it says, in pieces.
    Pieces(u64, Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>),
}

/// An answer, whatever its status.
pub struct Answer {
    pub status: u16,
    pub body: FileBytes,
}

/// Whoever makes requests for Partyline, with its limits and its judgement of addresses.
pub trait Http: Send + Sync {
    /// # Errors
    /// In words: no answer came.
    fn ask(&self, request: Request) -> Pending<'_, Result<Answer, String>>;
}

/// [`Http`] as the library wants it.
pub struct Client {
    http: Arc<dyn Http>,
    runtime: Handle,
}

impl Client {
    /// Within a runtime.
    pub fn new(http: Arc<dyn Http>) -> Client {
        Client { http, runtime: Handle::current() }
    }

    async fn ask(&self, request: HttpRequest, body: RequestBody) -> anyhow::Result<Answer> {
        let HttpRequest { url, method, headers, .. } = request;
        let is_post = !method.eq_ignore_ascii_case("GET");
        let headers = headers.into_iter().collect();
        self.http.ask(Request { url, is_post, headers, body }).await.map_err(|why| anyhow!(why))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn execute(&self, mut request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let body = request.body.take().map_or(RequestBody::Nothing, RequestBody::Whole);
        whole(self.ask(request, body).await?).await
    }

    fn supports_streaming(&self) -> bool {
        true
    }

    fn execute_streaming(&self, request: HttpRequest) -> anyhow::Result<StreamingHttpResponse> {
        let Answer { status, body } = self.runtime.block_on(self.ask(request, RequestBody::Nothing))?;
        let body = Reader { bytes: body, piece: Bytes::new(), runtime: self.runtime.clone() };
        Ok(StreamingHttpResponse { status_code: status, body: Box::new(body) })
    }

    fn supports_upload_streaming(&self) -> bool {
        true
    }

    fn execute_upload(&self, request: HttpRequest, body: UploadBody, length: u64) -> anyhow::Result<HttpResponse> {
        let body = RequestBody::Pieces(length, Box::pin(pieces(body)));
        self.runtime.block_on(async { whole(self.ask(request, body).await?).await })
    }
}

async fn whole(mut answer: Answer) -> anyhow::Result<HttpResponse> {
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece?);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(anyhow!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
        }
    }
    Ok(HttpResponse { status_code: answer.status, body })
}

/// A reader's bytes, read where the stream is asked for them: that is a thread that may wait.
fn pieces(reader: UploadBody) -> impl Stream<Item = io::Result<Bytes>> + Send {
    whatsapp_rust::futures::stream::try_unfold(reader, |mut reader| async move {
        let mut piece = vec![0; PIECE_BYTES];
        let length = reader.read(&mut piece)?;
        piece.truncate(length);
        Ok((length > 0).then(|| (Bytes::from(piece), reader)))
    })
}

/// A stream's bytes for a thread that may wait.
pub struct Reader {
    pub bytes: FileBytes,
    pub piece: Bytes,
    pub runtime: Handle,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.bytes.next()) {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Answers 200 with what it was sent.
    #[derive(Default)]
    struct Mirror {
        asked: Mutex<Vec<String>>,
    }

    impl Http for Mirror {
        fn ask(&self, request: Request) -> Pending<'_, Result<Answer, String>> {
            Box::pin(async move {
                self.asked.lock().expect("unharmed").push(request.url);
                let body: FileBytes = match request.body {
                    RequestBody::Nothing => Box::pin(whatsapp_rust::futures::stream::iter([
                        Ok(Bytes::from_static(b"one ")),
                        Ok(Bytes::from_static(b"two")),
                    ])),
                    RequestBody::Whole(bytes) => Box::pin(whatsapp_rust::futures::stream::iter([Ok(bytes)])),
                    RequestBody::Pieces(_, pieces) => pieces,
                };
                Ok(Answer { status: 200, body })
            })
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn bytes_pass_both_ways_in_pieces() {
        let client = Arc::new(Client::new(Arc::new(Mirror::default())));
        let whole = client.execute(HttpRequest::get("https://media.example/1")).await.expect("an answer");
        assert_eq!((whole.status_code, whole.body.as_slice()), (200, &b"one two"[..]));
        let work = tokio::task::spawn_blocking(move || {
            let mut read = String::new();
            let mut streamed =
                client.execute_streaming(HttpRequest::get("https://media.example/2")).expect("an answer");
            streamed.body.read_to_string(&mut read).expect("text");
            let up = vec![7; 200_000];
            let request = HttpRequest::post("https://media.example/3");
            let sent = client.execute_upload(request, Box::new(io::Cursor::new(up)), 200_000).expect("an answer");
            (read, sent.body.len())
        });
        assert_eq!(work.await.expect("ran"), ("one two".to_owned(), 200_000));
    }
}
