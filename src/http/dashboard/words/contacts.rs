//! Words of the contacts.

use maud::{Markup, Render, html};

pub const TAKE_IN_CSV: &str = "Take in CSV";
pub const EVERYBODY_WHO_WROTE_TO_YOU: &str = "Everybody who wrote to you or to whom you wrote, over all accounts.";
pub const FIND_A_CONTACT: &str = "Find a contact";
pub const A_NAME_OR_A_PHONE: &str = "A name or a phone";
pub const FIND: &str = "Find";
pub const CONTACTS: &str = "Contacts";
pub const NO_CONTACTS_YET: &str = "No contacts yet";
pub const NOBODY_FOUND: &str = "Nobody found";
pub const CONTACTS_COME_WITH_THE_FIRST: &str =
    "Contacts come with the first message, from either side, or from a CSV file.";
pub const TICK: &str = "Tick";
pub const NAME: &str = "Name";
pub const PHONE: &str = "Phone";
pub const CHAT: &str = "Chat";
pub const MASS_MESSAGES: &str = "Mass messages";
pub const MAKE_THE_TWO_TICKED_ONES: &str = "Make the two ticked ones one";
pub const MORE: &str = "More";
pub const UNNAMED: &str = "Unnamed";
pub const HIDDEN: &str = "Hidden";
pub const NONE: &str = "None";
pub const OPTED_OUT: &str = "Opted out";
pub const ALLOWED: &str = "Allowed";
pub const TAKE_IN_CONTACTS: &str = "Take in contacts";
pub const FILE: &str = "File";
pub const TAKE_IN: &str = "Take in";
pub const CANCEL: &str = "Cancel";
pub const TICK_TWO_CONTACTS_TO_MAKE: &str = "Tick two contacts to make them one";

pub fn tick(name: &dyn Render) -> Markup {
    html! { "Tick " (name) }
}

pub fn turn(is_out: bool, name: &str) -> String {
    if is_out {
        format!("Opted out. Let {name} get them again")
    } else {
        format!("Allowed. Note that {name} opted out")
    }
}

pub fn a_csv_file(lines_max: &dyn Render) -> Markup {
    html! {
        "A CSV file whose first line names its columns: " code { "phone" } ", and perhaps " code { "name" } " and "
        code { "opted_out" } " (yes or no). At most " (lines_max) " lines."
    }
}

pub fn contacts(number: usize) -> String {
    format!("{number} contacts")
}
