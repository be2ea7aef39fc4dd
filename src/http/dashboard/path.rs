//! The parts of a page's path. What can't be one of ours leads to a page that says so.

use axum::extract::{FromRequestParts, Path as Parts};
use axum::http::request;
use serde::de::DeserializeOwned;

use super::doors::Desk;
use super::session::Refusal;
use super::words::shared::NO_SUCH_PAGE;
use crate::error::Error;

/// As axum's own, but what can't be read is a page that isn't there.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, desk: &Desk) -> Result<Path<T>, Refusal> {
        let read = Parts::<T>::from_request_parts(parts, desk).await;
        let unknown = |_| Refusal::from(Error::not_found(NO_SUCH_PAGE));
        read.map(|Parts(path)| Path(path)).map_err(unknown)
    }
}
