//! A call before the gate of its workspace.

use database::Priority;

use super::Call;
use crate::error::Error;
use crate::store::Write;
use crate::workspace::limits::{Entry, Introduction, Limits, Pass, enter_shared};
use crate::workspace::quota::count_calls;

impl Call {
    /// Passes the gate where it stands in memory; a workspace that it doesn't know is read first.
    pub(super) async fn enter(&self) -> Result<Pass, Error> {
        let workspace = self.caller.workspace;
        loop {
            match self.app.limits.enter(workspace, &self.app.clock)? {
                Entry::Judged(pass) => return Ok(pass),
                Entry::Unknown => {
                    let now = self.app.clock.now();
                    let introduction = self.app.read(move |tx| Introduction::read(tx, workspace, now)).await?;
                    let introduction = introduction.ok_or_else(|| Error::internal("a token of no workspace"))?;
                    if let Limits::Local(local) = &self.app.limits {
                        local.introduce(introduction, &self.app.clock);
                    }
                }
            }
        }
    }

    /// As [`Call::enter`], for a call that has no write of its own, or not yet, in which a shared gate could judge and
    /// count it.
    pub(super) async fn enter_alone(&self) -> Result<Pass, Error> {
        if !self.app.limits.is_shared() {
            return self.enter().await;
        }
        let cause = self.caller.cause();
        let enter = move |write: &mut Write<'_, '_>| {
            write.cause = cause;
            match enter_shared(write) {
                Ok(()) => count_calls(write, 1).map(|()| Ok(Pass::Counted)),
                Err(refusal) if refusal.is_refusal() => Ok(Err(refusal)),
                Err(fault) => Err(fault),
            }
        };
        self.app.write(self.caller.workspace, Priority::Foreground, enter).await?
    }
}
