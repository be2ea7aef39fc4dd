//! Groups: who is in them and what they are called, from what WhatsApp tells.

use transport::{GroupChange, GroupMember, GroupRole};
use wacore::stanza::groups::{GroupNotificationAction as Action, GroupParticipantInfo};
use wacore::types::events::GroupUpdate;
use whatsapp_rust::Jid;
use whatsapp_rust::features::{GroupMetadata, GroupParticipant, ParticipantType};

use crate::known::Known;

/// All that WhatsApp says of a group at a time (ms since 1970 UTC).
pub fn whole(group: &GroupMetadata, known: &Known, at_ms: i64) -> GroupChange {
    let members = group.participants.iter().map(|one| GroupMember {
        address: known.address(one.phone_number.as_ref().unwrap_or(&one.jid)),
        name: String::new(),
        role: match one.participant_type {
            ParticipantType::Member => GroupRole::Ordinary,
            ParticipantType::Admin => GroupRole::Admin,
            ParticipantType::SuperAdmin => GroupRole::Owner,
        },
    });
    GroupChange {
        chat: known.address(&group.id),
        name: Some(group.subject.clone()).filter(|name| !name.is_empty()),
        members: Some(members.collect()),
        joined: Vec::new(),
        left: Vec::new(),
        at_ms,
    }
}

/// The pairs of addresses that a group's list names.
pub fn pairs(group: &GroupMetadata) -> impl Iterator<Item = (&Jid, &Jid)> {
    group.participants.iter().filter_map(pair)
}

fn pair(one: &GroupParticipant) -> Option<(&Jid, &Jid)> {
    let phone = one.phone_number.as_ref();
    match (&one.lid, phone) {
        (Some(hidden), Some(phone)) => Some((hidden, phone)),
        (Some(hidden), None) => Some((hidden, &one.jid)),
        (None, Some(phone)) => Some((&one.jid, phone)),
        (None, None) => None,
    }
}

/// What an update says; `None` where the group must be asked for as a whole, or nothing is said that is kept.
pub fn change_of(update: &GroupUpdate, known: &Known) -> Option<GroupChange> {
    let change = GroupChange {
        chat: known.address(&update.group_jid),
        name: None,
        members: None,
        joined: Vec::new(),
        left: Vec::new(),
        at_ms: update.timestamp.timestamp_millis(),
    };
    let said = |who: &[GroupParticipantInfo], role| -> Vec<GroupMember> {
        who.iter().map(|one| GroupMember { address: told(one, known), name: String::new(), role }).collect()
    };
    match &update.action {
        Action::Subject { subject, .. } => Some(GroupChange { name: Some(subject.clone()), ..change }),
        Action::Add { participants, .. } => {
            Some(GroupChange { joined: said(participants, GroupRole::Ordinary), ..change })
        }
        Action::Demote { participants } => {
            Some(GroupChange { joined: said(participants, GroupRole::Ordinary), ..change })
        }
        Action::Promote { participants } => {
            Some(GroupChange { joined: said(participants, GroupRole::Admin), ..change })
        }
        Action::Remove { participants, .. } => {
            let left = participants.iter().map(|one| told(one, known)).collect();
            Some(GroupChange { left, ..change })
        }
        _ => None,
    }
}

fn told(one: &GroupParticipantInfo, known: &Known) -> transport::Address {
    known.address(one.phone_number.as_ref().unwrap_or(&one.jid))
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::chrono::DateTime;

    use super::*;

    fn jid(text: &str) -> Jid {
        text.parse().expect("a JID")
    }

    fn update(action: Action) -> GroupUpdate {
        GroupUpdate::builder()
            .group_jid(jid("120363@g.us"))
            .timestamp(DateTime::from_timestamp(1_790_000_000, 0).expect("a time"))
            .is_lid_addressing_mode(false)
            .action(action)
            .build()
    }

    #[test]
    fn a_name_is_told_and_settings_are_not() {
        let named = Action::Subject { subject: "Riders".into(), subject_owner: None, subject_time: None };
        let change = change_of(&update(named), &Known::default()).expect("a change");
        assert_eq!((change.chat.jid(), change.name.as_deref()), ("120363@g.us", Some("Riders")));
        assert_eq!(change.at_ms, 1_790_000_000_000);
        assert!(change_of(&update(Action::Unlocked), &Known::default()).is_none());
    }

    #[test]
    fn a_group_as_a_whole_names_its_members_by_their_phones() {
        let mut group = GroupMetadata { id: jid("120363@g.us"), subject: "Riders".into(), ..GroupMetadata::default() };
        group.participants.push(GroupParticipant {
            jid: jid("77@lid"),
            phone_number: Some(jid("12025550100@s.whatsapp.net")),
            lid: None,
            username: None,
            participant_type: ParticipantType::SuperAdmin,
            details: None,
        });
        let change = whole(&group, &Known::default(), 5);
        let members = change.members.expect("all members");
        assert_eq!(members[0].address.jid(), "12025550100@s.whatsapp.net");
        assert_eq!((members[0].role, change.at_ms), (GroupRole::Owner, 5));
        assert_eq!(pairs(&group).count(), 1);
    }
}
