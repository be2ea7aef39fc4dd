//! Answers without an end: opening one is a call like any other, and what comes afterwards isn't counted.

use std::future::Future;
use std::sync::Arc;

use axum::response::Response;

use super::Call;
use super::logging::Ending;
use crate::error::Error;
use crate::workspace::tokens::Caller;

impl Call {
    /// Answers with what `open` makes, once there is a place for it and the call has passed the gate. Where there is no
    /// place the call isn't counted.
    pub async fn stream<R, S, Fut>(
        self,
        request: Result<R, Error>,
        seat: Result<S, Error>,
        open: impl FnOnce(Arc<Caller>, R, S) -> Fut + Send,
    ) -> Response
    where
        R: Send,
        S: Send,
        Fut: Future<Output = Result<Response, Error>> + Send,
    {
        let seat = match seat {
            Ok(seat) => seat,
            Err(error) => return self.refuse_uncounted(error),
        };
        let pass = match self.enter_alone().await {
            Ok(pass) => pass,
            Err(error) => return self.refuse_uncounted(error),
        };
        let opened = match request {
            Ok(request) => open(Arc::clone(&self.caller), request, seat).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(response) => {
                self.note(pass, Ending::success(None));
                self.tell_ignored(response)
            }
            Err(error) => self.count(pass, Err(error)),
        }
    }
}
