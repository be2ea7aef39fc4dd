//! Telling what happened: each callback is posted, signed, until somebody answers 2xx or a week is over. Rows, not timers.

use std::time::Duration;

use bytes::Bytes;
use database::{Error, Priority, Snapshot, Tx};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::outbound::{Post, PostLimits};
use crate::sealing::SealingKey;
use crate::store::sandbox::SandboxOf;
use crate::store::sandbox_graphs::{
    SandboxCallback, SandboxGraph, sandbox_callback_delete, sandbox_callback_due, sandbox_callback_wait,
    sandbox_graph_find,
};
use crate::transports::sandbox::Sandbox;
use crate::transports::sandbox::acts::Stage;

/// Told at one look, one after the other.
const CALLBACKS_MAX: i64 = 100;
/// The longest without looking at the rows; the bell is only a hint.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);
/// With the pauses above, seven days.
const ATTEMPTS_MAX: i64 = 178;

fn place(of: SandboxOf) -> String {
    format!("graph app secret of {}/{}", of.workspace, of.account)
}

/// Seals what an account signs with. Draws randomness, so call it before a write begins.
///
/// # Errors
/// As [`SealingKey::seal`].
pub fn seal_app_secret(key: &SealingKey, of: SandboxOf, secret: &str) -> Result<Vec<u8>, crate::error::Error> {
    key.seal(&place(of), secret.as_bytes())
}

/// `sha256=` and the hex of the body's HMAC, as it stands in `X-Hub-Signature-256`.
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("an HMAC takes a key of any length");
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |mut text, byte| {
        std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}")).expect("a string takes any text");
        text
    })
}

impl Sandbox {
    /// Tells what is to be told now as the Graph; returns how many callbacks that were.
    ///
    /// # Errors
    /// A fault of the database; the next look tells it again.
    pub async fn tell(&self) -> Result<usize, Error> {
        self.stage.tell().await
    }
}

pub(in crate::transports::sandbox) fn spawn(stage: &Stage, stop: CancellationToken) -> JoinHandle<()> {
    let stage = stage.clone();
    tokio::spawn(async move {
        let look_every = stage.world.clock.look_every(LOOK_EVERY);
        while !stop.is_cancelled() {
            match stop.run_until_cancelled(stage.tell()).await {
                Some(Ok(1..)) => continue,
                Some(Ok(0)) | None => {}
                Some(Err(error)) => {
                    tracing::warn!(account = %stage.of.account, %error, "the sandbox's callbacks wait");
                }
            }
            tokio::select! {
                () = stage.to_tell.notified() => {}
                () = tokio::time::sleep(look_every) => {}
                () = stop.cancelled() => {}
            }
        }
    })
}

impl Stage {
    async fn tell(&self) -> Result<usize, Error> {
        let (of, now) = (self.of, self.world.clock.now());
        let look = move |tx: &mut Snapshot<'_>| -> Result<_, Error> {
            let due = sandbox_callback_due(tx, of, now, CALLBACKS_MAX)?;
            let graph = if due.is_empty() { None } else { sandbox_graph_find(tx, of)? };
            Ok((due, graph))
        };
        let (due, graph) = self.world.database.read(look).await?;
        let count = due.len();
        for callback in due {
            let is_told = match &graph {
                Some(graph) => self.post(graph, &callback).await,
                None => false,
            };
            self.note(&callback, is_told || graph.is_none()).await?;
        }
        Ok(count)
    }

    async fn post(&self, graph: &SandboxGraph, callback: &SandboxCallback) -> bool {
        let net = &self.world.net;
        let secret = net.sealing.as_ref().and_then(|key| key.open(&place(self.of), &graph.app_secret));
        let Some(secret) = secret.and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-hub-signature-256".to_owned(), signature(&secret, callback.body.as_bytes())),
        ];
        let post = Post { headers, body: Bytes::from(callback.body.clone()) };
        // To this very server it goes inside; anybody else's address is judged.
        let (outbound, url) = match net.as_own(&graph.callback_url) {
            Some(own) => (net.outbound.for_configured(), own),
            None => (net.outbound.clone(), graph.callback_url.clone()),
        };
        let answer = outbound.post(self.of.workspace, &url, &post, &PostLimits::default()).await;
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => true,
            Ok(answer) => {
                tracing::debug!(status = answer.status, url = graph.callback_url, "a callback was not taken");
                false
            }
            Err(error) => {
                tracing::debug!(%error, url = graph.callback_url, "a callback was not taken");
                false
            }
        }
    }

    async fn note(&self, callback: &SandboxCallback, is_done: bool) -> Result<(), Error> {
        let (of, id, attempts) = (self.of, callback.id, callback.attempts + 1);
        let due = self.world.clock.now() + pause(attempts);
        let work = move |tx: &mut Tx<'_>| match is_done || attempts >= ATTEMPTS_MAX {
            true => sandbox_callback_delete(tx, of, id),
            false => sandbox_callback_wait(tx, of, id, due),
        };
        self.world.database.write(of.workspace.0, Priority::Background, work).await
    }
}

fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_tried_for_about_a_week() {
        let all: Duration = (1..ATTEMPTS_MAX).map(pause).sum();
        let days = all.as_secs_f64() / 86_400.0;
        assert!((6.5..7.5).contains(&days), "{days}");
    }

    #[test]
    fn a_signature_is_an_hmac_in_hex() {
        // RFC 4231, case 2.
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), expected);
    }
}
