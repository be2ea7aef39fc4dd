//! Words of the page Templates.

use maud::{Markup, Render, html};

pub const TEXTS_THAT_YOUR_TEAM: &str = "Texts that your team sends again and again, in the inbox and by the API.";
pub const NEW_TEMPLATE: &str = "New template";
pub const TEMPLATES: &str = "Templates";
pub const NO_TEMPLATE_YET: &str = "No template yet";
pub const WRITE_ONE_BELOW_AN: &str =
    "Write one below: an answer that you have typed too often, with places for what differs.";
pub const KEEP_IT: &str = "Keep it";
pub const NOT_USED_YET: &str = "Not used yet";
pub const TIME: &str = " time, ";
pub const TIMES_LAST: &str = " times, last ";
pub const BY: &str = "By ";
pub const READ_ONLY: &str = "Read-only";
pub const ONLY_YOU: &str = "Only you";
pub const CHANGE: &str = "Change";
pub const SAVE: &str = "Save";
pub const MESSAGES_THAT_WERE_MADE: &str = "Messages that were made with it stay.";
pub const DELETE: &str = "Delete";
pub const NAME: &str = "Name";
pub const TO_FIND_IT_BY: &str = "To find it by.";
pub const EVERYBODY_SEES_AND_CHANGES: &str = "Everybody sees and changes it";
pub const EVERYBODY_SEES_IT_YOU: &str = "Everybody sees it, you change it";
pub const ONLY_YOU_SEE_IT: &str = "Only you see it";
pub const TEXT: &str = "Text";
pub const WHAT_STANDS_IN_BRACES: &str = "What stands in braces, as {name}, is filled in by whoever sends it.";
pub const WHO_SEES_IT: &str = "Who sees it";
pub const TEAM: &str = "Team";
pub const ALL_TEAMS: &str = "All teams";
pub const OWNERS_AND_ADMINS_SEE: &str = "Owners and Admins see every team's.";
pub const CHOOSE_ONE_OF_THE: &str = "Choose one of the list";

pub fn used(uses: &dyn Render) -> Markup {
    html! { "Used " (uses) }
}

pub fn changed(updated_at: &dyn Render) -> Markup {
    html! { ", changed " (updated_at) }
}
