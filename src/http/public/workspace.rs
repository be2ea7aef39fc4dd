//! The workspace and what it has used.

use axum::response::Response;
use database::Read;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::Ok as OkBody;
use crate::id::WorkspaceId;
use crate::store::counters::{Counters, counters_find};
use crate::store::teammates::teammate_list;
use crate::store::workspaces::Workspace;
use crate::workspace::cycle::{self, Cycle};
use crate::workspace::invitations::TEAMMATES_MAX;
use crate::workspace::zone::{api_time, stored_zone};

/// The workspace that the token belongs to.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceBody {
    pub workspace_id: String,
    pub display_name: String,
    /// Always self-hosted.
    pub plan: String,
    /// How many teammates there may be, and are, invited ones included. It doesn't begin again with a cycle.
    pub seats: Quota,
    /// The mass-sending quota, in credits.
    pub messaging_quota: Quota,
    pub api_calls_quota: Quota,
    pub non_recurring_quota: TopUp,
}

/// The workspace's quotas, as in the workspace itself.
#[derive(Serialize, ToSchema)]
pub struct QuotasBody {
    pub seats: Quota,
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
    /// When credits were last added; empty if never.
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
    let look = Look::of(&call);
    call.read(request, move |tx, caller, ()| look.read(tx, caller.workspace)).await
}

/// Read the quotas
///
/// The quotas of `GET /workspace` alone.
#[utoipa::path(
    get, path = "/workspace/quotas", tag = "Workspace", operation_id = "get_workspace_quotas",
    responses(
        (status = 200, description = "The quotas", body = OkBody<QuotasBody>), Refusals,
    ),
)]
pub async fn get_workspace_quotas(call: Call) -> Response {
    quotas(call).await
}

/// Read the quotas, under their short path
///
/// The same as `GET /workspace/quotas`.
#[utoipa::path(
    get, path = "/quotas", tag = "Workspace", operation_id = "get_quotas",
    responses(
        (status = 200, description = "The quotas", body = OkBody<QuotasBody>), Refusals,
    ),
)]
pub async fn get_quotas(call: Call) -> Response {
    quotas(call).await
}

async fn quotas(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    let look = Look::of(&call);
    call.read(request, move |tx, caller, ()| look.read(tx, caller.workspace).map(QuotasBody::from)).await
}

/// What is needed beside the rows to say how much is used now.
struct Look {
    app: App,
    now: Time,
}

impl Look {
    fn of(call: &Call) -> Look {
        Look { app: call.app().clone(), now: call.app().clock.now() }
    }

    fn read(&self, tx: &mut impl Read, workspace: WorkspaceId) -> Result<WorkspaceBody, Error> {
        let gone = || Error::not_found("This workspace is gone");
        let (settings, counters) = counters_find(tx, workspace)?.ok_or_else(gone)?;
        let seats = i64::try_from(teammate_list(tx, workspace)?.len()).unwrap_or(i64::MAX);
        // Calls that wait in the ledger are used as well, and so is this one.
        let this = i64::from(!self.app.limits.is_shared());
        let waiting = self.app.ledger.waiting(workspace) + this;
        Ok(workspace_body(&settings, &counters, seats, waiting, self.now))
    }
}

fn workspace_body(workspace: &Workspace, counters: &Counters, seats: i64, waiting: i64, now: Time) -> WorkspaceBody {
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
        seats: quota(i64::try_from(TEAMMATES_MAX).unwrap_or(i64::MAX), seats),
        messaging_quota: quota(workspace.credits_per_cycle, used(counters.credits_used)),
        api_calls_quota: quota(workspace.calls_per_cycle, used(counters.calls_used) + waiting),
        non_recurring_quota: TopUp {
            remaining_balance: counters.topped_up,
            last_updated_at: api_time(counters.topped_up_at, &zone),
        },
    }
}

impl From<WorkspaceBody> for QuotasBody {
    fn from(workspace: WorkspaceBody) -> QuotasBody {
        let WorkspaceBody { seats, messaging_quota, api_calls_quota, non_recurring_quota, .. } = workspace;
        QuotasBody { seats, messaging_quota, api_calls_quota, non_recurring_quota }
    }
}
