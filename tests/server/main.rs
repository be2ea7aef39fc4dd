//! The server as seen from its socket: raw bytes in, raw bytes out.

mod answers;
mod http2;
mod limits;
mod proxies;
mod shutdown;
mod slow;
mod smuggling;
mod support;
mod thousand;
