//! The rules of the inbox: sending, receiving, statuses. Plain functions on an open [`crate::store::Write`]; they never
//! touch the network.

pub mod advice;
pub mod calls;
pub mod changes;
pub mod chat;
pub mod chats;
pub mod content;
pub mod emoji;
pub mod explain;
pub mod groups;
pub mod labels;
pub mod marks;
pub mod notes;
pub mod own_changes;
pub mod placeholders;
pub mod reach;
pub mod reactions;
pub mod receipts;
pub mod receive;
pub mod schedule;
pub mod search;
pub mod search_words;
pub mod send;
pub mod status;
pub mod template_values;
pub mod templates;
pub mod uncertain;
pub mod urgency;
pub mod values;
pub mod window;
