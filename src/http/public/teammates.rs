//! Who works in the workspace.

use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Time;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::accounts::{Account, accounts_shown};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::store::accounts::AccountRow;
use crate::store::teammates::{TeamRow, TeammateRow, team_list, teammate_list};
use crate::workspace::teammates::teammate_of;
use crate::workspace::tokens::Caller;
use crate::workspace::zone::api_time;

#[derive(Serialize, ToSchema)]
pub struct Teammates {
    pub teams: Vec<Team>,
    pub teammates: Vec<Teammate>,
}

#[derive(Serialize, ToSchema)]
pub struct Team {
    /// Titles that differ only in case are one team.
    pub title: String,
}

/// Somebody who works in the workspace, or is invited to.
#[derive(Serialize, ToSchema)]
pub struct Teammate {
    pub user_id: i64,
    /// First and last name, or the email where neither is known.
    pub display_name: String,
    /// Empty for an owner who has told none yet.
    pub email: String,
    /// owner, admin, team_supervisor, teammate, agent or collaborator.
    pub role: String,
    /// The team's title; empty where there is none.
    pub team: String,
    /// active, or invited until the invitation is accepted.
    pub status: String,
    /// accepted or pending.
    pub invitation_status: String,
    /// When the teammate was invited, or the workspace made.
    pub created_at: String,
    /// The accounts that the teammate owns.
    pub whatsapp_accounts: Vec<Account>,
}

/// List teammates
///
/// The whole list, invited ones included, and the workspace's teams.
#[utoipa::path(
    get, path = "/workspace/teammates", tag = "Workspace", operation_id = "list_teammates",
    responses(
        (status = 200, description = "The teammates", body = OkBody<Teammates>), Refusals,
    ),
)]
pub async fn list_teammates(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    let now = call.app().clock.now();
    call.read(request, move |tx, caller, ()| {
        let roll = Roll::read(tx, caller, now)?;
        let teams = roll.teams.iter().map(|team| Team { title: team.title.clone() }).collect();
        Ok(Teammates { teams, teammates: roll.teammates.iter().map(|row| roll.teammate(row)).collect() })
    })
    .await
}

/// Read the token's teammate
///
/// Whose token is asking: tokens are the owner's unless somebody else was named when they were made. 403
/// `member_not_found` if that teammate has left.
#[utoipa::path(
    get, path = "/workspace/teammates/me", tag = "Workspace", operation_id = "get_me",
    responses(
        (status = 200, description = "The teammate", body = OkBody<Teammate>), Refusals,
    ),
)]
pub async fn get_me(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    let now = call.app().clock.now();
    call.read(request, move |tx, caller, ()| {
        let teammate = teammate_of(tx, caller)?;
        Ok(Roll::read(tx, caller, now)?.teammate(&teammate))
    })
    .await
}

/// What the teammates of an answer share.
pub struct Roll {
    zone: TimeZone,
    teams: Vec<TeamRow>,
    teammates: Vec<TeammateRow>,
    accounts: Vec<(AccountRow, Account)>,
}

impl Roll {
    /// # Errors
    /// Faults of the database only.
    pub fn read(tx: &mut impl database::Read, caller: &Caller, now: Time) -> Result<Roll, Error> {
        let workspace = caller.workspace;
        Ok(Roll {
            zone: zone_of(tx, workspace)?,
            teams: team_list(tx, workspace)?,
            teammates: teammate_list(tx, workspace)?,
            accounts: accounts_shown(tx, caller, now)?,
        })
    }

    pub fn teammate(&self, row: &TeammateRow) -> Teammate {
        let team = self.teams.iter().find(|team| team.id == row.team);
        let own = self.accounts.iter().filter(|(account, _)| account.owner == row.id);
        Teammate {
            user_id: row.id.0,
            display_name: row.display_name.clone(),
            email: row.email.clone(),
            role: row.role.clone(),
            team: team.map(|team| team.title.clone()).unwrap_or_default(),
            status: row.status.clone(),
            invitation_status: row.invitation_status.clone(),
            created_at: api_time(row.created_at, &self.zone),
            whatsapp_accounts: own.map(|(_, account)| account.clone()).collect(),
        }
    }
}
