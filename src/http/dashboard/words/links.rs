//! Words of the pages behind links.

use maud::{Markup, Render, html};

pub const JOIN_THE_WORKSPACE: &str = "Join the workspace";
pub const CHOOSE_A_NEW_PASSWORD: &str = "Choose a new password";
pub const YOU_ARE_INVITED_TO: &str = "You are invited to ";
pub const FOR_WORD: &str = "For ";
pub const IN_WORD: &str = " in ";
pub const NAME: &str = "Name";
pub const AS_YOUR_TEAM_WILL: &str = "As your team will see it.";
pub const PASSWORD: &str = "Password";
pub const JOIN: &str = "Join";
pub const SET_THE_PASSWORD: &str = "Set the password";
pub const EMAIL: &str = "Email";
pub const THIS_INVITATION_DOESNT_OPEN: &str = "This invitation doesn't open anything";
pub const THIS_LINK_DOESNT_OPEN: &str = "This link doesn't open anything";
pub const THE_OWNER_OR_AN: &str = "The Owner or an Admin of your workspace can make you a new one.";
pub const LOG_IN: &str = "Log in";

pub fn such_a_link_opens(days: &dyn Render) -> Markup {
    html! { "Such a link opens once, within " (days) ". This one was used, is too old, was replaced by another, or was mistyped." }
}

pub fn password_rule(chars_min: usize) -> String {
    format!("At least {chars_min} characters. A few words that nobody would put together are best.")
}
