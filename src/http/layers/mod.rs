//! What happens around every handler, in one place and one order.
//!
//! The stack is short on purpose: each `Router::layer` costs every request a boxed future, so all that every request
//! needs is one layer, [`edge`], written by hand.

mod access;
mod compression;
mod edge;
mod refusal;
mod request_body;
mod request_id;

use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;

pub use refusal::{Refusal, RefusalError};
pub use request_body::{AllowBody, BodyFault};
pub use request_id::RequestId;

use super::client_address::TrustedProxies;
use super::server::ServerOptions;

/// Puts the layers around all routes, fallbacks included. Call it last, on the finished router: what is merged later
/// goes without them. `shutdown` is the server's: event streams end with it.
///
/// Inwards, in this order:
/// 1. **Server** (`server/service.rs`, before any layer): ambiguous framing, missing `Host`, URI too long.
/// 2. **Who and which**: [`crate::http::client_address::ClientAddress`] and [`RequestId`], as request extensions.
/// 3. **Body**: limit and clock around the request body; [`AllowBody`] on a route changes them.
/// 4. **The handler**, its panics caught.
///
/// Outwards:
/// 5. **Faults**: a panic becomes 500, an error answer to a body too large, slow or broken becomes 413, 408 or 400.
/// 6. **Compression** of what is worth it.
/// 7. **Headers**: `X-Request-Id`, `X-Content-Type-Options`, `Cache-Control: no-store` where the handler said nothing.
/// 8. **Log and metrics**: one line and two numbers a request, also when the client left before the answer.
pub fn layered(
    router: Router,
    options: &ServerOptions,
    proxies: TrustedProxies,
    shutdown: CancellationToken,
) -> Router {
    router.layer(edge::EdgeLayer::new(Arc::new(edge::Edge::new(options, proxies, shutdown))))
}
