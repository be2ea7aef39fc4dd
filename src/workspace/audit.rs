//! The audit log: what people and tokens change about a workspace, from what into what. Whatever changes something of the kind
//! below says so in the same write; who did it is the write's cause.

use database::Read;

use crate::error::Error;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::audit::{AuditRow, audit_insert, audit_page};

/// A value is kept up to this.
const VALUE_CHARS_MAX: usize = 300;
/// Rows that are read at once, and chunks that one page with a filter passes over at the most.
const CHUNK_ROWS: i64 = 500;
const CHUNKS_MAX: usize = 20;

/// What an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Settings,
    Tokens,
    Team,
    Webhooks,
    Exports,
    Accounts,
}

impl Area {
    pub const ALL: [(Area, &'static str, &'static str); 6] = [
        (Area::Settings, "settings", "Settings and limits"),
        (Area::Tokens, "tokens", "Tokens"),
        (Area::Team, "team", "Team and roles"),
        (Area::Webhooks, "webhooks", "Webhooks"),
        (Area::Exports, "exports", "Exports"),
        (Area::Accounts, "accounts", "WhatsApp accounts"),
    ];

    pub fn parse(text: &str) -> Option<Area> {
        Area::ALL.iter().find(|row| row.1 == text).map(|row| row.0)
    }
}

/// Something that was done. Its word is stored and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    WorkspaceName,
    WorkspaceZone,
    WorkspaceAnchor,
    WorkspacePacing,
    WorkspaceKept,
    RateLimit,
    CallLimit,
    CreditLimit,
    CreditsAdded,
    IncreaseAsked,
    IncreaseAnswered,
    TokenMade,
    TokenRotated,
    TokenRevoked,
    TeammateInvited,
    InvitationWithdrawn,
    EntryLinkMade,
    TeammateJoined,
    TeammateRole,
    TeammateTeam,
    TeammateRemoved,
    PasswordChanged,
    WebhookMade,
    WebhookChanged,
    WebhookSecret,
    WebhookDeleted,
    LogExported,
    ContactsExported,
    SetupLinkMade,
    AccountLinked,
    AccountUnlinked,
    AccountRenamed,
    AccountManner,
    AccountToken,
}

/// Each action with its stored word, what it is about, and how the page says it.
const ACTIONS: [(Action, &str, Area, &str); 34] = [
    (Action::WorkspaceName, "workspace:name", Area::Settings, "Named the workspace"),
    (Action::WorkspaceZone, "workspace:zone", Area::Settings, "Set the time zone"),
    (Action::WorkspaceAnchor, "workspace:anchor", Area::Settings, "Set the day on which a cycle begins"),
    (Action::WorkspacePacing, "workspace:pacing", Area::Settings, "Set the pause between sends"),
    (Action::WorkspaceKept, "workspace:kept", Area::Settings, "Set how long events are kept"),
    (Action::RateLimit, "limit:rate", Area::Settings, "Set the rate limit"),
    (Action::CallLimit, "limit:calls", Area::Settings, "Set the calls of a cycle"),
    (Action::CreditLimit, "limit:credits", Area::Settings, "Set the credits of a cycle"),
    (Action::CreditsAdded, "limit:top_up", Area::Settings, "Topped credits up"),
    (Action::IncreaseAsked, "increase:asked", Area::Settings, "Asked for an increase"),
    (Action::IncreaseAnswered, "increase:answered", Area::Settings, "Answered an increase"),
    (Action::TokenMade, "token:made", Area::Tokens, "Made a token"),
    (Action::TokenRotated, "token:rotated", Area::Tokens, "Rotated a token"),
    (Action::TokenRevoked, "token:revoked", Area::Tokens, "Revoked a token"),
    (Action::TeammateInvited, "team:invited", Area::Team, "Invited"),
    (Action::InvitationWithdrawn, "team:withdrawn", Area::Team, "Withdrew the invitation of"),
    (Action::EntryLinkMade, "team:link", Area::Team, "Made a link for"),
    (Action::TeammateJoined, "team:joined", Area::Team, "Joined"),
    (Action::TeammateRole, "team:role", Area::Team, "Changed the role of"),
    (Action::TeammateTeam, "team:team", Area::Team, "Changed the team of"),
    (Action::TeammateRemoved, "team:removed", Area::Team, "Removed"),
    (Action::PasswordChanged, "team:password", Area::Team, "Set the password of"),
    (Action::WebhookMade, "webhook:made", Area::Webhooks, "Added a webhook"),
    (Action::WebhookChanged, "webhook:changed", Area::Webhooks, "Changed a webhook"),
    (Action::WebhookSecret, "webhook:secret", Area::Webhooks, "Rotated the secret of a webhook"),
    (Action::WebhookDeleted, "webhook:deleted", Area::Webhooks, "Deleted a webhook"),
    (Action::LogExported, "export:api_log", Area::Exports, "Downloaded the log of API calls"),
    (Action::ContactsExported, "export:contacts", Area::Exports, "Downloaded the contacts"),
    (Action::SetupLinkMade, "team:setup_link", Area::Team, "Made a setup link"),
    (Action::AccountLinked, "account:linked", Area::Accounts, "Linked"),
    (Action::AccountUnlinked, "account:unlinked", Area::Accounts, "Unlinked"),
    (Action::AccountRenamed, "account:renamed", Area::Accounts, "Renamed the account"),
    (Action::AccountManner, "account:manner", Area::Accounts, "Set pace and cap of"),
    (Action::AccountToken, "account:token", Area::Accounts, "Gave another token to"),
];

impl Action {
    fn row(self) -> &'static (Action, &'static str, Area, &'static str) {
        ACTIONS.iter().find(|row| row.0 == self).unwrap_or(&ACTIONS[0])
    }

    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    pub fn area(self) -> Area {
        self.row().2
    }

    /// As the page says it; what it was done to follows.
    pub fn title(self) -> &'static str {
        self.row().3
    }

    pub fn parse(text: &str) -> Option<Action> {
        ACTIONS.iter().find(|row| row.1 == text).map(|row| row.0)
    }
}

/// Notes what was done to `subject`, from `old` into `new`; what there wasn't is empty.
pub fn record(write: &mut Write<'_, '_>, action: Action, subject: &str, old: &str, new: &str) -> Result<(), Error> {
    // PostgreSQL's text holds no NUL.
    let kept = |text: &str| text.chars().filter(|letter| *letter != '\0').take(VALUE_CHARS_MAX).collect::<String>();
    Ok(audit_insert(write, action.as_str(), &kept(subject), &kept(old), &kept(new))?)
}

/// The same where a value may have stayed as it was; then nothing is noted.
pub fn record_change(
    write: &mut Write<'_, '_>,
    action: Action,
    subject: &str,
    old: impl ToString,
    new: impl ToString,
) -> Result<(), Error> {
    let (old, new) = (old.to_string(), new.to_string());
    if old == new { Ok(()) } else { record(write, action, subject, &old, &new) }
}

/// A page of the log: the rows of an area (of all where that is `None`) before the one of this `seq`, newest first, and where
/// to go on if there may be more.
pub fn page(
    read: &mut impl Read,
    workspace: WorkspaceId,
    area: Option<Area>,
    before: i64,
    rows_max: usize,
) -> Result<(Vec<AuditRow>, Option<i64>), Error> {
    let (mut found, mut before) = (Vec::new(), before);
    let fits = |row: &AuditRow| area.is_none_or(|area| Action::parse(&row.action).map(Action::area) == Some(area));
    for _ in 0..CHUNKS_MAX {
        let rows = audit_page(read, workspace, before, CHUNK_ROWS)?;
        let is_end = i64::try_from(rows.len()).is_ok_and(|rows| rows < CHUNK_ROWS);
        for row in rows {
            if found.len() == rows_max {
                return Ok((found, Some(before)));
            }
            before = row.seq;
            if fits(&row) {
                found.push(row);
            }
        }
        if is_end {
            return Ok((found, None));
        }
    }
    Ok((found, Some(before)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_has_a_word_of_its_own() {
        assert_eq!(ACTIONS.iter().map(|row| row.1).collect::<HashSet<_>>().len(), ACTIONS.len());
        for (action, word, ..) in ACTIONS {
            assert_eq!((Action::parse(word), action.as_str()), (Some(action), word));
        }
    }
}
