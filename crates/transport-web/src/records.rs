//! Where the keys of a linked number are kept: small records, each of a kind and under a key. Whoever implements
//! [`Records`] knows nothing of what they mean, and [`crate::keys`] nothing of where they lie.
//!
//! A number whose records were lost or went back in time can't be used any more, so a write is durable before it is
//! answered, and one that failed is told.

use std::fmt;

use bytes::Bytes;
use transport::Pending;

/// What a record is. The words are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// The number's own keys and what WhatsApp knows it by.
    Device,
    Identity,
    Session,
    PreKey,
    SignedPreKey,
    SenderKey,
    /// Who of a group has our sender key.
    SenderKeyHolders,
    SyncKey,
    SyncKeyLatest,
    SyncVersion,
    MutationMac,
    /// The phone behind an id that hides it, and the other way round.
    Lid,
    LidOfPhone,
    BaseKey,
    DeviceList,
    Group,
    TcToken,
    SentMessage,
    PendingInbound,
    MessageSecret,
}

impl RecordKind {
    pub const ALL: [RecordKind; 20] = [
        RecordKind::Device,
        RecordKind::Identity,
        RecordKind::Session,
        RecordKind::PreKey,
        RecordKind::SignedPreKey,
        RecordKind::SenderKey,
        RecordKind::SenderKeyHolders,
        RecordKind::SyncKey,
        RecordKind::SyncKeyLatest,
        RecordKind::SyncVersion,
        RecordKind::MutationMac,
        RecordKind::Lid,
        RecordKind::LidOfPhone,
        RecordKind::BaseKey,
        RecordKind::DeviceList,
        RecordKind::Group,
        RecordKind::TcToken,
        RecordKind::SentMessage,
        RecordKind::PendingInbound,
        RecordKind::MessageSecret,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            RecordKind::Device => "device",
            RecordKind::Identity => "identity",
            RecordKind::Session => "session",
            RecordKind::PreKey => "prekey",
            RecordKind::SignedPreKey => "signed_prekey",
            RecordKind::SenderKey => "sender_key",
            RecordKind::SenderKeyHolders => "sender_key_holders",
            RecordKind::SyncKey => "sync_key",
            RecordKind::SyncKeyLatest => "sync_key_latest",
            RecordKind::SyncVersion => "sync_version",
            RecordKind::MutationMac => "mutation_mac",
            RecordKind::Lid => "lid",
            RecordKind::LidOfPhone => "lid_of_phone",
            RecordKind::BaseKey => "base_key",
            RecordKind::DeviceList => "device_list",
            RecordKind::Group => "group",
            RecordKind::TcToken => "tc_token",
            RecordKind::SentMessage => "sent_message",
            RecordKind::PendingInbound => "pending_inbound",
            RecordKind::MessageSecret => "message_secret",
        }
    }
}

/// A record as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// At most [`crate::keys::KEY_BYTES_MAX`].
    pub key: Vec<u8>,
    pub value: Bytes,
}

/// A change of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Puts a record in the place of what is there.
    Put {
        kind: RecordKind,
        key: Vec<u8>,
        value: Bytes,
        /// What [`Change::DeleteBefore`] looks at, in seconds since 1970 UTC; 0 for a record that stays until it is
        /// deleted by its key.
        at_s: i64,
    },
    Delete {
        kind: RecordKind,
        key: Vec<u8>,
    },
    /// Deletes all whose key begins so; an empty prefix is every one of the kind.
    DeletePrefix {
        kind: RecordKind,
        prefix: Vec<u8>,
    },
    /// Deletes all whose `at_s` is not 0 and below this.
    DeleteBefore {
        kind: RecordKind,
        at_s: i64,
    },
}

/// The records of one linked number.
pub trait Records: Send + Sync {
    /// Those of `keys` that are there, in any order.
    ///
    /// # Errors
    /// They can't be read.
    fn get(&self, kind: RecordKind, keys: Vec<Vec<u8>>) -> Pending<'_, Result<Vec<Record>, RecordsError>>;

    /// All whose key begins with `prefix`, in the order of their keys.
    ///
    /// # Errors
    /// They can't be read.
    fn list(&self, kind: RecordKind, prefix: Vec<u8>) -> Pending<'_, Result<Vec<Record>, RecordsError>>;

    /// Does all of it or nothing, and answers when it is durable: deletions first, then what is put; of two puts under
    /// one key the last counts. Returns how many records were deleted.
    ///
    /// # Errors
    /// Nothing was written, or nobody knows.
    fn write(&self, changes: Vec<Change>) -> Pending<'_, Result<u64, RecordsError>>;
}

/// Why records can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsError(pub String);

impl fmt::Display for RecordsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the keys of this number can't be kept: {}", self.0)
    }
}

impl std::error::Error for RecordsError {}
