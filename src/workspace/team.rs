//! Changes of who works here, by those who may: roles, and leaving.

use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::{SessionId, TeamId, TeammateId};
use crate::store::Write;
use crate::store::entry_links::entry_links_end;
use crate::store::passwords::password_delete;
use crate::store::sessions::sessions_end;
use crate::store::teammates::{TeammateRow, team_list, teammate_find, teammate_update};
use crate::store::tokens::{token_list, token_revoke};
use crate::workspace::audit::{Action, record};
use crate::workspace::entry::{note, unknown_teammate};
use crate::workspace::invitations::find_or_make_team;
use crate::workspace::people::TeamTitle;
use crate::workspace::teammates::{Role, manager_of};
use crate::workspace::tokens::Caller;

/// Gives a teammate another role. Their sessions end, so that no screen goes by the old one.
///
/// # Errors
/// `not_found`; `permission_denied` for whoever may not manage the team, for the Owner's role and for one's own;
/// `validation_error` for making an Owner.
pub fn change_role(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    id: TeammateId,
    role: Role,
) -> Result<TeammateRow, Error> {
    let mut teammate = changeable(write, caller, id)?;
    if !Role::INVITED.contains(&role) {
        return Err(Error::invalid("role", "Nobody is made an Owner; choose another role"));
    }
    if teammate.role != role.as_str() {
        let before = Role::parse(&teammate.role).map_or("", Role::title);
        role.as_str().clone_into(&mut teammate.role);
        teammate_update(write, &teammate)?;
        sessions_end(write, id, SessionId::NONE)?;
        note(write, Kind::TeammateRole, format!("{id} {}", role.as_str()))?;
        record(write, Action::TeammateRole, &teammate.display_name, before, role.title())?;
    }
    Ok(teammate)
}

/// Puts a teammate, also one who is only invited or the Owner, into a team; `None` takes them out of theirs. A title that is
/// new makes a team.
///
/// # Errors
/// `not_found`; `permission_denied` for whoever may not manage the team; `validation_error` where there are too many teams.
pub fn change_team(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    id: TeammateId,
    title: Option<&TeamTitle>,
) -> Result<TeammateRow, Error> {
    manager_of(write.tx, caller)?;
    let mut teammate = teammate_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_teammate)?;
    let teams = team_list(write.tx, write.workspace.id)?;
    let before = teams.iter().find(|team| team.id == teammate.team).map_or("", |team| team.title.as_str());
    let team = match title {
        Some(title) => find_or_make_team(write, title)?,
        None => TeamId::NONE,
    };
    if teammate.team != team {
        teammate.team = team;
        teammate_update(write, &teammate)?;
        note(write, Kind::TeammateTeam, id.to_string())?;
        let after = title.map_or("", TeamTitle::as_str);
        record(write, Action::TeammateTeam, &teammate.display_name, before, after)?;
    }
    Ok(teammate)
}

/// Takes a teammate out of the workspace: password, sessions, links and tokens of theirs end with it. What they did
/// keeps their name.
///
/// # Errors
/// `not_found`; `permission_denied` for whoever may not manage the team, for the Owner and for oneself.
pub fn remove_teammate(write: &mut Write<'_, '_>, caller: &Caller, id: TeammateId) -> Result<TeammateRow, Error> {
    let mut teammate = changeable(write, caller, id)?;
    teammate.ended_at = write.now;
    teammate_update(write, &teammate)?;
    password_delete(write, id)?;
    sessions_end(write, id, SessionId::NONE)?;
    entry_links_end(write, id)?;
    for token in token_list(write.tx, write.workspace.id)?.iter().filter(|token| token.teammate == id) {
        token_revoke(write, token.id)?;
    }
    note(write, Kind::TeammateLeft, id.to_string())?;
    let role = Role::parse(&teammate.role).map_or("", Role::title);
    record(write, Action::TeammateRemoved, &teammate.display_name, role, "")?;
    Ok(teammate)
}

fn changeable(write: &mut Write<'_, '_>, caller: &Caller, id: TeammateId) -> Result<TeammateRow, Error> {
    manager_of(write.tx, caller)?;
    let teammate = teammate_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_teammate)?;
    let denied = |rule: &str| Err(Error::new(Code::PermissionDenied, rule));
    if teammate.role == Role::Owner.as_str() {
        return denied("The Owner stays the Owner; nobody changes or removes them here");
    }
    if caller.teammate == id {
        return denied("Nobody changes their own role or removes themself; ask the Owner or another Admin");
    }
    Ok(teammate)
}
