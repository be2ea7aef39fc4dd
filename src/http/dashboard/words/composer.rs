//! Words of the composer and the choice of a template.

use maud::{Markup, Render, html};

pub const THE_MESSAGE_IS_BLANK: &str = "The message is blank; write something";
pub const WHAT_ARE_YOU_WRITING: &str = "What are you writing?";
pub const REPLY: &str = "Reply";
pub const NOTE: &str = "Note";
pub const DONT_QUOTE_IT: &str = "Don’t quote it";
pub const MESSAGE: &str = "Message";
pub const WRITE_A_MESSAGE_FOR_A: &str = "Write a message, / for a template";
pub const SUGGESTIONS: &str = "Suggestions";
pub const SEND_ALL_THE_SAME: &str = "Send all the same";
pub const SEND_A_FILE: &str = "Send a file";
pub const RECORD_A_VOICE_MESSAGE: &str = "Record a voice message";
pub const CHOOSE_A_TEMPLATE: &str = "Choose a template";
pub const SEND_LATER: &str = "Send later";
pub const FREE_TO_SEND: &str = "Free to send";
pub const SEND: &str = "Send";
pub const FILE: &str = "File";
pub const WORDS_WITH_IT: &str = "Words with it";
pub const CANCEL: &str = "Cancel";
pub const A_FILE: &str = "A file";
pub const SOMEBODY_HAS_ANSWERED_SINCE_YOU: &str =
    "Somebody has answered since you began. Read it above, then send this or change it.";
pub const THERE_IS_NO_SUCH_MESSAGE: &str = "There is no such message";
pub const NO_MESSAGE_OF_THIS_UID: &str = "No message of this uid waits for its time";
pub const THERE_IS_NO_SUCH_FILE: &str = "There is no such file, or it was deleted";
pub const TEMPLATES: &str = "Templates";
pub const CHOOSE_WHAT_TO_WRITE_YOU: &str = "Choose what to write; you can change it before it goes.";
pub const BACK_TO_THE_CHAT: &str = "Back to the chat";
pub const THERE_ARE_NO_TEMPLATES_YET: &str = "There are no templates yet. They are made through the public API.";

pub fn write_to(name: &dyn Render) -> Markup {
    html! { "Write to " (name) }
}

pub fn takes_anything_until(when: &dyn Render, left: &dyn Render) -> Markup {
    html! { "WhatsApp takes anything until " (when) ", " (left) " from now" }
}

pub fn minutes(minutes: u64) -> String {
    if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") }
}
pub fn hours(hours: u64) -> String {
    if hours == 1 { "an hour".to_owned() } else { format!("{hours} hours") }
}

pub fn in_the_time_of(zone: &dyn Render) -> Markup {
    html! { "In the time of " (zone) ". Empty: now." }
}

pub fn sizes(shown: &dyn Render, document: &dyn Render) -> Markup {
    html! { "Pictures, sound and videos up to " (shown) " MB, documents up to " (document) " MB." }
}

pub fn scheduled(number: usize) -> String {
    if number == 1 {
        "1 message waits for its time".to_owned()
    } else {
        format!("{number} messages wait for their time")
    }
}

pub fn cancel_it(text: &dyn Render) -> Markup {
    html! { "Cancel: " (text) }
}

pub fn filled_in(places: &dyn Render) -> Markup {
    html! { "Places that are filled in: " (places) "others stay for you." }
}

pub fn with_file(name: &dyn Render) -> Markup {
    html! { " · with " (name) }
}
