//! Numbers of a workspace that are taken rarely. They stand beside the counters, but a send neither reads nor writes them.

use database::{Error, Read, Sql, params};

use crate::id::{SessionId, TeamId, TeammateId, TemplateId, WebhookId};
use crate::store::Write;

const TEAMMATE_NEXT: Sql = Sql::both(
    "UPDATE workspace_counters SET teammate_last = teammate_last + 1 WHERE workspace_id = $1 RETURNING teammate_last",
);

const TEAM_NEXT: Sql =
    Sql::both("UPDATE workspace_counters SET team_last = team_last + 1 WHERE workspace_id = $1 RETURNING team_last");

const TEMPLATE_NEXT: Sql = Sql::both(
    "UPDATE workspace_counters SET template_last = template_last + 1 WHERE workspace_id = $1 RETURNING template_last",
);

const WEBHOOK_NEXT: Sql = Sql::both(
    "UPDATE workspace_counters SET webhook_last = webhook_last + 1 WHERE workspace_id = $1 RETURNING webhook_last",
);

const SESSION_NEXT: Sql = Sql::both(
    "UPDATE workspace_counters SET session_last = session_last + 1 WHERE workspace_id = $1 RETURNING session_last",
);

/// The number of the next teammate. None is ever given twice, also not one of an invitation that was withdrawn.
pub fn teammate_next(write: &mut Write<'_, '_>) -> Result<TeammateId, Error> {
    next(write, &TEAMMATE_NEXT).map(TeammateId)
}

pub fn team_next(write: &mut Write<'_, '_>) -> Result<TeamId, Error> {
    next(write, &TEAM_NEXT).map(TeamId)
}

pub fn template_next(write: &mut Write<'_, '_>) -> Result<TemplateId, Error> {
    next(write, &TEMPLATE_NEXT).map(TemplateId)
}

pub fn webhook_next(write: &mut Write<'_, '_>) -> Result<WebhookId, Error> {
    next(write, &WEBHOOK_NEXT).map(WebhookId)
}

pub fn session_next(write: &mut Write<'_, '_>) -> Result<SessionId, Error> {
    next(write, &SESSION_NEXT).map(SessionId)
}

fn next(write: &mut Write<'_, '_>, sql: &Sql) -> Result<i64, Error> {
    let number = write.tx.query_row(sql, &params![write.workspace.id], |row| row.get(0))?;
    number.ok_or_else(|| Error::Decode("a workspace without counters".to_owned()))
}

super::statements! {
    TEAMMATE_NEXT, TEAM_NEXT, TEMPLATE_NEXT, WEBHOOK_NEXT, SESSION_NEXT,
}
