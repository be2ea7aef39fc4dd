//! Hands hyper's requests to the router, refuses those no handler should see, and notes what is owed.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, Response, Version, header};
use axum::routing::future::RouteFuture;
use hyper::body::{Frame, Incoming, SizeHint};
use pin_project_lite::pin_project;
use tower::Service;

use super::standing::Standing;
use super::{Peer, Shared};
use crate::http::layers::Refusal;

pub(super) struct ConnectionService {
    shared: Arc<Shared>,
    standing: Arc<Standing>,
    peer: SocketAddr,
}

impl ConnectionService {
    pub(super) fn new(shared: Arc<Shared>, standing: Arc<Standing>, peer: SocketAddr) -> ConnectionService {
        ConnectionService { shared, standing, peer }
    }

    /// Requests whose bytes could be read in two ways, or that are too long. They reach no layer: nothing in them is
    /// to be believed.
    fn refusal(&self, request: &Request<Incoming>, number: u64) -> Option<Refusal> {
        if self.standing.is_refused(number) {
            return Some(Refusal::AmbiguousFraming);
        }
        // What hyper hands over as the URI also counts scheme and authority, which `PathAndQuery` leaves out.
        if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > self.shared.options.uri_bytes_max) {
            return Some(Refusal::UriTooLong);
        }
        if request.version() == Version::HTTP_11 {
            let mut hosts = request.headers().get_all(header::HOST).iter();
            if hosts.next().is_none() || hosts.next().is_some() {
                return Some(Refusal::HostMissing);
            }
        }
        None
    }
}

impl hyper::service::Service<Request<Incoming>> for ConnectionService {
    type Response = Response<OwedBody>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        let number = self.standing.request_begun();
        let debt = Debt(self.standing.clone());
        let closes = request.version() < Version::HTTP_2;
        if let Some(refusal) = self.refusal(&request, number) {
            metrics::counter!("partyline_http_refused_total", "reason" => refusal.error().reason).increment(1);
            tracing::info!(peer = %self.peer, reason = refusal.error().reason, "refused a request");
            let mut response = refusal.answer();
            if closes {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            return Answering { inner: Answer::Ready { response: Some(response) }, debt, shared: None };
        }
        request.extensions_mut().insert(Peer(self.peer));
        // An empty body costs no allocation as `Body`; hyper's would.
        let request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
        let inner = Answer::Routed { future: self.shared.router.clone().call(request) };
        Answering { inner, debt, shared: closes.then(|| self.shared.clone()) }
    }
}

pin_project! {
    /// The answer in the making.
    pub(super) struct Answering {
        #[pin]
        inner: Answer,
        debt: Debt,
        // For HTTP/1: to say `Connection: close` once a stop was asked for.
        shared: Option<Arc<Shared>>,
    }
}

pin_project! {
    #[project = AnswerState]
    enum Answer {
        Ready { response: Option<Response<Body>> },
        Routed { #[pin] future: RouteFuture<Infallible> },
    }
}

impl Future for Answering {
    type Output = Result<Response<OwedBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.inner.project() {
            AnswerState::Ready { response } => response.take().unwrap_or_default(),
            AnswerState::Routed { future } => match ready!(future.poll(cx)) {
                Ok(response) => response,
            },
        };
        if this.shared.as_ref().is_some_and(|shared| shared.stopping.load(Ordering::Relaxed)) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let standing = this.debt.0.clone();
        Poll::Ready(Ok(response.map(|inner| OwedBody { inner, standing: Waiting { standing, waiting: false } })))
    }
}

/// An answer owed until it is there or nobody wants it any more.
struct Debt(Arc<Standing>);

impl Drop for Debt {
    fn drop(&mut self) {
        self.0.settle();
    }
}

/// An answer's body. While its next piece isn't made yet (an event stream mostly waits) we owe; when a piece is made
/// and nobody fetches the next one, the client does.
pub(super) struct OwedBody {
    inner: Body,
    standing: Waiting,
}

struct Waiting {
    standing: Arc<Standing>,
    waiting: bool,
}

impl Waiting {
    fn set(&mut self, waiting: bool) {
        match (self.waiting, waiting) {
            (false, true) => self.standing.owe(),
            (true, false) => self.standing.settle(),
            (false, false) => self.standing.moved(),
            (true, true) => {}
        }
        self.waiting = waiting;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.waiting {
            self.standing.settle();
        }
    }
}

impl HttpBody for OwedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        self.standing.set(polled.is_pending());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
