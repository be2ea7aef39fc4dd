//! Words of the sandbox's phone.

use maud::{Markup, Render, html};

pub const NO_SANDBOX_HERE: &str = "No sandbox here";
pub const THIS_WORKSPACE_HAS_NO_SANDBOX: &str =
    "This workspace has no sandbox account, so there is no customer to play.";
pub const THE_TEAMS_SIDE: &str = "The team’s side";
pub const NOTHING_WAS_SAID_YET: &str = "Nothing was said yet";
pub const WRITE_FROM_THE_PHONE_AND: &str = "Write from the phone, and the team’s side of the chat stands here.";
pub const THE_CUSTOMERS_PHONE: &str = "The customer’s phone";
pub const SWITCH_OFF: &str = "Switch off";
pub const SWITCH_ON: &str = "Switch on";
pub const THE_PHONE: &str = "The phone";
pub const BUSINESS_ACCOUNT: &str = "Business account";
pub const THE_PHONES_MESSAGES: &str = "The phone’s messages";
pub const MESSAGES_SEEN_BY_THE_CUSTOMER: &str = "Messages, seen by the customer";
pub const NOTHING_WAS_SAID_YET_2: &str = "Nothing was said yet.";
pub const YOU_ARE: &str = "You are";
pub const OR_ANY_NUMBER: &str = "Or any number";
pub const BE_THEM: &str = "Be them";
pub const AN_ANSWER: &str = "An answer";
pub const THIS_MESSAGE_WAS_DELETED: &str = "This message was deleted";
pub const READ: &str = "Read";
pub const CORRECT_IT: &str = "Correct it";
pub const CORRECT: &str = "Correct";
pub const TAKE_IT_BACK: &str = "Take it back";
pub const TAKE_MY_REACTION_BACK: &str = "Take my reaction back";
pub const A_PLACE: &str = "A place";
pub const WRITE_AS_THE_CUSTOMER: &str = "Write as the customer";
pub const MESSAGE_FROM_THE_CUSTOMER: &str = "Message from the customer";
pub const SEND_A_FILE: &str = "Send a file";
pub const SEND_A_PICTURE: &str = "Send a picture";
pub const SEND_A_VOICE_MESSAGE: &str = "Send a voice message";
pub const SEND_A_DOCUMENT: &str = "Send a document";
pub const SEND_A_PLACE: &str = "Send a place";
pub const SEND_AS_THE_CUSTOMER: &str = "Send as the customer";
pub const SEND_A_FILE_AS_THE: &str = "Send a file as the customer";
pub const A_FILE_OF_THE_CUSTOMERS: &str = "A file of the customer’s";
pub const SEND: &str = "Send";
pub const THE_TEXT_IS_BLANK_WRITE: &str = "The text is blank; write something";
pub const A_PHONE_CANT_DO_THAT: &str = "A phone can’t do that";
pub const THIS_PHONE_HAS_NO_SUCH: &str = "This phone has no such message any more";
pub const SWITCHED_OFF: &str = "Switched off.";
pub const WHAT_IS_SENT_WAITS: &str = "What is sent waits until it is on.";
pub const EDITED: &str = "edited";

pub fn do_something_with(number: &dyn Render) -> Markup {
    html! { "Do something with message " (number) }
}

pub fn react_with(emoji: &dyn Render) -> Markup {
    html! { "React with " (emoji) }
}

pub fn long_reaction(chars_max: usize) -> String {
    format!("A reaction has at most {chars_max} characters")
}
