//! Words of the audit log.

use maud::{Markup, Render, html};

pub const WHO_CHANGED_SETTINGS_TOKENS: &str = "Who changed settings, tokens, roles and webhooks, who took what out, with the value before and after. Nothing is ever taken off this list.";
pub const NEWEST_FIRST: &str = "Newest first";
pub const NOTHING_YET: &str = "Nothing yet";
pub const THE_FIRST_CHANGE_IS: &str = "The first change is the first row.";
pub const NOTHING_OF_THIS_KIND: &str = "Nothing of this kind";
pub const SHOW_ALL: &str = "Show all";
pub const PAGES_OF_THE_AUDIT: &str = "Pages of the audit log";
pub const NEWEST: &str = "Newest";
pub const OLDER: &str = "Older";
pub const FILTER_THE_AUDIT_LOG: &str = "Filter the audit log";
pub const ALL: &str = "All";
pub const WHEN: &str = "When";
pub const WHO: &str = "Who";
pub const WHAT: &str = "What";
pub const BEFORE: &str = "Before";
pub const AFTER: &str = "After";
pub const NOTHING: &str = "nothing";
pub const A_FORMER_TEAMMATE: &str = "A former teammate";
pub const TOKEN: &str = "Token ";
pub const THE_OPERATOR: &str = "The operator";
pub const PARTYLINE: &str = "Partyline";

pub fn rows(len: &dyn Render) -> Markup {
    html! { (len) " rows" }
}
