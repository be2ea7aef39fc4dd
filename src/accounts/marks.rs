//! Tells an account's contacts what was read and who writes: beside the messages, since nobody waits for it. Rows, not
//! tasks; what can't be told in its time is dropped.

use std::sync::Arc;
use std::time::Duration;

use database::Priority;
use tokio_util::sync::CancellationToken;
use transport::{Address, Mark, ReadMessage, Transport};

use crate::app::App;
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::inbox::marks::Typing;
use crate::store::Write;
use crate::store::marks::{ChatMark, MarkKind, mark_delete, mark_list, read_messages};

/// Where no bell rings, as when another server took the mark.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const MARKS_MAX: i64 = 50;
/// Messages that one mark names.
const MESSAGES_MAX: i64 = 100;
const TELL_MAX: Duration = Duration::from_secs(10);

/// The marks of one account.
pub struct Marker {
    app: App,
    workspace: WorkspaceId,
    account: AccountId,
    transport: Arc<dyn Transport>,
}

/// A mark, and what its transport is told.
type Told = (ChatMark, Address, Option<Mark>);

impl Marker {
    pub fn new(app: App, workspace: WorkspaceId, account: AccountId, transport: Arc<dyn Transport>) -> Marker {
        Marker { app, workspace, account, transport }
    }

    /// Tells until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let bell = self.app.mark_bells.of((self.workspace, self.account));
        let look_every = self.app.clock.look_every(LOOK_EVERY);
        while !stop.is_cancelled() {
            if let Some(Err(error)) = stop.run_until_cancelled(self.turn()).await {
                tracing::debug!(account = %self.account, workspace = %self.workspace, %error, "marks wait");
            }
            tokio::select! {
                () = bell.notified() => {}
                () = tokio::time::sleep(look_every) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Tells what waits; returns how many marks are done with.
    ///
    /// # Errors
    /// A fault of the database; the next turn does it again.
    pub async fn turn(&self) -> Result<usize, Error> {
        let now = self.app.clock.now();
        let mut done = Vec::new();
        for (mark, chat, told) in self.look().await? {
            // What is too old is dropped, and so is what names nothing.
            let told = told.filter(|_| mark.until > now);
            let is_done = match told {
                Some(told) => {
                    let telling = tokio::time::timeout(TELL_MAX, self.transport.mark(&chat, &told));
                    matches!(telling.await, Ok(Ok(())))
                }
                None => true,
            };
            done.extend(is_done.then_some(mark));
        }
        let count = done.len();
        if count > 0 {
            let work =
                move |write: &mut Write<'_, '_>| Ok(done.iter().try_for_each(|mark| mark_delete(write, mark))?);
            crate::workspace::write(&self.app.database, self.workspace, Priority::Background, now, work).await?;
        }
        Ok(count)
    }

    async fn look(&self) -> Result<Vec<Told>, Error> {
        let (workspace, account) = (self.workspace, self.account);
        let look = move |snapshot: &mut database::Snapshot<'_>| {
            let mut marks = Vec::new();
            for (mark, jid) in mark_list(snapshot, workspace, account, MARKS_MAX)? {
                let told = match mark.kind {
                    MarkKind::Typing => Typing::parse(&mark.detail).map(|typing| Mark::Typing(typing.into())),
                    MarkKind::Read => {
                        let read = read_messages(snapshot, workspace, &mark, MESSAGES_MAX)?;
                        let messages: Vec<ReadMessage> = read
                            .into_iter()
                            .map(|read| ReadMessage { wamid: read.wamid, sender: Address::from_jid(read.sender_jid) })
                            .collect();
                        (!messages.is_empty()).then_some(Mark::Read(messages))
                    }
                };
                marks.push((mark, Address::from_jid(jid), told));
            }
            Ok::<_, Error>(marks)
        };
        self.app.read(look).await
    }
}

impl From<Typing> for transport::Typing {
    fn from(typing: Typing) -> transport::Typing {
        match typing {
            Typing::Typing => transport::Typing::Typing,
            Typing::Recording => transport::Typing::Recording,
            Typing::Paused => transport::Typing::Paused,
        }
    }
}
