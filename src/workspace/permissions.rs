//! What each role may do. This table is the one place that decides it; screens ask it before they show or do anything.

use crate::error::{Code, Error};
use crate::workspace::teammates::Role;

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Open chats and read what is said in them.
    ReadChats,
    /// Say something in a chat.
    SendMessages,
    /// See how much of the quotas is used.
    ReadUsage,
    /// See who works here.
    ReadTeam,
    /// See how the WhatsApp accounts are.
    ReadAccounts,
    /// Link, name, pace and unlink WhatsApp accounts.
    ManageAccounts,
    /// Read the log of the public API, which quotes what was sent.
    ReadApiLog,
    /// Make, rotate and revoke tokens of the public API.
    ManageTokens,
    /// Make, change and delete webhooks, and read what was delivered to them.
    ManageWebhooks,
    /// Invite, change roles, take people out, reset their passwords.
    ManageTeam,
    /// Read who changed what of the workspace.
    ReadAuditLog,
    /// Name the workspace and set its zone.
    ManageWorkspace,
}

/// A set of rights; roles share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Of an Owner and of Admins.
    Everything,
    /// Of Team supervisors.
    Supervision,
    /// Of Teammates and Agents.
    Work,
    /// Of Collaborators.
    Reading,
}

use Permissions::{Everything, Reading, Supervision, Work};

/// Each right with the sets that hold it.
pub const RIGHTS: [(Right, &[Permissions]); 12] = [
    (Right::ReadChats, &[Everything, Supervision, Work, Reading]),
    (Right::SendMessages, &[Everything, Supervision, Work]),
    (Right::ReadTeam, &[Everything, Supervision, Work]),
    (Right::ReadAccounts, &[Everything, Supervision, Work]),
    (Right::ManageAccounts, &[Everything]),
    (Right::ReadUsage, &[Everything, Supervision]),
    (Right::ReadApiLog, &[Everything]),
    (Right::ManageTokens, &[Everything]),
    (Right::ManageWebhooks, &[Everything]),
    (Right::ReadAuditLog, &[Everything]),
    (Right::ManageTeam, &[Everything]),
    (Right::ManageWorkspace, &[Everything]),
];

impl Role {
    /// Which set a role has.
    pub const fn permissions(self) -> Permissions {
        match self {
            Role::Owner | Role::Admin => Everything,
            Role::TeamSupervisor => Supervision,
            Role::Teammate | Role::AgentRole => Work,
            Role::Collaborator => Reading,
        }
    }

    pub fn may(self, right: Right) -> bool {
        RIGHTS.iter().any(|(known, sets)| *known == right && sets.contains(&self.permissions()))
    }

    /// Refuses what a role may not do.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn ensure(self, right: Right) -> Result<(), Error> {
        if self.may(right) {
            return Ok(());
        }
        let rule = format!("{} may not do this; ask the Owner or an Admin of this workspace", self.title());
        Err(Error::new(Code::PermissionDenied, rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_manages_by_a_token_manages_by_the_screens() {
        for role in Role::ALL {
            assert_eq!(role.may_manage(), role.may(Right::ManageTeam), "{role:?}");
        }
    }

    #[test]
    fn a_smaller_set_holds_nothing_that_a_larger_one_lacks() {
        let order = [Reading, Work, Supervision, Everything];
        for (right, sets) in RIGHTS {
            let held: Vec<bool> = order.iter().map(|set| sets.contains(set)).collect();
            assert!(held.is_sorted(), "{right:?}: {sets:?}");
        }
    }
}
