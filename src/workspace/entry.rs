//! How somebody comes in: by a password, by an invitation's link, by a link to a new password. Links open once.

use std::time::Duration;

use database::Read;

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::event_kind::{Cause, Kind};
use crate::id::{ChatId, SessionId, TeammateId};
use crate::store::Write;
use crate::store::counters::counters_find;
use crate::store::entry_links::{
    entry_link_find, entry_link_insert, entry_link_use, entry_links_end, entry_links_forget,
};
use crate::store::events::{NewEvent, event_append};
use crate::store::passwords::password_set;
use crate::store::sessions::sessions_end;
use crate::store::teammates::{TeammateRow, teammate_find, teammate_update};
use crate::store::workspaces::Workspace;
use crate::workspace::audit::{Action, record};
use crate::workspace::people::FullName;
use crate::workspace::secret::Secret;
use crate::workspace::teammates::{Role, Standing, manager_of};
use crate::workspace::tokens::Caller;

/// Teammates with one email in several workspaces among whom a login looks for the password's owner.
pub const LOGINS_MAX: i64 = 4;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Invitation,
    Reset,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
        }
    }

    /// How long such a link lives.
    pub const fn lives(self) -> Duration {
        match self {
            Purpose::Invitation => Duration::from_secs(7 * 24 * 3600),
            Purpose::Reset => Duration::from_secs(24 * 3600),
        }
    }
}

/// Makes a link by which an invited teammate comes in, or an active one gets a new password. Older links of theirs open
/// nothing any more. Returns whose link it is and what for.
///
/// # Errors
/// `not_found` for an unknown teammate; `permission_denied` for whoever may not manage the team, and for a link to the
/// Owner's password that isn't the Owner's own.
pub fn make_entry_link(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    id: TeammateId,
    secret: &Secret,
) -> Result<(TeammateRow, Purpose), Error> {
    manager_of(write.tx, caller)?;
    let teammate = teammate_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_teammate)?;
    let is_owner = teammate.role == Role::Owner.as_str();
    if is_owner && caller.teammate != id {
        let rule = "Only the Owner makes a link to the Owner's password; the operator can with `partyline setup-link`";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    let is_invited = teammate.status == Standing::Invited.status();
    let purpose = if is_invited { Purpose::Invitation } else { Purpose::Reset };
    entry_links_forget(write)?;
    entry_links_end(write, id)?;
    entry_link_insert(write, secret.hash(), id, purpose.as_str(), write.now + purpose.lives())?;
    record(write, Action::EntryLinkMade, &teammate.display_name, "", purpose.as_str())?;
    Ok((teammate, purpose))
}

/// Whom a living link lets into which workspace.
pub fn link_leads_to(
    read: &mut impl Read,
    secret: &Secret,
    purpose: Purpose,
    now: Time,
) -> Result<Option<(Workspace, TeammateRow)>, Error> {
    let Some((workspace, id)) = entry_link_find(read, secret.hash(), purpose.as_str(), now)? else { return Ok(None) };
    let Some(teammate) = teammate_find(read, workspace, id)? else { return Ok(None) };
    Ok(counters_find(read, workspace)?.map(|(workspace, _)| (workspace, teammate)))
}

/// Uses a link up and sets the password; whoever was invited is a teammate from now on, under the name they give.
/// `None`, and nothing is changed, if the link doesn't live any more.
pub fn come_in(
    write: &mut Write<'_, '_>,
    secret: &Secret,
    purpose: Purpose,
    name: Option<&FullName>,
    hash: &str,
) -> Result<Option<TeammateRow>, Error> {
    let found = entry_link_find(write.tx, secret.hash(), purpose.as_str(), write.now)?;
    let Some((_, id)) = found.filter(|(workspace, _)| *workspace == write.workspace.id) else { return Ok(None) };
    let Some(mut teammate) = teammate_find(write.tx, write.workspace.id, id)? else { return Ok(None) };
    if !entry_link_use(write, secret.hash(), purpose.as_str())? {
        return Ok(None);
    }
    write.cause = Cause::Teammate(id);
    if let Some(name) = name {
        name.put_on(&mut teammate);
    }
    let is_new = teammate.status == Standing::Invited.status();
    Standing::Active.put_on(&mut teammate);
    teammate_update(write, &teammate)?;
    set_password(write, id, hash, SessionId::NONE)?;
    if is_new {
        note(write, Kind::TeammateJoined, id.to_string())?;
        record(write, Action::TeammateJoined, &teammate.display_name, "", &teammate.role)?;
    }
    Ok(Some(teammate))
}

/// Sets a teammate's password. Their other sessions and links end with the old one.
pub fn set_password(write: &mut Write<'_, '_>, teammate: TeammateId, hash: &str, keep: SessionId) -> Result<(), Error> {
    password_set(write, teammate, hash)?;
    sessions_end(write, teammate, keep)?;
    entry_links_end(write, teammate)?;
    note(write, Kind::PasswordChanged, teammate.to_string())?;
    let whose = teammate_find(write.tx, write.workspace.id, teammate)?;
    record(write, Action::PasswordChanged, whose.as_ref().map_or("", |whose| whose.display_name.as_str()), "", "")
}

/// What is said of somebody whom the workspace doesn't have.
pub fn unknown_teammate() -> Error {
    Error::not_found("There is no such teammate in this workspace; the page Team lists those there are")
}

pub(super) fn note(write: &mut Write<'_, '_>, kind: Kind, detail: String) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail }).map(drop)
}
