//! Teammates: who works in a workspace, and in which role.

use database::Read;

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::id::{TeamId, TeammateId};
use crate::store::teammates::{TeammateRow, teammate_find};
use crate::workspace::tokens::Caller;

/// Whom a workspace has before anybody told a name.
pub const OWNER_NAME: &str = "Owner";

/// What a teammate may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    Owner,
    Admin,
    TeamSupervisor,
    #[default]
    Teammate,
    AgentRole,
    Collaborator,
}

/// Each role with its word in the public API and on the screens.
const ROLES: [(Role, &str, &str); 6] = [
    (Role::Owner, "owner", "Owner"),
    (Role::Admin, "admin", "Admin"),
    (Role::TeamSupervisor, "team_supervisor", "Team supervisor"),
    (Role::Teammate, "teammate", "Teammate"),
    (Role::AgentRole, "agent", "Agent"),
    (Role::Collaborator, "collaborator", "Collaborator"),
];

impl Role {
    /// What somebody can be invited as. Nobody becomes an owner by invitation.
    pub const INVITED: [Role; 5] =
        [Role::Admin, Role::TeamSupervisor, Role::Teammate, Role::AgentRole, Role::Collaborator];

    pub const ALL: [Role; 6] =
        [Role::Owner, Role::Admin, Role::TeamSupervisor, Role::Teammate, Role::AgentRole, Role::Collaborator];

    /// As people read it.
    pub fn title(self) -> &'static str {
        ROLES.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }

    /// As the public API writes it.
    pub fn as_str(self) -> &'static str {
        ROLES.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    pub fn parse(text: &str) -> Option<Role> {
        ROLES.iter().find(|row| row.1 == text).map(|row| row.0)
    }

    /// Whether it may change who works here and who hears of it.
    pub const fn may_manage(self) -> bool {
        matches!(self, Role::Owner | Role::Admin)
    }
}

/// Where a teammate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    /// Not come in yet.
    Invited,
}

impl Standing {
    pub fn put_on(self, teammate: &mut TeammateRow) {
        self.status().clone_into(&mut teammate.status);
        self.invitation_status().clone_into(&mut teammate.invitation_status);
    }

    pub const fn status(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::Invited => "invited",
        }
    }

    pub const fn invitation_status(self) -> &'static str {
        match self {
            Standing::Active => "accepted",
            Standing::Invited => "pending",
        }
    }
}

/// The teammate that a workspace is made with.
pub fn first_owner(now: Time) -> TeammateRow {
    TeammateRow {
        id: TeammateId::OWNER,
        display_name: OWNER_NAME.to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        email: String::new(),
        role: Role::Owner.as_str().to_owned(),
        team: TeamId::NONE,
        status: Standing::Active.status().to_owned(),
        invitation_status: Standing::Active.invitation_status().to_owned(),
        created_at: now,
        ended_at: Time::NEVER,
    }
}

/// The teammate whose token is asking.
///
/// # Errors
/// `member_not_found` if that teammate has left the workspace.
pub fn teammate_of(tx: &mut impl Read, caller: &Caller) -> Result<TeammateRow, Error> {
    teammate_find(tx, caller.workspace, caller.teammate)?.ok_or_else(teammate_left)
}

/// The refusal of what only a teammate may do.
pub fn teammate_left() -> Error {
    let rule = "The teammate whose token this is has left the workspace; use a token of somebody who is in it";
    Error::new(Code::MemberNotFound, rule)
}

/// For what tells of every account.
///
/// # Errors
/// `permission_denied` for a token of some accounts only.
pub fn reaches_all(caller: &Caller) -> Result<(), Error> {
    if caller.is_limited_to_accounts() {
        let rule = "This token is limited to accounts, and this is about the whole workspace; use one that isn't";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    Ok(())
}

/// The same, for what only an owner or admin may do.
///
/// # Errors
/// `member_not_found`, or `permission_denied` for any other role, and for a token of some accounts only: who works here and who
/// hears of everything is no account's affair.
pub fn manager_of(tx: &mut impl Read, caller: &Caller) -> Result<TeammateRow, Error> {
    reaches_all(caller)?;
    let teammate = teammate_of(tx, caller)?;
    if Role::parse(&teammate.role).is_some_and(Role::may_manage) {
        return Ok(teammate);
    }
    let rule = format!(
        "Only an owner or admin may do this, and this token's teammate is {}; use one of theirs",
        teammate.role
    );
    Err(Error::new(Code::PermissionDenied, rule))
}
