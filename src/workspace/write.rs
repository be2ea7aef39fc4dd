//! The one write: locks the workspace, moves its billing cycle on if that is due, does the work, saves the counters; all in
//! one durable transaction.

use database::{Database, Priority, Tx};

use crate::clock::Time;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::workspace::quota;

/// Runs `work` as one durable write of `workspace` and answers after the commit. `work` may run more than once, so its
/// effects are rows only.
///
/// # Errors
/// Whatever `work` says (nothing of it was written then), `not_found` without such a workspace, or a fault.
pub async fn write<T, F>(
    database: &Database,
    workspace: WorkspaceId,
    priority: Priority,
    now: Time,
    work: F,
) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
{
    database.write(workspace.0, priority, move |tx| run(tx, workspace, now, &work)).await
}

/// As [`write()`], for threads that may block.
pub fn write_blocking<T, F>(database: &Database, workspace: WorkspaceId, now: Time, work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
{
    database.write_blocking(workspace.0, Priority::Foreground, move |tx| run(tx, workspace, now, &work))
}

fn run<T>(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    now: Time,
    work: &impl Fn(&mut Write<'_, '_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let Some(mut write) = Write::open(tx, workspace, now)? else {
        return Err(Error::not_found(format!("Workspace {workspace} doesn't exist")));
    };
    quota::begin_cycle_if_due(&mut write)?;
    let answer = work(&mut write)?;
    write.close()?;
    Ok(answer)
}
