//! The workspace and what it has used.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::Ok as OkBody;
use crate::store::counters::{Counters, counters_find};
use crate::store::workspaces::Workspace;
use crate::workspace::cycle::{self, Cycle};
use crate::workspace::zone::{api_time, stored_zone};

/// The workspace that the token belongs to.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceBody {
    pub workspace_id: String,
    pub display_name: String,
    pub plan: String,
    pub seats: Quota,
    /// The mass-sending quota, in credits.
    pub messaging_quota: Quota,
    pub api_calls_quota: Quota,
    pub non_recurring_quota: TopUp,
}

/// A quota of this billing cycle.
#[derive(Serialize, ToSchema)]
pub struct Quota {
    pub total: i64,
    pub used: i64,
    pub period_start: String,
    pub period_end: String,
}

/// Topped-up credits; they don't expire.
#[derive(Serialize, ToSchema)]
pub struct TopUp {
    pub remaining_balance: i64,
    pub last_updated_at: String,
}

/// Read the workspace
///
/// Its name and its quotas: how much is used and when it begins again.
#[utoipa::path(
    get, path = "/workspace", tag = "Workspace", operation_id = "get_workspace",
    responses(
        (status = 200, description = "The workspace", body = OkBody<WorkspaceBody>), Refusals,
    ),
)]
pub async fn get_workspace(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    let (now, app) = (call.app().clock.now(), call.app().clone());
    call.read(request, move |tx, caller, ()| {
        let gone = || Error::not_found("This workspace is gone");
        let (settings, counters) = counters_find(tx, caller.workspace)?.ok_or_else(gone)?;
        // Calls that wait in the ledger are used as well, and so is this one.
        let this = i64::from(!app.limits.is_shared());
        let waiting = app.ledger.waiting(caller.workspace) + this;
        Ok(workspace_body(&settings, &counters, waiting, now))
    })
    .await
}

fn workspace_body(workspace: &Workspace, counters: &Counters, waiting: i64, now: crate::clock::Time) -> WorkspaceBody {
    let zone = stored_zone(&workspace.zone);
    let stored = Cycle { starts_at: counters.cycle_starts_at, ends_at: counters.cycle_ends_at };
    // A cycle that is over moves on with the next write; readers see the new one already.
    let rolled = cycle::roll(stored, workspace.anchor, &zone, now);
    let current = rolled.unwrap_or(stored);
    let used = |count: i64| if rolled.is_some() { 0 } else { count };
    let quota = |total: i64, used: i64| Quota {
        total,
        used,
        period_start: api_time(current.starts_at, &zone),
        period_end: api_time(current.ends_at, &zone),
    };
    WorkspaceBody {
        workspace_id: workspace.id.to_string(),
        display_name: workspace.name.clone(),
        plan: "self-hosted".to_owned(),
        seats: quota(0, 0),
        messaging_quota: quota(workspace.credits_per_cycle, used(counters.credits_used)),
        api_calls_quota: quota(workspace.calls_per_cycle, used(counters.calls_used) + waiting),
        non_recurring_quota: TopUp {
            remaining_balance: counters.topped_up,
            last_updated_at: api_time(counters.topped_up_at, &zone),
        },
    }
}
