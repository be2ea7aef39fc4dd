//! Words of Swagger's page.

use maud::{Markup, html};

pub const API_PLAYGROUND: &str = "API playground · Partyline";
pub const EVERYTHING_HERE_IS_REAL: &str = "Everything here is real.";
pub const WHAT_IS_USED: &str = "Try it out sends real messages, and calls and credits are really used. Your token is kept in this tab only, until it is closed; what you edit on this page is lost when it is loaded anew.";
pub const CALLS_LEFT: &str = "Calls left";
pub const CREDITS_LEFT: &str = "Credits left";
pub const LOOK_AGAIN: &str = "Look again";
pub const AUTHORIZE_WITH_A_TOKEN: &str = "Authorize with a token to see them.";
pub const NO_SUCH_FILE: &str = "The playground has no such file";

pub fn needs_javascript(document: &str) -> Markup {
    html! { "The playground needs JavaScript; " a href=(document) { "its document" } " doesn't." }
}
