//! Fetches the files that came with messages: rows, not tasks, so a restart goes on where it was. A message never waits for
//! its file; the file is told in an event of its own when it is there, or when it is clear that it never will be.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use database::Priority;
use futures_util::{FutureExt, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use transport::{SendError, Transport, Verdict};

use crate::app::App;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::files::intake::describe;
use crate::id::{AccountId, ChatId, WorkspaceId};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_files::{
    FetchedFile, FileToFetch, MessageFile, message_file_due, message_file_ready, message_file_retry,
    message_file_unavailable,
};
use crate::store::messages::message_find;

/// Files of one account on their way at once.
const FETCHES_MAX: usize = 4;
/// Files taken up in one turn.
const DUE_MAX: i64 = 16;
/// The longest the fetcher goes without looking at the rows. Bells are only hints.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long WhatsApp may take to begin, and between two pieces.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// The largest file that is taken: a document may have as much.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// With the pauses below, something over a day.
const ATTEMPTS_MAX: i64 = 24;
const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(2 * 60 * 60);

/// The fetcher of one account.
pub struct Fetcher {
    app: App,
    workspace: WorkspaceId,
    account: AccountId,
    transport: Arc<dyn Transport>,
}

/// How a fetch ended.
enum Fetched {
    There(FetchedFile),
    Later { after: Duration, reason: String },
    Never { reason: String },
}

impl Fetcher {
    pub fn new(app: App, workspace: WorkspaceId, account: AccountId, transport: Arc<dyn Transport>) -> Fetcher {
        Fetcher { app, workspace, account, transport }
    }

    /// Fetches until told to stop; what is under way then is fetched again at the next start.
    pub async fn run(self, stop: CancellationToken) {
        let bell = self.app.fetch_bells.of((self.workspace, self.account));
        let look_every = self.app.clock.look_every(LOOK_EVERY);
        while !stop.is_cancelled() {
            let turn = tokio::select! {
                turn = self.turn() => turn,
                () = stop.cancelled() => return,
            };
            match turn {
                Ok(1..) => continue,
                Ok(0) => {}
                Err(error) => {
                    tracing::warn!(account = %self.account, workspace = %self.workspace, %error, "files can't be fetched");
                }
            }
            tokio::select! {
                () = bell.notified() => {}
                () = tokio::time::sleep(look_every) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Fetches some of what is due, and records what became of it; returns how many that were.
    ///
    /// # Errors
    /// A fault of the database. Nothing is forgotten: the next turn does it again.
    pub async fn turn(&self) -> Result<usize, Error> {
        let (workspace, account, now) = (self.workspace, self.account, self.app.clock.now());
        let look = move |snapshot: &mut database::Snapshot<'_>| {
            Ok(message_file_due(snapshot, workspace, account, now, DUE_MAX)?)
        };
        let due: Vec<FileToFetch> = self.app.read(look).await?;
        let count = due.len();
        let fetches = stream::iter(due).map(|file| self.fetch_one(file)).buffer_unordered(FETCHES_MAX);
        let ended: Vec<Result<(), Error>> = fetches.collect().await;
        ended.into_iter().collect::<Result<(), Error>>()?;
        Ok(count)
    }

    async fn fetch_one(&self, file: FileToFetch) -> Result<(), Error> {
        // A transport that panics over one file must not take the account's others with it.
        let fetched = match AssertUnwindSafe(self.fetch(&file)).catch_unwind().await {
            Ok(Ok(there)) => Fetched::There(there),
            Ok(Err(error)) => judge(&error, file.attachment.attempts + 1),
            Err(_) => Fetched::Never { reason: "The transport broke over this file".to_owned() },
        };
        let work = move |write: &mut Write<'_, '_>| record(write, &file, &fetched);
        self.app.write(self.workspace, Priority::Background, work).await
    }

    async fn fetch(&self, file: &FileToFetch) -> Result<FetchedFile, SendError> {
        let opening = tokio::time::timeout(SILENCE_MAX, self.transport.fetch_file(&file.attachment.source));
        let mut bytes = opening.await.map_err(|_| broken("WhatsApp gave no answer in time"))??;
        let mut blob = self.app.blobs.begin().await.map_err(no_room)?;
        loop {
            let piece = tokio::time::timeout(SILENCE_MAX, bytes.next()).await;
            let Some(piece) = piece.map_err(|_| broken("WhatsApp stopped sending it"))? else { break };
            let piece = piece.map_err(|error| broken(&format!("It broke off: {error}")))?;
            if blob.size_bytes() + piece.len() as u64 > FILE_BYTES_MAX {
                let mib = FILE_BYTES_MAX / 1024 / 1024;
                return Err(SendError {
                    verdict: Verdict::Permanent,
                    ..broken(&format!("It is larger than {mib} MB"))
                });
            }
            blob.write(&piece).await.map_err(no_room)?;
        }
        let blob = blob.finish().await.map_err(no_room)?;
        let MessageFile { kind, mimetype, filename, .. } = &file.attachment;
        describe(&self.app.blobs, &blob, *kind, mimetype, filename).await.map_err(no_room)
    }
}

fn judge(error: &SendError, attempts: i64) -> Fetched {
    let reason = error.to_string().replace('\0', "");
    match error.verdict {
        Verdict::Permanent | Verdict::NeedsTemplate | Verdict::Uncertain => Fetched::Never { reason },
        _ if attempts >= ATTEMPTS_MAX => {
            Fetched::Never { reason: format!("{reason} Given up after {attempts} tries.") }
        }
        Verdict::Retry { after } | Verdict::ChatThrottled { after } | Verdict::AccountHeld { for_: after } => {
            Fetched::Later { after: after.max(pause(attempts)), reason }
        }
        Verdict::AccountDown => Fetched::Later { after: pause(attempts), reason },
    }
}

fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX)
}

fn record(write: &mut Write<'_, '_>, file: &FileToFetch, fetched: &Fetched) -> Result<(), Error> {
    let (kind, changed) = match fetched {
        Fetched::There(there) => (Kind::AttachmentReady, message_file_ready(write, file.message, there)?),
        Fetched::Never { reason } => {
            (Kind::AttachmentUnavailable, message_file_unavailable(write, file.message, reason)?)
        }
        Fetched::Later { after, reason } => {
            message_file_retry(write, file.message, write.now + *after, reason)?;
            return Ok(());
        }
    };
    if changed {
        let chat =
            message_find(write.tx, write.workspace.id, file.message)?.map_or(ChatId(0), |view| view.message.chat);
        event_append(write, NewEvent { kind, chat, message: Some(file.message), detail: String::new() })?;
    }
    Ok(())
}

/// The fetch ended early; it is worth another try.
fn broken(details: &str) -> SendError {
    SendError {
        verdict: Verdict::Retry { after: Duration::ZERO },
        code: None,
        title: "Download failed".to_owned(),
        details: details.to_owned(),
        maybe_accepted: false,
    }
}

fn no_room(error: Error) -> SendError {
    tracing::warn!(%error, "a file that arrived can't be stored");
    let after = error.retry_after.unwrap_or(PAUSE_FIRST);
    SendError { verdict: Verdict::Retry { after }, ..broken("This server could not store it") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_grow_apart_and_come_to_an_end() {
        let pauses: Vec<u64> = (1..=5).map(|attempts| pause(attempts).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32]);
        assert_eq!(pause(ATTEMPTS_MAX), PAUSE_MAX);
        let all: Duration = (1..ATTEMPTS_MAX).map(pause).sum();
        assert!(all > Duration::from_secs(20 * 60 * 60), "{all:?}");
        assert!(matches!(judge(&broken("x"), ATTEMPTS_MAX - 1), Fetched::Later { .. }));
        assert!(matches!(judge(&broken("x"), ATTEMPTS_MAX), Fetched::Never { .. }));
    }
}
