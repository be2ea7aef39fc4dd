//! Which events a webhook may ask for; the names are the public API's.

const NAMES: [&str; 32] = [
    "message:new",
    "message:sent:new",
    "message:received:new",
    "whatsapp:account:connected",
    "whatsapp:account:disconnected",
    "whatsapp:account:suspended",
    "whatsapp:account:resumed",
    "chat:new",
    "chat:incoming:new",
    "chat:outgoing:new",
    "chat:responsible:assigned",
    "chat:responsible:unassigned",
    "call:incoming:missed",
    "call:incoming:ended",
    "call:outgoing:ended",
    "message:reaction",
    "waba:message:received",
    "waba:message:delivered",
    "waba:message:failed",
    "waba:message:read",
    "waba:chat:incoming",
    "waba:chat:outgoing",
    "waba:chat:assigned",
    "waba:chat:unassigned",
    "waba:chat:closed",
    "waba:chat:reopened",
    "waba:account:active",
    "waba:account:disabled",
    "waba:account:disconnected",
    "waba:template:approved",
    "waba:template:rejected",
    "waba:template:disabled",
];

/// What a webhook hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType(&'static str);

impl EventType {
    /// The names of all event types, in the document's order.
    pub const NAMES: [&'static str; NAMES.len()] = NAMES;

    pub fn parse(text: &str) -> Option<EventType> {
        NAMES.into_iter().find(|name| *name == text).map(EventType)
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }
}
