//! Words of the login.

use maud::{Markup, Render, html};

pub const THIS_EMAIL_AND_THIS: &str = "This email and this password don't belong together. Check both.";
pub const EMAIL: &str = "Email";
pub const PASSWORD: &str = "Password";
pub const FORGOTTEN_THE_OWNER_OR: &str =
    "Forgotten? The Owner or an Admin of your workspace can make you a link to a new password.";
pub const MINUTE: &str = " minute.";
pub const MINUTES: &str = " minutes.";
pub const IF_YOU_HAVE_FORGOTTEN: &str =
    "If you have forgotten your password, the Owner or an Admin of your workspace can make you a link to a new one.";
pub const PLEASE_WAIT: &str = "Please wait";
pub const THIS_ADDRESS_ISNT_ENCRYPTED: &str =
    "This address isn't encrypted, so everybody on the way could read a password. None is asked for here.";
pub const PUT_A_PROXY_WITH: &str =
    "Put a proxy with a certificate in front; Caddy gets one by itself. Then tell Partyline the address:";
pub const CADDYFILE: &str = "Caddyfile";
pub const IN_A_TERMINAL: &str = "In a terminal";
pub const ON_THE_MACHINE_ITSELF: &str =
    "On the machine itself no encryption is needed: there, open it under http://localhost and its port.";
pub const THIS_PAGE_NEEDS_HTTPS: &str = "This page needs https";

pub fn there_were_too_many(minutes: &dyn Render) -> Markup {
    html! { "There were too many tries. Try again in " (minutes) }
}
