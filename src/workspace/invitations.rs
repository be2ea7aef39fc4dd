//! Invitations: how somebody becomes a teammate, and how that is taken back before it happened.

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, TeamId, TeammateId};
use crate::inbox::chats::{chats_left_by, unassign_chats};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::numbers::{team_next, teammate_next};
use crate::store::teammates::{
    TeamRow, TeammateRow, team_by_title, team_insert, team_list, teammate_by_email, teammate_delete, teammate_find,
    teammate_insert, teammate_list,
};
use crate::workspace::audit::{Action, record};
use crate::workspace::people::{Email, PersonName, TeamTitle};
use crate::workspace::teammates::{Role, Standing, manager_of};
use crate::workspace::tokens::Caller;

/// Teammates of a workspace, invited ones included.
pub const TEAMMATES_MAX: usize = 1_000;
/// Teams of a workspace.
pub const TEAMS_MAX: usize = 100;

/// Whom to invite, and as what.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub email: Email,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub team: Option<TeamTitle>,
    pub role: Role,
}

/// Invites somebody, making the team if there is none of that title. Whoever is invited already stays so, unchanged.
/// Returns the teammate and whether this is new.
///
/// # Errors
/// `validation_error` for somebody who is active already, or where the workspace has no room; `permission_denied` or
/// `member_not_found` if the caller may not invite.
pub fn invite_teammate(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    invitation: &Invitation,
) -> Result<TeammateRow, Error> {
    manager_of(write.tx, caller)?;
    let (workspace, email) = (write.workspace.id, invitation.email.as_str());
    if let Some(found) = teammate_by_email(write.tx, workspace, email)? {
        if found.status == Standing::Invited.status() {
            return Ok(found);
        }
        let rule = format!("{email} is a teammate already, user_id {}; there is nothing to invite to", found.id);
        return Err(Error::invalid("email", rule));
    }
    if teammate_list(write.tx, workspace)?.len() >= TEAMMATES_MAX {
        let rule = format!("A workspace has at most {TEAMMATES_MAX} teammates; withdraw an invitation first");
        return Err(Error::invalid("email", rule));
    }
    let team = match &invitation.team {
        Some(title) => find_or_make_team(write, title)?,
        None => TeamId::NONE,
    };
    let teammate = TeammateRow {
        id: teammate_next(write)?,
        display_name: display_name(invitation),
        first_name: invitation.first_name.as_str().to_owned(),
        last_name: invitation.last_name.as_str().to_owned(),
        email: email.to_owned(),
        role: invitation.role.as_str().to_owned(),
        team,
        status: Standing::Invited.status().to_owned(),
        invitation_status: Standing::Invited.invitation_status().to_owned(),
        created_at: write.now,
        ended_at: Time::NEVER,
    };
    teammate_insert(write.tx, workspace, &teammate)?;
    note(write, Kind::TeammateInvited, teammate.id)?;
    record(write, Action::TeammateInvited, email, "", invitation.role.title())?;
    Ok(teammate)
}

/// Takes back an invitation that nobody has accepted yet; nothing of it stays but its events, and nobody answers for the
/// chats that it answered for. Returns who was invited.
///
/// # Errors
/// `not_found` for an unknown teammate, `validation_error` for one who is active or answers for too many
/// chats; `permission_denied` or `member_not_found` if the caller may not withdraw.
pub fn withdraw_invitation(write: &mut Write<'_, '_>, caller: &Caller, id: TeammateId) -> Result<TeammateRow, Error> {
    manager_of(write.tx, caller)?;
    let found = teammate_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_invitation)?;
    if found.status != Standing::Invited.status() {
        let rule = format!("user_id {id} is a teammate already; only invitations that are pending can be withdrawn");
        return Err(Error::invalid("user_id", rule));
    }
    let chats = chats_left_by(write, id)?;
    unassign_chats(write, id, &chats)?;
    teammate_delete(write, id)?;
    note(write, Kind::InvitationWithdrawn, id)?;
    let role = Role::parse(&found.role).map_or("", Role::title);
    record(write, Action::InvitationWithdrawn, &found.email, role, "")?;
    Ok(found)
}

/// What is answered for a `user_id` that nobody in the workspace has.
pub fn unknown_invitation() -> Error {
    Error::not_found("There is no such invitation in this workspace; GET /workspace/teammates lists those there are")
}

/// The team of this title, made where there is none.
///
/// # Errors
/// `validation_error` where there are too many teams.
pub fn find_or_make_team(write: &mut Write<'_, '_>, title: &TeamTitle) -> Result<TeamId, Error> {
    let workspace = write.workspace.id;
    if let Some(team) = team_by_title(write.tx, workspace, title.as_str())? {
        return Ok(team.id);
    }
    if team_list(write.tx, workspace)?.len() >= TEAMS_MAX {
        let rule = format!("A workspace has at most {TEAMS_MAX} teams; use the title of one that is there");
        return Err(Error::invalid("team_title", rule));
    }
    let team = TeamRow { id: team_next(write)?, title: title.as_str().to_owned(), created_at: write.now };
    team_insert(write, &team)?;
    Ok(team.id)
}

/// First and last name; the email where there is neither.
fn display_name(invitation: &Invitation) -> String {
    let Invitation { first_name, last_name, email, .. } = invitation;
    let name = format!("{} {}", first_name.as_str(), last_name.as_str());
    let name = name.trim();
    if name.is_empty() { email.as_str().to_owned() } else { name.to_owned() }
}

fn note(write: &mut Write<'_, '_>, kind: Kind, teammate: TeammateId) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: teammate.to_string() }).map(drop)
}
