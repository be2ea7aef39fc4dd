//! Words of the search.

pub const SEARCH: &str = "Search";
pub const THROUGH_EVERY_MESSAGE_NOTE_AND: &str = "Through every message, note and file name, and the names of chats.";
pub const WORDS_THAT_WERE_SAID: &str = "Words that were said";
pub const NOTHING_FOUND: &str = "Nothing found";
pub const ALL_WORDS_MUST_STAND_IN: &str = "All words must stand in one message. The last one may be only begun.";
pub const CHATS: &str = "Chats";
pub const CHAT: &str = "Chat";
pub const MESSAGES: &str = "Messages";
pub const OLDER_MESSAGES_ARE_STILL_BEING: &str = "Older messages are still being read; look again in a while.";
pub const OLDER_ONES: &str = "Older ones";
pub const MESSAGE: &str = "Message";
pub const CLOSED_TOO: &str = " · closed";
