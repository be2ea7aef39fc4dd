//! The way out: the first signal asks for a calm end, the second one wants it at once.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// How long running requests may take after the signal.
pub const REQUESTS_GRACE: Duration = Duration::from_secs(6);
/// When the process ends whatever still runs: under the ten seconds that service managers and containers give. Every
/// answer that was given is on disk by then, so nothing is lost.
const EXIT_AFTER: Duration = Duration::from_millis(9_500);

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

    /// Ends with the first signal; from then on a second one ends the process.
    pub async fn wait(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            tracing::warn!("a second signal: ending at once");
            std::process::exit(i32::from(crate::failure::EXIT_FAILURE));
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ends the process when the calm end takes too long.
pub fn exit_if_late() {
    // A thread, since what is late may be holding up every worker of the runtime.
    std::thread::spawn(|| {
        std::thread::sleep(EXIT_AFTER);
        tracing::warn!("the stop took too long: ending with work undone, nothing of it was answered");
        std::process::exit(0);
    });
}
