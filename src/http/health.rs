//! What operators' tools ask: does it live, can it serve, how is it doing.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Json, Router};
use ipnet::IpNet;
use serde_json::json;

use super::client_address::{ClientAddress, TrustedProxies, is_forwarded};
use super::router::unknown_path;
use super::server::Peer;
use crate::telemetry::Metrics;

/// Tells whether requests can be served now. Asked often, so it must not block or do work: it says what others found.
/// The reason is public.
pub trait Readiness: Send + Sync + 'static {
    fn check(&self) -> Result<(), Cow<'static, str>>;
}

impl<F> Readiness for F
where
    F: Fn() -> Result<(), Cow<'static, str>> + Send + Sync + 'static,
{
    fn check(&self) -> Result<(), Cow<'static, str>> {
        self()
    }
}

/// What the operators' routes need.
pub struct HealthOptions {
    pub readiness: Box<dyn Readiness>,
    pub metrics: Metrics,
    /// Networks that may read `/metrics` beside this machine itself.
    pub metrics_readers: Vec<IpNet>,
    /// As given to [`super::layers::layered`].
    pub proxies: TrustedProxies,
}

/// `/healthz`, `/readyz` and `/metrics`. To be merged before [`super::layers::layered`].
pub fn router(options: HealthOptions) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(options))
}

/// The process lives and answers; nothing else is asked, so that a slow database doesn't get it restarted.
async fn healthz() -> impl IntoResponse {
    Json(json!({"status": "ok"}))
}

async fn readyz(State(options): State<Arc<HealthOptions>>) -> Response<Body> {
    match options.readiness.check() {
        Ok(()) => Json(json!({"status": "ok"})).into_response(),
        Err(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "unready", "reason": reason}))).into_response()
        }
    }
}

async fn metrics(
    State(options): State<Arc<HealthOptions>>,
    peer: Option<Extension<Peer>>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
) -> Response<Body> {
    let (Some(Extension(Peer(peer))), Some(Extension(ClientAddress(client)))) = (peer, client) else {
        return hidden();
    };
    // A proxy on this machine that nobody told us to trust makes the whole world look like loopback.
    let through_unknown_proxy = is_forwarded(&headers) && !options.proxies.contains(peer.ip());
    let allowed = client.is_loopback() || options.metrics_readers.iter().any(|network| network.contains(&client));
    if through_unknown_proxy || !allowed {
        return hidden();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], options.metrics.render()).into_response()
}

/// Route counts and timings are nobody's business outside: the same answer as for a path that isn't there.
fn hidden() -> Response<Body> {
    unknown_path("/metrics")
}
