//! Which events a webhook may ask for: the public API's names, and ours for facts that it has none for.

use crate::event_kind::Kind;

/// The contract's, in the document's order.
const CONTRACT: usize = 32;

const ALL: [EventType; 90] = [
    EventType("message:new"),
    EventType("message:sent:new"),
    EventType("message:received:new"),
    EventType("whatsapp:account:connected"),
    EventType("whatsapp:account:disconnected"),
    EventType("whatsapp:account:suspended"),
    EventType("whatsapp:account:resumed"),
    EventType("chat:new"),
    EventType("chat:incoming:new"),
    EventType("chat:outgoing:new"),
    EventType("chat:responsible:assigned"),
    EventType("chat:responsible:unassigned"),
    EventType("call:incoming:missed"),
    EventType("call:incoming:ended"),
    EventType("call:outgoing:ended"),
    EventType("message:reaction"),
    EventType("waba:message:received"),
    EventType("waba:message:delivered"),
    EventType("waba:message:failed"),
    EventType("waba:message:read"),
    EventType("waba:chat:incoming"),
    EventType("waba:chat:outgoing"),
    EventType("waba:chat:assigned"),
    EventType("waba:chat:unassigned"),
    EventType("waba:chat:closed"),
    EventType("waba:chat:reopened"),
    EventType("waba:account:active"),
    EventType("waba:account:disabled"),
    EventType("waba:account:disconnected"),
    EventType("waba:template:approved"),
    EventType("waba:template:rejected"),
    EventType("waba:template:disabled"),
    EventType("message:status"),
    EventType("message:edited"),
    EventType("message:deleted"),
    EventType("message:scheduled"),
    EventType("message:unscheduled"),
    EventType("message:change_failed"),
    EventType("message:media_ready"),
    EventType("message:media_unavailable"),
    EventType("message:synced"),
    EventType("chat:note:new"),
    EventType("chat:note:deleted"),
    EventType("chat:closed"),
    EventType("chat:reopened"),
    EventType("chat:renamed"),
    EventType("chat:labelled"),
    EventType("chat:unlabelled"),
    EventType("label:new"),
    EventType("chat:read"),
    EventType("chat:unread"),
    EventType("chat:autoresponse"),
    EventType("chat:members"),
    EventType("chat:contact"),
    EventType("chat:snoozed"),
    EventType("chat:unsnoozed"),
    EventType("contact:opted_out"),
    EventType("contact:opted_in"),
    EventType("contact:merged"),
    EventType("contact:imported"),
    EventType("whatsapp:account:health"),
    EventType("whatsapp:account:changed"),
    EventType("quota:nearly_used"),
    EventType("quota:used"),
    EventType("message:uncertain"),
    EventType("message:resent"),
    EventType("message:marked_sent"),
    EventType("message:held"),
    EventType("message:receipt"),
    EventType("teammate:invited"),
    EventType("teammate:invitation:withdrawn"),
    EventType("teammate:joined"),
    EventType("teammate:left"),
    EventType("teammate:role"),
    EventType("teammate:team"),
    EventType("teammate:password"),
    EventType("token:new"),
    EventType("token:revoked"),
    EventType("token:rotated"),
    EventType("workspace:changed"),
    EventType("limits:requested"),
    EventType("limits:answered"),
    EventType("limits:changed"),
    EventType("template:new"),
    EventType("template:changed"),
    EventType("template:deleted"),
    EventType("webhook:new"),
    EventType("webhook:changed"),
    EventType("webhook:deleted"),
    EventType("webhook:disabled"),
];

/// What a webhook hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType(&'static str);

impl EventType {
    /// The names of all event types: the contract's in the document's order, then ours.
    pub const NAMES: [&'static str; ALL.len()] = {
        let mut names = [""; ALL.len()];
        let mut at = 0;
        while at < ALL.len() {
            names[at] = ALL[at].0;
            at += 1;
        }
        names
    };

    pub fn parse(text: &str) -> Option<EventType> {
        ALL.into_iter().find(|one| one.0 == text)
    }

    /// Every event type, the contract's first.
    pub const fn all() -> &'static [EventType] {
        &ALL
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether the contract has it; its body is the contract's then.
    pub fn is_of_contract(self) -> bool {
        ALL[..CONTRACT].contains(&self)
    }

    /// What a fact of the log is called in public, the most exact name first. One fact may bear several: a message that
    /// arrived is `message:received:new` and `message:new`.
    pub fn of(kind: Kind) -> Vec<EventType> {
        let also = match kind {
            Kind::MessageSent | Kind::MessageReceived => Some("message:new"),
            Kind::ChatOutgoing | Kind::ChatIncoming => Some("chat:new"),
            Kind::AccountConnected | Kind::AccountDisconnected | Kind::AccountSuspended | Kind::AccountResumed => {
                Some("whatsapp:account:health")
            }
            _ => None,
        };
        [Some(kind.name()), also].into_iter().flatten().filter_map(EventType::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fact_has_a_public_name() {
        for kind in Kind::all() {
            let types = EventType::of(kind);
            assert_eq!(types.first().map(|first| first.as_str()), Some(kind.name()), "{kind:?}");
        }
    }

    #[test]
    fn every_name_is_its_own() {
        assert_eq!(EventType::NAMES.into_iter().collect::<HashSet<_>>().len(), ALL.len());
        assert!(EventType("waba:template:disabled").is_of_contract());
        assert!(!EventType("message:status").is_of_contract());
    }
}
