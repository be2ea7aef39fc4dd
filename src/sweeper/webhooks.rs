//! Forgets deliveries and their attempts once the workspace keeps them no longer, and at once those of webhooks that were deleted.

use std::collections::BTreeSet;

use database::{Priority, Snapshot, Tx};

use super::{BATCH_ROWS, BATCHES_MAX, is_last};
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{WebhookId, WorkspaceId};
use crate::store::webhook_attempts::{attempt_next_webhook, attempt_prune};
use crate::store::webhook_deliveries::{delivery_next_webhook, delivery_prune};
use crate::store::webhooks::webhook_list;

/// Later than anything.
const ALWAYS: Time = Time::from_ms(i64::MAX);

/// One sweep of a workspace, of what was made before that time; returns how many rows went.
pub async fn sweep(app: &App, workspace: WorkspaceId, before: Time) -> Result<u64, Error> {
    let look = move |tx: &mut Snapshot<'_>| {
        let known: BTreeSet<WebhookId> = webhook_list(tx, workspace)?.into_iter().map(|webhook| webhook.id).collect();
        let mut found = BTreeSet::new();
        let mut last = WebhookId(0);
        while let Some(next) = delivery_next_webhook(tx, workspace, last)? {
            found.insert(next);
            last = next;
        }
        last = WebhookId(0);
        while let Some(next) = attempt_next_webhook(tx, workspace, last)? {
            found.insert(next);
            last = next;
        }
        let until = |webhook: WebhookId| if known.contains(&webhook) { before } else { ALWAYS };
        Ok::<_, Error>(found.into_iter().map(|webhook| (webhook, until(webhook))).collect::<Vec<_>>())
    };
    let mut gone = 0;
    for (webhook, before) in app.read(look).await? {
        gone += forget(app, workspace, webhook, before).await?;
    }
    Ok(gone)
}

async fn forget(app: &App, workspace: WorkspaceId, webhook: WebhookId, before: Time) -> Result<u64, Error> {
    let mut gone = 0;
    for _ in 0..BATCHES_MAX {
        let prune = move |tx: &mut Tx<'_>| {
            let deliveries = delivery_prune(tx, workspace, webhook, before, BATCH_ROWS)?;
            let attempts = attempt_prune(tx, workspace, webhook, before, BATCH_ROWS)?;
            Ok::<_, Error>((deliveries, attempts))
        };
        let (deliveries, attempts) = app.database.write(workspace.0, Priority::Background, prune).await?;
        gone += deliveries + attempts;
        if is_last(deliveries) && is_last(attempts) {
            break;
        }
    }
    Ok(gone)
}
