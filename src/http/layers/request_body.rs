//! A limit and a clock around every request body, whoever reads it and however.
//!
//! The limit stands here and not in the extractors, so a handler that reads the raw body can't forget it. A body may
//! take `body_timeout` in all and must bring some bytes in each window; a client that keeps to the second rule can
//! send a long upload if the route allows the time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::DefaultBodyLimit;
use axum::http::Request;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tower::{Layer, Service};

use super::Refusal;
use crate::http::server::ServerOptions;

/// A request body that failed; what the reader of the body gets as its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BodyFault {
    TooLarge = 1,
    TooSlow,
    Broken,
}

impl fmt::Display for BodyFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(Refusal::from(*self).error().message)
    }
}

impl std::error::Error for BodyFault {}

impl From<BodyFault> for Refusal {
    fn from(fault: BodyFault) -> Refusal {
        match fault {
            BodyFault::TooLarge => Refusal::BodyTooLarge,
            BodyFault::TooSlow => Refusal::BodyTooSlow,
            BodyFault::Broken => Refusal::BodyBroken,
        }
    }
}

/// The rules for one request's body, shared between the layer, the body and the route. A request extension while the
/// request has a body.
#[derive(Clone, Debug)]
pub(super) struct BodyRules(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    bytes_max: AtomicU64,
    timeout_ms: AtomicU64,
    progress_window: Duration,
    progress_bytes_min: u64,
    fault: AtomicU8,
}

impl BodyRules {
    pub(super) fn new(options: &ServerOptions) -> BodyRules {
        BodyRules(Arc::new(Rules {
            bytes_max: AtomicU64::new(options.body_bytes_max),
            timeout_ms: AtomicU64::new(u64::try_from(options.body_timeout.as_millis()).unwrap_or(u64::MAX)),
            progress_window: options.progress_window,
            progress_bytes_min: options.progress_bytes_min,
            fault: AtomicU8::new(0),
        }))
    }

    pub(super) fn fault(&self) -> Option<BodyFault> {
        [BodyFault::TooLarge, BodyFault::TooSlow, BodyFault::Broken]
            .into_iter()
            .find(|fault| *fault as u8 == self.0.fault.load(Relaxed))
    }

    pub(super) fn guard(&self, inner: Body) -> Body {
        Body::new(GuardedBody { inner, rules: self.clone(), received: 0, begun: false, ended: false, clock: None })
    }
}

/// A layer for routes whose bodies may be larger or slower than the server's default: `.layer(AllowBody { .. })`.
#[derive(Clone, Copy, Debug)]
pub struct AllowBody {
    pub bytes_max: u64,
    pub timeout: Duration,
}

impl<S> Layer<S> for AllowBody {
    type Service = AllowBodyService<<DefaultBodyLimit as Layer<S>>::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        // axum's extractors would still stop at their own 2 MiB.
        AllowBodyService { inner: DefaultBodyLimit::disable().layer(inner), allowed: *self }
    }
}

#[derive(Clone, Debug)]
pub struct AllowBodyService<S> {
    inner: S,
    allowed: AllowBody,
}

impl<S, B> Service<Request<B>> for AllowBodyService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        if let Some(BodyRules(rules)) = request.extensions().get() {
            rules.bytes_max.store(self.allowed.bytes_max, Relaxed);
            rules.timeout_ms.store(u64::try_from(self.allowed.timeout.as_millis()).unwrap_or(u64::MAX), Relaxed);
        }
        self.inner.call(request)
    }
}

struct GuardedBody {
    inner: Body,
    rules: BodyRules,
    received: u64,
    begun: bool,
    ended: bool,
    /// Only made when a read has to wait: most bodies come with their head.
    clock: Option<BodyClock>,
}

struct BodyClock {
    deadline: Instant,
    window_began_with: u64,
    sleep: Pin<Box<Sleep>>,
}

impl GuardedBody {
    fn fail(&mut self, fault: BodyFault) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.ended = true;
        self.rules.0.fault.store(fault as u8, Relaxed);
        Poll::Ready(Some(Err(axum::Error::new(fault))))
    }

    fn bytes_max(&self) -> u64 {
        self.rules.0.bytes_max.load(Relaxed)
    }

    /// Whether the body, which has to be waited for, is too slow by now.
    fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let rules = &self.rules.0;
        let clock = self.clock.get_or_insert_with(|| {
            let now = Instant::now();
            let deadline = now + Duration::from_millis(rules.timeout_ms.load(Relaxed));
            let sleep = Box::pin(sleep_until(deadline.min(now + rules.progress_window)));
            BodyClock { deadline, window_began_with: self.received, sleep }
        });
        while clock.sleep.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if now >= clock.deadline || self.received - clock.window_began_with < rules.progress_bytes_min {
                return true;
            }
            clock.window_began_with = self.received;
            clock.sleep.as_mut().reset(clock.deadline.min(now + rules.progress_window));
        }
        false
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        if !this.begun {
            this.begun = true;
            // Judged before the first read: a client that waits for `100 Continue` then needn't send the body at all.
            if this.inner.size_hint().lower() > this.bytes_max() {
                return this.fail(BodyFault::TooLarge);
            }
        }
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                if this.received > this.bytes_max() {
                    return this.fail(BodyFault::TooLarge);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => this.fail(BodyFault::Broken),
            Poll::Ready(None) => {
                this.ended = true;
                Poll::Ready(None)
            }
            Poll::Pending if this.is_too_slow(cx) => this.fail(BodyFault::TooSlow),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
