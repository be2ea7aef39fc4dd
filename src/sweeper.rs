//! Forgets what has outlived its time, in small batches in the background, so that no table grows for ever.

mod blobs;
mod webhooks;

use std::time::Duration;

use database::Priority;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::store::events::event_prune;
use crate::store::idempotency::idempotency_prune;
use crate::store::message_receipts::receipt_prune;
use crate::store::send_steps::send_step_prune;
use crate::store::workspaces::{Workspace, workspace_list};
use crate::workspace::usage::{gather_usage, is_gathered};

const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Rows of one write: a fraction of the 100 ms that foreground writes may be kept waiting.
const BATCH_ROWS: i64 = 500;
/// Batches of one table in one sweep: 15,000 rows a minute, more than the server takes in over a month.
const BATCHES_MAX: usize = 30;

/// Sweeps every minute until `shutdown`.
pub async fn run(app: App, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(SWEEP_EVERY)).await.is_some() {
        if let Some(Err(error)) = shutdown.run_until_cancelled(blobs::sweep(&app, SWEEP_EVERY)).await {
            tracing::warn!(%error, "bytes that nobody needs could not be removed; tried again later");
        }
        match shutdown.run_until_cancelled(sweep(&app)).await {
            Some(Ok(0)) | None => {}
            Some(Ok(rows)) => tracing::debug!(rows, "forgot what had outlived its time"),
            Some(Err(error)) => tracing::warn!(%error, "old rows could not be forgotten; tried again in a minute"),
        }
    }
}

/// One sweep; returns how many rows went.
pub async fn sweep(app: &App) -> Result<u64, Error> {
    let now = app.clock.now();
    let mut gone = 0;
    for _ in 0..BATCHES_MAX {
        let prune = move |tx: &mut database::Tx<'_>| Ok::<_, Error>(idempotency_prune(tx, now, BATCH_ROWS)?);
        let rows = app.database.write(0, Priority::Background, prune).await?;
        gone += rows;
        if is_last(rows) {
            break;
        }
    }
    let workspaces = app.read(|snapshot| Ok::<_, Error>(workspace_list(snapshot)?)).await?;
    for workspace in workspaces {
        let before = now - kept(&workspace);
        gather(app, workspace.id).await?;
        for _ in 0..BATCHES_MAX {
            // Not `App::write`, which would wake the workspace's workers for nothing.
            let prune = move |write: &mut crate::store::Write<'_, '_>| {
                let steps = send_step_prune(write, before, BATCH_ROWS)?;
                Ok(event_prune(write, before, BATCH_ROWS)? + steps + receipt_prune(write, before, BATCH_ROWS)?)
            };
            let rows = crate::workspace::write(&app.database, workspace.id, Priority::Background, now, prune).await?;
            gone += rows;
            if is_last(rows) {
                break;
            }
        }
        gone += webhooks::sweep(app, workspace.id, before).await?;
    }
    Ok(gone)
}

/// How long a workspace keeps what it doesn't keep for good.
fn kept(workspace: &Workspace) -> Duration {
    Duration::from_secs(u64::try_from(workspace.kept_days).unwrap_or(0) * 24 * 3600)
}

/// Adds to the days and tokens what was used since the last sweep.
async fn gather(app: &App, workspace: WorkspaceId) -> Result<(), Error> {
    if app.read(move |snapshot| is_gathered(snapshot, workspace)).await? {
        return Ok(());
    }
    let now = app.clock.now();
    crate::workspace::write(&app.database, workspace, Priority::Background, now, gather_usage).await
}

fn is_last(rows: u64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows < BATCH_ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::app_in;
    use crate::clock::{Clock, Time};
    use crate::event_kind::Kind;
    use crate::id::ChatId;
    use crate::store::events::{NewEvent, event_after, event_append};
    use crate::workspace::settings::{KEPT, SettingsChange, change_settings, create_workspace};

    #[tokio::test]
    async fn events_are_forgotten_after_the_workspaces_days_and_not_before() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Clock::mock(Time::from_ms(1_790_000_000_000));
        let app = app_in(folder.path(), &clock);
        let now = clock.now();
        let make = move |tx: &mut database::Tx<'_>| create_workspace(tx, now, "Harbour", "UTC");
        let workspace = app.database.write(1, Priority::Foreground, make).await.expect("made");
        for _ in 0..2 {
            let happen = |write: &mut crate::store::Write<'_, '_>| {
                let event = NewEvent { kind: Kind::QuotaUsed, chat: ChatId(0), message: None, detail: String::new() };
                event_append(write, event).map(drop)
            };
            app.write(workspace, Priority::Foreground, happen).await.expect("written");
            assert_eq!(sweep(&app).await.expect("swept"), 0);
            clock.advance(KEPT - Duration::from_millis(1));
        }
        let keep = |days: i64| {
            move |write: &mut crate::store::Write<'_, '_>| {
                let (name, zone) = (write.workspace.name.clone(), write.workspace.zone.clone());
                change_settings(
                    write,
                    &SettingsChange { name, zone, kept_days: Some(days), ..SettingsChange::default() },
                )
            }
        };
        app.write(workspace, Priority::Foreground, keep(90)).await.expect("changed");
        assert_eq!(sweep(&app).await.expect("swept"), 0);
        // The second is not yet thirty days old.
        app.write(workspace, Priority::Foreground, keep(30)).await.expect("changed");
        assert_eq!(sweep(&app).await.expect("swept"), 1);
        let left = app.read(move |tx| Ok::<_, Error>(event_after(tx, workspace, 0, 10)?)).await.expect("read");
        assert_eq!(left.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
