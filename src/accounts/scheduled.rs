//! Puts scheduled messages into the outbox when their time has come, and brings snoozed chats back. Rows, not timers: a restart
//! goes on where it was, and of several servers each message is released by one.

use std::time::Duration;

use database::Priority;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::inbox::schedule::release_due;
use crate::inbox::snooze::wake_due;
use crate::store::scheduled::scheduled_workspaces;
use crate::store::waiting::snoozed_workspaces;

/// How late a message may leave the schedule.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Workspaces of one look; the others come with the next.
const WORKSPACES_MAX: i64 = 1_000;
/// Writes for one workspace in one look, so that nobody's thousands keep the others waiting for long.
const WRITES_MAX: usize = 20;

/// Releases every second until `shutdown`.
pub async fn run(app: App, shutdown: CancellationToken) {
    let pause = || tokio::time::sleep(app.clock.look_every(LOOK_EVERY));
    while shutdown.run_until_cancelled(pause()).await.is_some() {
        if let Some(Err(error)) = shutdown.run_until_cancelled(release(&app)).await {
            tracing::debug!(%error, "tried again in a second");
        }
    }
}

/// Releases what is due; returns how many messages left the schedule.
///
/// # Errors
/// The first fault. One workspace's doesn't keep the others waiting.
pub async fn release(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let due = app.read(move |snapshot| Ok::<_, Error>(scheduled_workspaces(snapshot, now, WORKSPACES_MAX)?)).await?;
    let (mut released, mut first_fault) = (0, None);
    for workspace in due {
        match release_of(app, workspace).await {
            Ok(some) => released += some,
            Err(fault) => {
                tracing::warn!(%workspace, %fault, "scheduled messages could not be released");
                first_fault = first_fault.or(Some(fault));
            }
        }
    }
    if let Err(fault) = wake(app).await {
        first_fault = first_fault.or(Some(fault));
    }
    first_fault.map_or(Ok(released), Err)
}

/// Brings back the chats whose time has come.
async fn wake(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let due = app.read(move |snapshot| Ok::<_, Error>(snoozed_workspaces(snapshot, now, WORKSPACES_MAX)?)).await?;
    for workspace in due {
        for _ in 0..WRITES_MAX {
            if app.write(workspace, Priority::Background, wake_due).await? == 0 {
                break;
            }
        }
    }
    Ok(())
}

async fn release_of(app: &App, workspace: WorkspaceId) -> Result<usize, Error> {
    let mut released = 0;
    for _ in 0..WRITES_MAX {
        let some = app.write(workspace, Priority::Background, release_due).await?;
        released += some;
        if some == 0 {
            break;
        }
    }
    Ok(released)
}
