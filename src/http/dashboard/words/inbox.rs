//! Words of the list of chats.

use maud::{Markup, Render, html};

pub const THE_TALK: &str = "Thread";
pub const NO_CHATS_YET: &str = "No chats yet";
pub const A_CHAT_BEGINS_WITH_THE: &str = "A chat begins with the first message, from either side. Send one from the first steps or through the public API, and it stands here.";
pub const SEND_THE_FIRST_MESSAGE: &str = "Send the first message";
pub const CHOOSE_A_CHAT: &str = "Choose a chat";
pub const FIND_A_CHAT_BY_ITS: &str = "Find a chat by its name";
pub const FIND_A_CHAT: &str = "Find a chat";
pub const CHATS: &str = "Chats";
pub const OLDER_CHATS: &str = "Older chats";
pub const NOTHING_FOUND: &str = "Nothing found";
pub const NO_CHAT_OF_THIS_VIEW: &str = "No chat of this view has that in its name.";
pub const NO_OPEN_CHATS: &str = "No open chats";
pub const NEW_MESSAGES_BRING_THEIR_CHATS: &str = "New messages bring their chats back here.";
pub const NOTHING_IS_YOURS: &str = "Nothing is yours";
pub const CHATS_THAT_YOU_ANSWER_FOR: &str = "Chats that you answer for stand here. Take one from Unassigned.";
pub const EVERYTHING_HAS_SOMEBODY: &str = "Everything has somebody";
pub const CHATS_THAT_NOBODY_ANSWERS_FOR: &str = "Chats that nobody answers for stand here.";
pub const ALL_READ: &str = "All read";
pub const CHATS_WITH_NEWS_THAT_NOBODY: &str = "Chats with news that nobody has read yet stand here.";
pub const NOBODY_WAITS: &str = "Nobody waits";
pub const OPEN_CHATS_WHOSE_CONTACT_WROTE: &str =
    "Open chats whose contact wrote last stand here, the longest waiting first.";
pub const NOTHING_IS_SNOOZED: &str = "Nothing is snoozed";
pub const CHATS_THAT_ARE_PUT_OFF: &str =
    "Chats that are put off stand here until their time comes or their contact writes.";
pub const NOTHING_IS_CLOSED: &str = "Nothing is closed";
pub const CLOSED_CHATS_STAND_HERE_UNTIL: &str = "Closed chats stand here until their contact writes again.";
pub const YOU: &str = "You";
pub const UNASSIGNED: &str = "Unassigned";
pub const DELETED: &str = "Deleted";
pub const PICTURE: &str = "Picture";
pub const VIDEO: &str = "Video";
pub const AUDIO: &str = "Audio";
pub const VOICE_MESSAGE: &str = "Voice message";
pub const STICKER: &str = "Sticker";
pub const DOCUMENT: &str = "Document";
pub const ALL: &str = "All";
pub const MINE: &str = "Mine";
pub const UNREAD: &str = "Unread";
pub const WAITING_LONGEST: &str = "Waiting longest";
pub const SNOOZED: &str = "Snoozed";
pub const CLOSED: &str = "Closed";
pub const VIEWS: &str = "Views";
pub const FILTER: &str = "Filter";
pub const LABEL: &str = "Label";
pub const PHONE: &str = "Phone";
pub const ACCOUNT: &str = "Account";
pub const ANY: &str = "Any";
pub const RESPONSIBLE: &str = "Responsible";
pub const ANYBODY: &str = "Anybody";
pub const KIND: &str = "Kind";
pub const CONTACTS_AND_GROUPS: &str = "Contacts and groups";
pub const CONTACTS: &str = "Contacts";
pub const GROUPS: &str = "Groups";
pub const READ: &str = "Read";
pub const READ_AND_UNREAD: &str = "Read and unread";
pub const LAST_MESSAGE_FROM: &str = "Last message from";
pub const LAST_MESSAGE_UNTIL: &str = "Last message until";
pub const SHOW: &str = "Show";
pub const SHOW_ALL: &str = "Show all";
pub const NAME_OF_THIS_VIEW: &str = "Name of this view";
pub const NAME_THIS_VIEW: &str = "Name this view";
pub const SAVE: &str = "Save";
pub const SAY_WHAT_TO_DO_WITH: &str = "Say what to do with the ticked chats";
pub const IT_IS_TOO_LATE_TO: &str = "It is too late to undo this; change the chats themselves";
pub const THERE_IS_NOTHING_TO_KEEP: &str = "There is nothing to keep: narrow the list down first";
pub const TICKED_CHATS: &str = "Ticked chats";
pub const OPEN_AGAIN: &str = "Open again";
pub const CLOSE: &str = "Close";
pub const NOBODY: &str = "Nobody";
pub const ASSIGN: &str = "Assign";
pub const UNTIL_WHEN: &str = "Until when";
pub const UNTIL_TOMORROW: &str = "Until tomorrow";
pub const UNTIL_MONDAY: &str = "Until Monday";
pub const FOR_AN_HOUR: &str = "For an hour";
pub const NOT_ANY_MORE: &str = "Not any more";
pub const SNOOZE: &str = "Snooze";
pub const UNDO: &str = "Undo";
pub const GIVE_A_DATE_AND_A: &str = "Give a date and a time, as 2026-07-01 09:30";
pub const SAY_UNTIL_WHEN_CHOOSE_A: &str = "Say until when: choose a time";
pub const UNREAD_ONES: &str = " unread";

pub fn name_of_a_view(chars_max: usize) -> String {
    format!("A view's name has 1 to {chars_max} characters")
}

pub fn many_views(views: i64) -> String {
    format!("You have saved {views} views already; forget one first")
}

pub fn tick(name: &dyn Render) -> Markup {
    html! { "Tick " (name) }
}

pub fn waits(span: &dyn Render) -> Markup {
    html! { "Waits " (span) }
}

pub fn until(when: &dyn Render) -> Markup {
    html! { "Until " (when) }
}

/// Before the words of a message of ours.
pub fn whose(is_note: bool) -> &'static str {
    if is_note { "Note: " } else { "Us: " }
}

pub fn through_the_list() -> Markup {
    html! { "With " kbd { "j" } " and " kbd { "k" } " you go through the list." }
}
/// What was just done to chats and can be taken back.
pub fn done(chats: usize, deed: &str) -> String {
    if chats == 1 { format!("Chat {deed}") } else { format!("{chats} chats {deed}") }
}

pub fn labelled(label: &dyn Render) -> Markup {
    html! { "Labelled " (label) }
}

pub fn phone_with(digits: &dyn Render) -> Markup {
    html! { "Phone with " (digits) }
}

pub fn on(account: &dyn Render) -> Markup {
    html! { "On " (account) }
}

pub fn of(teammate: &dyn Render) -> Markup {
    html! { "Of " (teammate) }
}

pub fn from_day(day: &dyn Render) -> Markup {
    html! { "From " (day) }
}

pub fn forget(view: &dyn Render) -> Markup {
    html! { "Forget " (view) }
}
