//! The way out: the first signal asks for a calm end, the second one wants it at once, and neither waits for ever.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use crate::failure::Failure;

/// How long running requests may take after the signal.
pub const REQUESTS_GRACE: Duration = Duration::from_secs(6);
/// When the process ends whatever still runs: under the ten seconds that service managers and containers give. Every
/// answer that was given is on disk by then, so nothing of it is lost.
const CALM_MAX: Duration = Duration::from_millis(9_500);

/// SIGTERM and SIGINT, heard from the moment this is made.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn listen() -> Result<Signals, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(format!("Signals can't be heard: {error}")));
        Ok(Signals { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Ends with the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Lets `calm` end the server, but neither past a second signal nor for longer than [`CALM_MAX`].
    pub async fn unless_impatient<T>(mut self, calm: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure>
    where
        T: Default,
    {
        tokio::select! {
            ended = calm => ended,
            () = self.next() => Err(Failure::new("Ended at once, as the second signal asked.")),
            () = sleep(CALM_MAX) => {
                tracing::warn!("the stop took too long: ending with work undone, none of which was answered");
                Ok(T::default())
            }
        }
    }
}
