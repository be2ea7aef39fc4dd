//! The rules of the inbox: sending, receiving, statuses. Plain functions on an open [`crate::store::Write`]; they never
//! touch the network.

pub mod chat;
pub mod chats;
pub mod groups;
pub mod labels;
pub mod receive;
pub mod send;
pub mod status;
pub mod urgency;
pub mod values;
