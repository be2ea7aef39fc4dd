//! Words of an open chat: its thread, what is beside it, what happened in it.

use maud::{Markup, Render, html};

pub const BACK_TO_THE_CHATS: &str = "Back to the chats";
pub const GROUP: &str = "Group";
pub const ABOUT_THIS_CHAT: &str = "About this chat";
pub const THE_TALK: &str = "Thread";
pub const YOUR_ROLE_READS_CHATS_AND: &str = "Your role reads chats and doesn’t write in them.";
pub const SNOOZE_THIS_CHAT: &str = "Snooze this chat";
pub const SNOOZE: &str = "Snooze";
pub const THE_CHAT_COMES_BACK_BY: &str = "The chat comes back by itself then, or when its contact writes.";
pub const BRING_IT_BACK_NOW: &str = "Bring it back now";
pub const FOR_AN_HOUR: &str = "For an hour";
pub const UNTIL_TOMORROW_AT_NINE: &str = "Until tomorrow at nine";
pub const UNTIL_MONDAY_AT_NINE: &str = "Until Monday at nine";
pub const UNTIL: &str = "Until";
pub const SNOOZE_UNTIL_THEN: &str = "Snooze until then";
pub const OPEN_AGAIN: &str = "Open again";
pub const THIS_CHAT: &str = " this chat";
pub const CLOSE: &str = "Close";
pub const OLDER_MESSAGES: &str = "Older messages";
pub const NOTHING_WAS_SAID_HERE_YET: &str = "Nothing was said here yet.";
pub const TO_THE_NEWEST: &str = "To the newest";
pub const THIS_MESSAGE_WAS_DELETED: &str = "This message was deleted";
pub const US: &str = "Us";
pub const A_FILE: &str = "A file";
pub const ON_ITS_WAY_FROM_WHATSAPP: &str = "On its way from WhatsApp";
pub const TRY_AGAIN: &str = "Try again";
pub const WRITE_IT_AGAIN: &str = "Write it again";
pub const SEND_AGAIN: &str = "Send again";
pub const IT_ARRIVED: &str = "It arrived";
pub const NOTE_ONLY_THE_TEAM_SEES: &str = "Note, only the team sees it";
pub const PUBLIC_API: &str = "Public API";
pub const MASS_MESSAGE: &str = "Mass message";
pub const FROM_THE_PHONE: &str = "From the phone";
pub const UNCERTAIN: &str = "Uncertain";
pub const CONTACT: &str = "Contact";
pub const CLOSE_THESE_DETAILS: &str = "Close these details";
pub const DETAILS: &str = "Details";
pub const PHONE: &str = "Phone";
pub const ACCOUNT: &str = "Account";
pub const CALLS_THEMSELVES: &str = "Calls themselves";
pub const MASS_MESSAGES: &str = "Mass messages";
pub const OPTED_OUT: &str = "Opted out";
pub const CHAT_ID: &str = "Chat id";
pub const FIRST_WROTE: &str = "First wrote";
pub const WHAT_HAPPENED: &str = "What happened";
pub const OTHER_CHATS_WITH_THEM: &str = "Other chats with them";
pub const NOTES: &str = "Notes";
pub const RESPONSIBLE: &str = "Responsible";
pub const NOBODY: &str = "Nobody";
pub const SET: &str = "Set";
pub const LABELS: &str = "Labels";
pub const NONE_YET: &str = "None yet";
pub const NEW_LABEL: &str = "New label";
pub const LABEL: &str = "Label";
pub const MARK_AS_READ: &str = "Mark as read";
pub const MARK_AS_UNREAD: &str = "Mark as unread";
pub const THE_CHAT_BEGAN: &str = "The chat began";
pub const CLOSED: &str = "Closed";
pub const BACK_FROM_BEING_SNOOZED: &str = "Back from being snoozed";
pub const A_MESSAGE_CAME_IN: &str = "A message came in";
pub const A_MESSAGE_WENT_OUT: &str = "A message went out";
pub const A_MESSAGE_WAS_TAKEN_OVER: &str = "A message of earlier days was taken over from the phone";
pub const A_SCHEDULED_MESSAGE_WAS_CANCELLED: &str = "A scheduled message was cancelled";
pub const A_MESSAGE_IS_HELD: &str = "A message is held";
pub const A_MESSAGE_MAY_HAVE_GONE: &str = "A message may have gone: its answer was lost";
pub const A_MESSAGE_WAS_CORRECTED: &str = "A message was corrected";
pub const A_MESSAGE_WAS_TAKEN_BACK: &str = "A message was taken back";
pub const A_REACTION: &str = "A reaction";
pub const A_NOTE_WAS_LEFT: &str = "A note was left";
pub const A_NOTE_WAS_DELETED: &str = "A note was deleted";
pub const BACK_TO_THE_CHAT: &str = "Back to the chat";
pub const THE_LOG_HOLDS_NOTHING_OF: &str = "The log holds nothing of this chat any more.";
pub const THERE_IS_NO_SUCH_MESSAGE: &str = "There is no such message; look into the chat again";
pub const FAILED: &str = "Failed.";
pub const CANCEL_IT_BELOW: &str = "Cancel it below.";
pub const UNCERTAIN_SO_FAR: &str = "Uncertain.";
pub const EDITED: &str = "edited";
pub const CLOSED_TOO: &str = ", closed";
pub const SOMEBODY_WHO_HAS_LEFT: &str = "somebody who has left";
pub const THE_OPERATOR: &str = "the operator";
pub const ITS_CONTACT_WROTE: &str = ": its contact wrote";

pub fn reply_to_the_message_of(time: &dyn Render) -> Markup {
    html! { "Reply to this message of " (time) }
}

pub fn not_available(reason: &str) -> String {
    format!("Not available: {reason}")
}

pub fn download(name: &dyn Render) -> Markup {
    html! { "Download " (name) }
}

pub fn bytes(bytes: i64) -> String {
    format!("{bytes} bytes")
}

pub fn kilobytes(kilobytes: i64) -> String {
    format!("{kilobytes} KB")
}

pub fn megabytes(whole: i64, tenths: i64) -> String {
    format!("{whole}.{tenths} MB")
}

pub fn failure(title: &str, details: &str) -> String {
    if details.is_empty() { title.to_owned() } else { format!("{title}. {details}") }
}

pub fn goes_on(when: &dyn Render) -> Markup {
    html! { "Goes on " (when) "." }
}

pub fn uncertain(reason: &dyn Render) -> Markup {
    html! { (reason) " Nothing is repeated by itself: ask the contact whether it came." }
}

pub fn held_until(time: &dyn Render) -> Markup {
    html! { "Held until " (time) "." }
}
pub fn goes_by_itself(reason: &dyn Render) -> Markup {
    html! { (reason) " It goes by itself." }
}

pub fn by(who: &dyn Render) -> Markup {
    html! { " by " (who) }
}

pub fn messages_with(name: &dyn Render) -> Markup {
    html! { "Messages with " (name) }
}

pub fn until(when: &dyn Render) -> Markup {
    html! { "Until " (when) }
}

pub fn in_the_chat_with(name: &str) -> String {
    format!("In the chat with {name}, the newest first, as far as the log of events reaches.")
}

pub fn on(account: &dyn Render) -> Markup {
    html! { " on " (account) }
}

pub fn remove_label(label: &dyn Render) -> Markup {
    html! { "Remove label " (label) }
}

pub fn public_api_with(token: &str) -> String {
    format!("Public API ({token})")
}

pub fn assigned_to(teammate: &dyn Render) -> Markup {
    html! { "Assigned to " (teammate) }
}

pub fn nobody_answers(teammate: &dyn Render) -> Markup {
    html! { "Nobody answers for it any more; before, " (teammate) }
}

pub fn label_created(label: &dyn Render) -> Markup {
    html! { "Label " (label) " created and added" }
}

pub fn label_added(label: &dyn Render) -> Markup {
    html! { "Label " (label) " added" }
}

pub fn label_taken_off(label: &dyn Render) -> Markup {
    html! { "Label " (label) " taken off" }
}

pub fn named(name: &dyn Render) -> Markup {
    html! { "Named " (name) }
}

pub fn snoozed_until(when: &dyn Render) -> Markup {
    html! { "Snoozed until " (when) }
}

pub fn scheduled_for(when: &dyn Render) -> Markup {
    html! { "A message scheduled for " (when) }
}
