//! Lets every workspace's search read on, in the background: rows only, so a restart goes on where it was.

use std::time::Duration;

use database::Priority;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::inbox::search::read_on;
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

/// Reads until there is nothing more. For tests and benches.
pub async fn catch_up(app: &App) -> Result<(), Error> {
    while read_once(app).await? {}
    Ok(())
}

/// A few writes for everybody who is behind; returns whether somebody still is. One workspace's fault doesn't keep the others
/// waiting.
async fn read_once(app: &App) -> Result<bool, Error> {
    let behind = app.read(|snapshot| Ok::<_, Error>(search_behind(snapshot, WORKSPACES_MAX)?)).await?;
    let (mut is_more, mut first_fault) = (false, None);
    for workspace in behind {
        match read_once_of(app, workspace).await {
            Ok(more) => is_more |= more,
            Err(fault) => {
                tracing::warn!(%workspace, %fault, "the search could not read on");
                first_fault = first_fault.or(Some(fault));
            }
        }
    }
    first_fault.map_or(Ok(is_more), Err)
}

async fn read_once_of(app: &App, workspace: WorkspaceId) -> Result<bool, Error> {
    for _ in 0..WRITES_MAX {
        // Not `App::write`, which would wake the workspace's workers for nothing.
        let now = app.clock.now();
        if !crate::workspace::write(&app.database, workspace, Priority::Background, now, read_on).await? {
            return Ok(false);
        }
    }
    Ok(true)
}
