//! Words of what several pages share.

use maud::{Markup, Render, html};

pub const NO_SUCH_ASSET: &str = "There is no such asset";
pub const NO_SUCH_PAGE: &str = "There is no such page; go on from the menu";
pub const OPEN_THE_PAGE_ITSELF: &str = "Open the page itself and fill in the form there. Nothing was changed.";
pub const THIS_FORM_WAS_SENT: &str = "This form was sent from another site";
pub const OPEN_THE_PAGE_AGAIN: &str = "Open the page again and fill in its form. Nothing was changed.";
pub const THIS_FORM_CANT_BE: &str = "This form can't be read";
pub const THIS_IS_A_PARTYLINE: &str = "This is a Partyline server";
pub const IT_SENDS_AND_RECEIVES: &str = "It sends and receives WhatsApp messages for a team and its other systems.";
pub const THE_API_BEGINS_AT: &str = "The API begins at";
pub const ITS_DESCRIPTION: &str = "Its description";
pub const API_DOCUMENTATION: &str = "API documentation";
pub const OPENAPI_JSON: &str = "openapi.json";
pub const OPEN_THE_PLAYGROUND: &str = "Open the playground";
pub const SERVER: &str = "Server";
pub const PARTYLINE: &str = "Partyline";
pub const AS_THE_SYSTEM: &str = "As the system";
pub const LIGHT: &str = "Light";
pub const DARK: &str = "Dark";
pub const THAT_DIDNT_WORK: &str = "That didn't work";
pub const COPY: &str = "Copy";
pub const COPIED: &str = "Copied";

pub fn partyline(title: &dyn Render) -> Markup {
    html! { (title) " · Partyline" }
}
