//! A claim on an `Idempotency-Key`, for a request that does something outside of the database before its write: while it
//! lives, a second request with the key is told to wait instead of doing the same once more.

use std::future::Future;

use database::Priority;
use tokio::time::sleep;

use crate::app::App;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::idempotency::{
    CLAIM_LIVES, ClaimId, IdempotencyKey, idempotency_claim_release, idempotency_claim_renew,
};

/// A committed claim. Dropped before it is settled (the client left), it is let go of in the background; a process that
/// dies leaves it to expire.
pub(super) struct Claim {
    app: App,
    workspace: WorkspaceId,
    key: IdempotencyKey,
    pub id: ClaimId,
    is_settled: bool,
}

impl Claim {
    pub fn new(app: &App, workspace: WorkspaceId, key: IdempotencyKey, id: ClaimId) -> Claim {
        Claim { app: app.clone(), workspace, key, id, is_settled: false }
    }

    /// Runs `work` and renews the claim meanwhile.
    pub async fn while_running<F: Future>(&self, work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                output = &mut work => return output,
                () = sleep(CLAIM_LIVES / 4) => self.renew().await,
            }
        }
    }

    async fn renew(&self) {
        let (key, id) = (self.key.clone(), self.id.clone());
        let renew = move |write: &mut Write<'_, '_>| Ok(idempotency_claim_renew(write, &key, &id)?);
        if let Err(error) = self.app.write(self.workspace, Priority::Foreground, renew).await {
            tracing::debug!(%error, "a claim on an idempotency key was not renewed");
        }
    }

    /// The answer was kept in the claim's place.
    pub fn settle(mut self) {
        self.is_settled = true;
    }

    /// Lets go of the key: what it was claimed for has failed, and may be tried again at once.
    pub async fn release(mut self) {
        self.is_settled = true;
        release(self.app.clone(), self.workspace, self.key.clone(), self.id.clone()).await;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Outside of the runtime there is nobody to do it, and nobody who waits.
        if !self.is_settled
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(release(self.app.clone(), self.workspace, self.key.clone(), self.id.clone()));
        }
    }
}

async fn release(app: App, workspace: WorkspaceId, key: IdempotencyKey, id: ClaimId) {
    let let_go = move |write: &mut Write<'_, '_>| Ok(idempotency_claim_release(write, &key, &id)?);
    if let Err(error) = app.write(workspace, Priority::Foreground, let_go).await {
        tracing::warn!(%error, "a claim on an idempotency key was not let go of; it expires by itself");
    }
}
