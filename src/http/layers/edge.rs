//! The one layer every request passes; `layers::layered` says what it does, in order.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Response, header};
use hyper::body::Frame;
use pin_project_lite::pin_project;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tower::{Layer, Service};

use super::access::{AccessMetrics, Asked, CLIENT_LEFT, unmatched_path};
use super::compression::{Coding, accepted, compress};
use super::request_body::BodyRules;
use super::request_id::{self, RequestId, RequestIds};
use super::{Refusal, refusal::RefusalError};
use crate::http::client_address::TrustedProxies;
use crate::http::server::{Peer, ServerOptions};

pub(super) struct Edge {
    options: ServerOptions,
    proxies: TrustedProxies,
    ids: RequestIds,
    metrics: AccessMetrics,
    shutdown: CancellationToken,
}

impl Edge {
    pub(super) fn new(options: &ServerOptions, proxies: TrustedProxies, shutdown: CancellationToken) -> Edge {
        Edge { options: options.clone(), proxies, ids: RequestIds::new(), metrics: AccessMetrics::default(), shutdown }
    }

    /// Names the request and its client, puts the rules around its body.
    fn receive(&self, request: &mut Request, started: Instant) -> (Asked, Option<BodyRules>) {
        // Without a server (a test that calls the router) there is no peer; then nobody is loopback or trusted.
        let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let client = self.proxies.client(peer, request.headers());
        let id = Some(request.headers())
            .filter(|_| self.proxies.contains(peer))
            .and_then(RequestId::inbound)
            .unwrap_or_else(|| self.ids.next(started));
        let route = request.extensions().get::<MatchedPath>().cloned();
        let path = if route.is_some() { String::new() } else { unmatched_path(request.uri().path()) };
        let rules = (!request.body().is_end_stream()).then(|| {
            let rules = BodyRules::new(&self.options);
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = rules.guard(body);
            request.extensions_mut().insert(rules.clone());
            rules
        });
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(id.clone());
        (Asked { id, method: request.method().clone(), route, path, client }, rules)
    }

    /// Event streams have no end of their own; a stop gives them one, in order, and browsers come back.
    fn ending_with_shutdown(&self, response: Response<Body>) -> Response<Body> {
        let is_stream = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        if !is_stream {
            return response;
        }
        let stop = Box::pin(self.shutdown.clone().cancelled_owned());
        response.map(|inner| Body::new(StreamUntilStop { inner, stop }))
    }
}

#[derive(Clone)]
pub(super) struct EdgeLayer(Arc<Edge>);

impl EdgeLayer {
    pub(super) fn new(edge: Arc<Edge>) -> EdgeLayer {
        EdgeLayer(edge)
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = EdgeService<S>;

    fn layer(&self, inner: S) -> EdgeService<S> {
        EdgeService { inner, edge: self.0.clone() }
    }
}

#[derive(Clone)]
pub(super) struct EdgeService<S> {
    inner: S,
    edge: Arc<Edge>,
}

impl<S> Service<Request> for EdgeService<S>
where
    S: Service<Request, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = EdgeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        let (asked, rules) = self.edge.receive(&mut request, started);
        let coding = accepted(request.headers());
        let answered = Answered { edge: self.edge.clone(), asked, started, done: false };
        EdgeFuture { inner: self.inner.call(request), coding, rules, answered }
    }
}

pin_project! {
    pub(super) struct EdgeFuture<F> {
        #[pin]
        inner: F,
        coding: Option<Coding>,
        rules: Option<BodyRules>,
        answered: Answered,
    }
}

impl<F> Future for EdgeFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>>,
{
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A handler that panicked is not polled again, so a half-changed state is seen by nobody.
        let response = match catch_unwind(AssertUnwindSafe(|| this.inner.poll(cx))) {
            Ok(polled) => match ready!(polled) {
                Ok(response) => response,
            },
            Err(panic) => {
                log_panic(&this.answered.asked, &*panic);
                Refusal::Panicked.answer()
            }
        };
        let response = replace_body_fault(response, this.rules.as_ref());
        let response = compress(response, *this.coding);
        let mut response = this.answered.edge.ending_with_shutdown(response);
        let headers = response.headers_mut();
        headers.insert(request_id::HEADER, this.answered.asked.id.header());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        this.answered.with(response.status().as_u16());
        Poll::Ready(Ok(response))
    }
}

/// Whatever an extractor or handler made of a body that failed: if it was an error, the client hears the right one.
fn replace_body_fault(response: Response<Body>, rules: Option<&BodyRules>) -> Response<Body> {
    let Some(fault) = rules.and_then(BodyRules::fault) else { return response };
    let refusal = Refusal::from(fault);
    let RefusalError { status, reason, .. } = refusal.error();
    metrics::counter!("partyline_http_refused_total", "reason" => reason).increment(1);
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if is_error && response.status() != status { refusal.answer() } else { response }
}

fn log_panic(asked: &Asked, panic: &(dyn std::any::Any + Send)) {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    metrics::counter!("partyline_http_panics_total").increment(1);
    tracing::error!(request_id = asked.id.as_str(), message = text.unwrap_or("no text"), "a handler panicked");
}

/// Logs and counts the request once: with its answer, or as one whose client left.
struct Answered {
    edge: Arc<Edge>,
    asked: Asked,
    started: Instant,
    done: bool,
}

impl Answered {
    fn with(&mut self, status: u16) {
        self.done = true;
        let duration = self.started.elapsed();
        self.edge.metrics.count(&self.asked, status, duration);
        self.asked.log(status, duration);
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        if !self.done {
            self.with(CLIENT_LEFT);
        }
    }
}

struct StreamUntilStop {
    inner: Body,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl HttpBody for StreamUntilStop {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if polled.is_pending() && self.stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        polled
    }
}
