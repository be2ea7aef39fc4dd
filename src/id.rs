//! The identifiers of the domain, one type each, and the one home of randomness.

use std::fmt;
use std::sync::Mutex;

use database::{FromValue, ToValue, Value};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::clock::Time;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl ToValue for $name {
            fn to_value(&self) -> Value<'_> {
                Value::Int(self.0)
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value<'_>) -> Result<Self, database::Error> {
                i64::from_value(value).map(Self)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl ToValue for $name {
            fn to_value(&self) -> Value<'_> {
                self.0.to_value()
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value<'_>) -> Result<Self, database::Error> {
                Uuid::from_value(value).map(Self)
            }
        }
    };
}

number_id! {
    /// A tenant of this server; counts from 1.
    WorkspaceId
}
number_id! {
    /// A WhatsApp number of a workspace; counts from 1 in each workspace. The public API shows its JID instead.
    AccountId
}
number_id! {
    /// A chat; counts from 1 in each workspace. It is the public API's `chat_id`.
    ChatId
}
number_id! {
    /// A contact; counts from 1 in each workspace.
    ContactId
}
number_id! {
    /// A token of the public API; counts from 1 in each workspace.
    TokenId
}
number_id! {
    /// A teammate; counts from 1 in each workspace. It is the public API's `user_id`.
    TeammateId
}
number_id! {
    /// A team of teammates; counts from 1 in each workspace. 0 stands for none.
    TeamId
}
number_id! {
    /// A template; counts from 1 in each workspace.
    TemplateId
}
number_id! {
    /// A template of WhatsApp's; counts from 1 in each workspace.
    WabaTemplateId
}
number_id! {
    /// A webhook; counts from 1 in each workspace.
    WebhookId
}
number_id! {
    /// A teammate's session in the dashboard; counts from 1 in each workspace.
    SessionId
}
uuid_id! {
    /// A message's id in the public API. A UUIDv7: messages sort by it in the order in which they were accepted.
    MessageUid
}
uuid_id! {
    /// An uploaded file's id in the public API. A UUIDv7: files sort by it in the order in which they were uploaded.
    FileUid
}

uuid_id! {
    /// A question to Meta about its figures.
    AnalysisHandle
}

impl AnalysisHandle {
    /// A handle that nobody can guess. Randomness: draw it before a write begins.
    pub fn draw() -> AnalysisHandle {
        AnalysisHandle(uuid::Builder::from_random_bytes(random_bytes()).into_uuid())
    }
}

impl TeammateId {
    /// The Owner, whom every workspace has from its first moment.
    pub const OWNER: TeammateId = TeammateId(1);
    /// Stands where a chat has nobody who answers for it.
    pub const NOBODY: TeammateId = TeammateId(0);
}

impl Default for TeammateId {
    fn default() -> TeammateId {
        TeammateId::NOBODY
    }
}

impl SessionId {
    /// Stands where no session is meant.
    pub const NONE: SessionId = SessionId(0);
}

impl TeamId {
    pub const NONE: TeamId = TeamId(0);
}

/// Makes identifiers and secrets. Randomness is drawn here, before a write begins, since a write may run again.
#[derive(Debug, Default)]
pub struct IdSource {
    order: Mutex<ContextV7>,
    /// How many past messages had a uid; wraps around.
    past: std::sync::atomic::AtomicU32,
}

/// Behind the time, a counter keeps the order; the rest is random.
const PAST_COUNTER_BITS: u8 = 32;

impl IdSource {
    /// The next message uid; later ones of one process sort behind earlier ones, also within a millisecond.
    pub fn message_uid(&self, now: Time) -> MessageUid {
        MessageUid(self.uuid(now))
    }

    /// A uid for a message of earlier days: it sorts where the message belongs, and behind those that were given to the same
    /// millisecond before.
    pub fn past_message_uid(&self, at: Time, now: Time) -> MessageUid {
        let ms = u64::try_from(at.ms().clamp(0, now.ms())).unwrap_or(0);
        let nth = self.past.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let nanos = u32::try_from(ms % 1000 * 1_000_000).unwrap_or(0);
        let timestamp = Timestamp::from_unix_time(ms / 1000, nanos, u128::from(nth), PAST_COUNTER_BITS);
        MessageUid(Uuid::new_v7(timestamp))
    }

    /// The next file uid, in the same order.
    pub fn file_uid(&self, now: Time) -> FileUid {
        FileUid(self.uuid(now))
    }

    /// WhatsApp's id of a message as a linked device chooses it: `3EB0` and 18 upper-case hex digits.
    pub fn wamid(&self) -> String {
        let bytes: [u8; 9] = random_bytes();
        bytes.iter().fold(String::from("3EB0"), |mut text, byte| {
            fmt::Write::write_fmt(&mut text, format_args!("{byte:02X}")).expect("a string takes any text");
            text
        })
    }

    fn uuid(&self, now: Time) -> Uuid {
        let order = self.order.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let ms = u64::try_from(now.ms()).unwrap_or(0);
        let nanos = u32::try_from(ms % 1000 * 1_000_000).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&*order, ms / 1000, nanos))
    }
}

/// Random bytes from the operating system, for secrets.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_of_one_millisecond_keep_their_order() {
        let ids = IdSource::default();
        let now = Time::from_ms(1_790_000_000_000);
        let uids: Vec<MessageUid> = (0..1000).map(|_| ids.message_uid(now)).collect();
        assert!(uids.is_sorted());
    }

    #[test]
    fn uids_of_past_messages_sort_by_their_time_and_keep_their_order() {
        let ids = IdSource::default();
        let (now, day) = (Time::from_ms(1_790_000_000_000), 86_400_000);
        ids.message_uid(now);
        let late = ids.past_message_uid(Time::from_ms(now.ms() - day), now);
        let early: Vec<MessageUid> =
            (0..100).map(|_| ids.past_message_uid(Time::from_ms(now.ms() - 2 * day), now)).collect();
        assert!(early.is_sorted() && early.iter().all(|uid| *uid < late));
        assert!(late < ids.message_uid(now) && ids.past_message_uid(Time::from_ms(i64::MAX), now) > late);
    }

    #[test]
    fn a_wamid_has_the_form_of_a_linked_device() {
        let wamid = IdSource::default().wamid();
        assert_eq!(wamid.len(), 22);
        assert!(
            wamid.starts_with("3EB0") && wamid.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        );
    }
}
