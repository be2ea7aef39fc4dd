//! An open write of one workspace: its counters are locked first and saved last, so whatever else it writes commits with
//! them. `workspace/write.rs` opens and closes it.

use database::{Sql, Tx, Value};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Cause;
use crate::id::{AccountId, ChatId, ContactId, WorkspaceId};
use crate::store::counters::{Counters, counters_find, counters_lock, counters_save};
use crate::store::workspaces::Workspace;

/// An open write of one workspace.
pub struct Write<'t, 'c> {
    pub tx: &'t mut Tx<'c>,
    pub workspace: Workspace,
    pub counters: Counters,
    pub now: Time,
    /// Who is behind what this write does; its events bear it.
    pub cause: Cause,
    before: Counters,
}

impl<'t, 'c> Write<'t, 'c> {
    /// Locks the workspace; `None` if there is no such one.
    pub fn open(tx: &'t mut Tx<'c>, workspace: WorkspaceId, now: Time) -> Result<Option<Write<'t, 'c>>, Error> {
        let Some((workspace, counters)) = counters_lock(tx, workspace)? else { return Ok(None) };
        let before = counters.clone();
        Ok(Some(Write { tx, workspace, counters, now, cause: Cause::Outside, before }))
    }

    /// Saves what the counters have become. Without it nothing of them is kept.
    pub fn close(self) -> Result<(), Error> {
        if self.counters != self.before {
            counters_save(self.tx, self.workspace.id, &self.counters)?;
        }
        Ok(())
    }

    /// Reads the settings again. Under the lock this is how they are now; the lock itself, having waited for another
    /// node's write, may show them as they were before it.
    pub fn refresh_settings(&mut self) -> Result<(), Error> {
        if let Some((workspace, _)) = counters_find(self.tx, self.workspace.id)? {
            self.workspace = workspace;
        }
        Ok(())
    }

    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace.id
    }

    /// Queues an `INSERT` that nothing in this write reads back; all of them go in one round trip at the end.
    pub fn later(&mut self, sql: &'static Sql, values: Vec<Value<'static>>) -> Result<(), Error> {
        Ok(self.tx.later(sql, values)?)
    }

    pub fn next_account_id(&mut self) -> AccountId {
        AccountId(next(&mut self.counters.account_last))
    }

    pub fn next_contact_id(&mut self) -> ContactId {
        ContactId(next(&mut self.counters.contact_last))
    }

    pub fn next_chat_id(&mut self) -> ChatId {
        ChatId(next(&mut self.counters.chat_last))
    }

    /// The outbox's next place; it numbers all accounts of a workspace, so order is the order of acceptance.
    pub fn next_outbox_seq(&mut self) -> i64 {
        next(&mut self.counters.outbox_last)
    }
}

fn next(counter: &mut i64) -> i64 {
    *counter += 1;
    *counter
}
