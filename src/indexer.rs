//! Lets every workspace's search read on, and the words by which its chats are found, in the background: rows only, so a restart
//! goes on where it was.

use std::time::Duration;

use database::Priority;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::inbox::chat_words::read_chats_on;
use crate::inbox::search::read_on;
use crate::store::Write;
use crate::store::chat_words::chat_words_behind;
use crate::store::search::search_behind;

/// How long a new message may be unknown to the search of a server that has nothing else to do.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Workspaces of one look; the others come with the next.
const WORKSPACES_MAX: i64 = 1_000;
/// Writes for one workspace in a row, so that nobody's many messages keep the others waiting.
const WRITES_MAX: usize = 10;

/// Reads on every second until `shutdown`; at once, while there is more.
pub async fn run(app: App, shutdown: CancellationToken) {
    let mut is_more = true;
    loop {
        let pause = if is_more { Duration::ZERO } else { app.clock.look_every(LOOK_EVERY) };
        if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
        is_more = match shutdown.run_until_cancelled(read_once(&app)).await {
            Some(Ok(is_more)) => is_more,
            Some(Err(error)) => {
                tracing::debug!(%error, "tried again in a second");
                false
            }
            None => return,
        };
    }
}

/// What reads on for a workspace; returns whether there is more.
type ReadOn = fn(&mut Write<'_, '_>) -> Result<bool, Error>;

/// Reads until there is nothing more. For tests and benches.
pub async fn catch_up(app: &App) -> Result<(), Error> {
    while read_once(app).await? {}
    Ok(())
}

/// As [`catch_up`], the chats alone.
pub async fn catch_up_chats(app: &App) -> Result<(), Error> {
    while read_chats(app).await? {}
    Ok(())
}

/// A few writes for everybody who is behind; returns whether somebody still is.
async fn read_once(app: &App) -> Result<bool, Error> {
    let behind = app.read(|snapshot| Ok::<_, Error>(search_behind(snapshot, WORKSPACES_MAX)?)).await?;
    let (messages, chats) = (read_all(app, behind, read_on).await, read_chats(app).await);
    Ok(messages? | chats?)
}

async fn read_chats(app: &App) -> Result<bool, Error> {
    let behind = app.read(|snapshot| Ok::<_, Error>(chat_words_behind(snapshot, WORKSPACES_MAX)?)).await?;
    read_all(app, behind, read_chats_on).await
}

/// One workspace's fault doesn't keep the others waiting.
async fn read_all(app: &App, behind: Vec<WorkspaceId>, read_on: ReadOn) -> Result<bool, Error> {
    let (mut is_more, mut first_fault) = (false, None);
    for workspace in behind {
        match read_for(app, workspace, read_on).await {
            Ok(more) => is_more |= more,
            Err(fault) => {
                tracing::warn!(%workspace, %fault, "the search could not read on");
                first_fault = first_fault.or(Some(fault));
            }
        }
    }
    first_fault.map_or(Ok(is_more), Err)
}

async fn read_for(app: &App, workspace: WorkspaceId, read_on: ReadOn) -> Result<bool, Error> {
    for _ in 0..WRITES_MAX {
        // Not `App::write`, which would wake the workspace's workers for nothing.
        let now = app.clock.now();
        if !crate::workspace::write(&app.database, workspace, Priority::Background, now, read_on).await? {
            return Ok(false);
        }
    }
    Ok(true)
}
