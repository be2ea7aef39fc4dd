//! Words of the page of answering times.

use maud::{Markup, Render, html};

pub const WHO_WAITS_FOR_AN_ANSWER: &str =
    "Who waits for an answer now, and how long first answers took in the last days.";
pub const WAITING_LONGEST: &str = "Waiting longest";
pub const UNANSWERED: &str = "Unanswered";
pub const EVERYBODY_HAS_BEEN_ANSWERED: &str = "Everybody has been answered.";
pub const CHAT: &str = "Chat";
pub const WAITS: &str = "Waits";
pub const RESPONSIBLE: &str = "Responsible";
pub const NOBODY: &str = "Nobody";
pub const FIRST_ANSWERS: &str = "First answers";
pub const NONE_YET: &str = "None yet";
pub const BY_WHOM: &str = "By whom";
pub const NO_ANSWERS_YET: &str = "No answers yet";
pub const AS_SOON_AS_SOMEBODY_ANSWERS: &str = "As soon as somebody answers a contact, it is counted here.";
pub const WHO: &str = "Who";
pub const AS_A_BAR: &str = "As a bar";
pub const IN_THE_MIDDLE: &str = "In the middle";
pub const LONGEST: &str = "Longest";
pub const PROGRAMS_AND_THE_PHONE: &str = "Programs and the phone";
pub const SOMEBODY_WHO_HAS_LEFT: &str = "Somebody who has left";
pub const HALF_WERE_QUICKER: &str = "in the middle; half were quicker";

pub fn busy(events: &dyn Render, days: &dyn Render) -> Markup {
    html! { "This workspace is busy: only its last " (events) " events of the " (days) " days are counted here." }
}

pub fn open_chats(number: usize) -> &'static str {
    if number == 1 { "open chat waits" } else { "open chats wait" }
}

/// Each as a number and as it is written.
pub fn in_and_out(came: (usize, &str), went: (usize, &str)) -> String {
    let (messages, answers) = (plural(came.0, "message"), plural(went.0, "first answer"));
    format!("{} {messages} came in, {} {answers} went out.", came.1, went.1)
}
fn plural(number: usize, one: &str) -> String {
    if number == 1 { one.to_owned() } else { format!("{one}s") }
}

pub fn last_days(days: &dyn Render) -> Markup {
    html! { "Last " (days) " days" }
}
