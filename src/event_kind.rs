//! The vocabulary of the log of events: which facts there are, and who was behind them.

use crate::id::{TeammateId, TokenId};

/// A kind of event. Its number is stored and never changes; its name is the public one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A message went out of our hands: accepted, or typed on the phone.
    MessageSent,
    MessageReceived,
    /// A message reached a further status; the detail is that status.
    MessageStatus,
    /// Somebody reacted to a message, or took that back; the detail is JSON: action, emoji, who.
    MessageReaction,
    /// A message says something else now.
    MessageEdited,
    /// A message was taken back for everyone.
    MessageDeleted,
    NoteAdded,
    ChatOutgoing,
    ChatIncoming,
    ChatLabelled,
    ChatRenamed,
    ChatReopened,
    AccountConnected,
    AccountDisconnected,
    AccountSuspended,
    AccountResumed,
    /// Four fifths of a quota are used; the detail says which.
    QuotaNearlyUsed,
    QuotaUsed,
    /// Somebody answers for a chat from now on; the detail is their `user_id`, and behind a comma that of who did before.
    ChatAssigned,
    /// Nobody answers for a chat any more; the detail is the `user_id` of who did.
    ChatUnassigned,
    ChatClosed,
    ChatRead,
    /// A chat that was read was marked as unread.
    ChatUnread,
    /// A label was taken off a chat; the detail is the label.
    ChatUnlabelled,
    /// A chat's contact is known by both addresses now; the detail is the number of the account's other chat with them, where
    /// it has one.
    ChatContact,
    /// Automatic answers were switched; the detail is `on` or `off`.
    ChatAutoresponse,
    /// Who is in a group changed, or whether we are.
    ChatMembers,
    /// The detail of this and the following is the number of the teammate, template or webhook.
    TeammateInvited,
    InvitationWithdrawn,
    TemplateMade,
    TemplateChanged,
    TemplateDeleted,
    WebhookMade,
    WebhookChanged,
    WebhookDeleted,
    /// The detail of this and the following is the number of the teammate or token.
    TeammateJoined,
    TeammateLeft,
    /// A teammate has another role; the detail is their number and the role.
    TeammateRole,
    /// A teammate is in another team, or in none any more; the detail is their number.
    TeammateTeam,
    PasswordChanged,
    TokenMade,
    TokenRevoked,
    /// A token was replaced by another; the detail is both numbers.
    TokenRotated,
    /// The workspace's name or zone changed.
    WorkspaceChanged,
    /// The workspace asked the operator for higher limits; the detail of this and the following is the request's number.
    LimitsRequested,
    LimitsAnswered,
    /// The workspace has other limits.
    LimitsChanged,
    /// The file of a message that arrived is there.
    AttachmentReady,
    /// The file of a message that arrived will never be there; its row says why.
    AttachmentUnavailable,
    /// A webhook was switched off since nobody answers there; the detail is its number.
    WebhookDisabled,
    /// Somebody called and nobody answered. The detail of this and the following is JSON: how long, video, how it ended.
    CallMissed,
    /// A call of a contact is over.
    CallIncoming,
    /// A call of ours is over.
    CallOutgoing,
    /// A message was handed over and the answer was lost: it may have gone. The detail says why.
    MessageUncertain,
    /// Somebody had an uncertain message sent again.
    MessageResent,
    /// Somebody found that an uncertain message had gone.
    MessageMarkedSent,
    /// A message waits until its account may send again; the detail says why.
    MessageHeld,
    /// A message was accepted that goes later; the detail is when, in ms since 1970 UTC.
    MessageScheduled,
    /// A scheduled message was cancelled before its time.
    MessageUnscheduled,
    /// WhatsApp would not have an edit or a deletion of ours; the detail is JSON: action, reason.
    MessageChangeFailed,
    NoteDeleted,
    /// A chat was put off; the detail is until when, in ms since 1970 UTC. A message of its contact ends it as well.
    ChatSnoozed,
    /// A chat that was put off is there again: its time has come, or somebody brought it back.
    ChatUnsnoozed,
    /// A contact wants no mass messages; the detail of this and the next is the contact's number.
    ContactOptedOut,
    ContactOptedIn,
    /// Two contacts are one; the detail is the number of the one that is gone, and of the one that stays.
    ContactsMerged,
    /// Contacts were taken in from a file; the detail is how many.
    ContactsImported,
    /// A participant of a group has a message of ours, or has read it; the detail is `Delivered` or `Read` and their JID.
    MessageReceipt,
    /// How an account is changed in a way that the contract has no word for, or is told once more. The detail of this and
    /// the following is the number of the account.
    AccountHealth,
    /// An account has another name, pace or cap.
    AccountChanged,
    /// A template of WhatsApp's may be sent. The detail of this and the following is its number and Meta's word.
    WabaTemplateApproved,
    WabaTemplateRejected,
    /// A template of WhatsApp's can't be sent any more, or for a time.
    WabaTemplateDisabled,
    /// A message of before the account was linked was taken over from its phone.
    MessageSynced,
    /// A label that no chat bore until then, with the chat that got it first; the detail is the label. The label's own event
    /// on the chat follows.
    LabelMade,
}

const KINDS: &[(Kind, i64, &str)] = &[
    (Kind::TeammateJoined, 120, "teammate:joined"),
    (Kind::TeammateLeft, 121, "teammate:left"),
    (Kind::TeammateRole, 122, "teammate:role"),
    (Kind::TeammateTeam, 190, "teammate:team"),
    (Kind::PasswordChanged, 123, "teammate:password"),
    (Kind::TokenMade, 124, "token:new"),
    (Kind::TokenRevoked, 125, "token:revoked"),
    (Kind::TokenRotated, 126, "token:rotated"),
    (Kind::WorkspaceChanged, 127, "workspace:changed"),
    (Kind::LimitsRequested, 140, "limits:requested"),
    (Kind::LimitsAnswered, 141, "limits:answered"),
    (Kind::LimitsChanged, 142, "limits:changed"),
    (Kind::MessageSent, 1, "message:sent:new"),
    (Kind::MessageReceived, 2, "message:received:new"),
    (Kind::MessageStatus, 3, "message:status"),
    (Kind::ChatOutgoing, 4, "chat:outgoing:new"),
    (Kind::ChatIncoming, 5, "chat:incoming:new"),
    (Kind::ChatLabelled, 6, "chat:labelled"),
    (Kind::ChatRenamed, 7, "chat:renamed"),
    (Kind::ChatReopened, 8, "chat:reopened"),
    (Kind::AccountConnected, 9, "whatsapp:account:connected"),
    (Kind::AccountDisconnected, 10, "whatsapp:account:disconnected"),
    (Kind::AccountSuspended, 11, "whatsapp:account:suspended"),
    (Kind::AccountResumed, 12, "whatsapp:account:resumed"),
    (Kind::QuotaNearlyUsed, 13, "quota:nearly_used"),
    (Kind::QuotaUsed, 14, "quota:used"),
    (Kind::ChatAssigned, 60, "chat:responsible:assigned"),
    (Kind::ChatUnassigned, 61, "chat:responsible:unassigned"),
    (Kind::ChatClosed, 62, "chat:closed"),
    (Kind::ChatRead, 63, "chat:read"),
    (Kind::ChatUnread, 64, "chat:unread"),
    (Kind::ChatUnlabelled, 65, "chat:unlabelled"),
    (Kind::ChatAutoresponse, 66, "chat:autoresponse"),
    (Kind::ChatMembers, 67, "chat:members"),
    (Kind::MessageReaction, 30, "message:reaction"),
    (Kind::MessageEdited, 31, "message:edited"),
    (Kind::MessageDeleted, 32, "message:deleted"),
    (Kind::NoteAdded, 33, "chat:note:new"),
    (Kind::TeammateInvited, 40, "teammate:invited"),
    (Kind::InvitationWithdrawn, 41, "teammate:invitation:withdrawn"),
    (Kind::TemplateMade, 42, "template:new"),
    (Kind::TemplateChanged, 43, "template:changed"),
    (Kind::TemplateDeleted, 44, "template:deleted"),
    (Kind::WebhookMade, 45, "webhook:new"),
    (Kind::WebhookChanged, 46, "webhook:changed"),
    (Kind::WebhookDeleted, 47, "webhook:deleted"),
    (Kind::AttachmentReady, 80, "message:media_ready"),
    (Kind::AttachmentUnavailable, 81, "message:media_unavailable"),
    (Kind::WebhookDisabled, 90, "webhook:disabled"),
    (Kind::CallMissed, 91, "call:incoming:missed"),
    (Kind::CallIncoming, 92, "call:incoming:ended"),
    (Kind::CallOutgoing, 93, "call:outgoing:ended"),
    (Kind::MessageUncertain, 100, "message:uncertain"),
    (Kind::MessageHeld, 101, "message:held"),
    (Kind::MessageScheduled, 110, "message:scheduled"),
    (Kind::MessageUnscheduled, 111, "message:unscheduled"),
    (Kind::MessageChangeFailed, 112, "message:change_failed"),
    (Kind::NoteDeleted, 113, "chat:note:deleted"),
    (Kind::ChatSnoozed, 150, "chat:snoozed"),
    (Kind::ChatUnsnoozed, 151, "chat:unsnoozed"),
    (Kind::ContactOptedOut, 152, "contact:opted_out"),
    (Kind::ContactOptedIn, 153, "contact:opted_in"),
    (Kind::ContactsMerged, 154, "contact:merged"),
    (Kind::ContactsImported, 155, "contact:imported"),
    (Kind::MessageReceipt, 180, "message:receipt"),
    (Kind::ChatContact, 132, "chat:contact"),
    (Kind::AccountHealth, 170, "whatsapp:account:health"),
    (Kind::AccountChanged, 171, "whatsapp:account:changed"),
    (Kind::WabaTemplateApproved, 210, "waba:template:approved"),
    (Kind::WabaTemplateRejected, 211, "waba:template:rejected"),
    (Kind::WabaTemplateDisabled, 212, "waba:template:disabled"),
    (Kind::LabelMade, 200, "label:new"),
    (Kind::MessageSynced, 240, "message:synced"),
    (Kind::MessageResent, 130, "message:resent"),
    (Kind::MessageMarkedSent, 131, "message:marked_sent"),
];

impl Kind {
    /// Every kind there is.
    pub fn all() -> impl Iterator<Item = Kind> {
        KINDS.iter().map(|row| row.0)
    }

    pub fn number(self) -> i64 {
        KINDS.iter().find(|row| row.0 == self).map_or(0, |row| row.1)
    }

    pub fn from_number(number: i64) -> Option<Kind> {
        KINDS.iter().find(|row| row.1 == number).map(|row| row.0)
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        KINDS.iter().find(|row| row.2 == name).map(|row| row.0)
    }

    pub fn name(self) -> &'static str {
        KINDS.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }
}

/// Who caused an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cause {
    /// WhatsApp, a contact, or time that passed.
    #[default]
    Outside,
    Token(TokenId),
    Teammate(TeammateId),
    /// Whoever may open the data folder.
    Operator,
}

impl Cause {
    /// As it is stored: `id * 4` and the kind.
    pub const fn number(self) -> i64 {
        match self {
            Cause::Outside => 0,
            Cause::Token(id) => id.0 * 4 + 1,
            Cause::Teammate(id) => id.0 * 4 + 2,
            Cause::Operator => 3,
        }
    }

    pub const fn from_number(number: i64) -> Cause {
        let id = number.div_euclid(4);
        match number.rem_euclid(4) {
            1 => Cause::Token(TokenId(id)),
            2 => Cause::Teammate(TeammateId(id)),
            3 => Cause::Operator,
            _ => Cause::Outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_number_and_a_name_of_its_own() {
        let numbers: HashSet<i64> = KINDS.iter().map(|row| row.1).collect();
        let names: HashSet<&str> = KINDS.iter().map(|row| row.2).collect();
        assert_eq!((numbers.len(), names.len()), (KINDS.len(), KINDS.len()));
        for (kind, number, _) in KINDS {
            assert_eq!(Kind::from_number(*number), Some(*kind));
            assert_eq!(Kind::from_name(kind.name()), Some(*kind));
        }
    }

    #[test]
    fn a_cause_is_what_it_was_stored_as() {
        for cause in [Cause::Outside, Cause::Token(TokenId(1)), Cause::Teammate(TeammateId(7)), Cause::Operator] {
            assert_eq!(Cause::from_number(cause.number()), cause);
        }
    }
}
