//! What a contact sees of us beside messages.

use crate::Address;

/// Something to show to a chat. It has no answer and isn't repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// These of its messages were read.
    Read(Vec<ReadMessage>),
    Typing(Typing),
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMessage {
    pub wamid: String,
    /// Who sent it; in a group the receipt is theirs.
    pub sender: Address,
}

/// That we write. WhatsApp shows it for about 25 seconds, unless it is told again or a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    Typing,
    /// A voice message.
    Recording,
    /// No longer.
    Paused,
}
