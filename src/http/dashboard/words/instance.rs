//! Words of the operator's page.

use maud::{Markup, Render, html};

pub const THIS_IS_FOR_THE: &str = "This is for the operator of the server: the Owner of its first workspace";
pub const THIS_SERVER_FOR_WHOEVER: &str = "This server, for whoever runs it.";
pub const REQUESTS: &str = "Requests";
pub const API_CALLS_A_CYCLE: &str = "API calls a cycle";
pub const MASS_SENDING_CREDITS_A: &str = "Mass-sending credits a cycle";
pub const CALLS_A_MINUTE: &str = "Calls a minute";
pub const YOUR_ANSWER: &str = "Your answer";
pub const THEY_READ_IT_BESIDE: &str = "They read it beside their request. May be left empty.";
pub const DECLINE: &str = "Decline";
pub const GRANT_THESE_LIMITS: &str = "Grant these limits";
pub const GRANT_THE_REQUEST_OR: &str = "Grant the request or decline it";
pub const SERVER: &str = "Server";
pub const NEEDS_A_LOOK: &str = "Needs a look";
pub const HEALTHY: &str = "Healthy";
pub const VERSION: &str = "Version";
pub const DATABASE: &str = "Database";
pub const IT_ANSWERS_IN: &str = "It answers in";
pub const WHICH_IS_SLOW_LOOK: &str = ", which is slow: look at its disk and its load";
pub const CLOCKS: &str = "Clocks";
pub const AS_THE_DATABASES: &str = "As the database's";
pub const PUBLIC_ADDRESS: &str = "Public address";
pub const SUPPORT_CONTACT: &str = "Support contact";
pub const NONE_SET_IT_WITH: &str = "None; set it with ";
pub const LIVE_SCREENS: &str = "Live screens";
pub const MORE: &str = "More: ";
pub const AND: &str = ", and ";
pub const ON_THIS_MACHINE: &str = " on this machine.";
pub const TABLES: &str = "Tables";
pub const WITH_THEIR_INDICES_MEASURING: &str =
    "With their indices. Measuring reads all of a SQLite file, which takes a while for a large one.";
pub const MEASURE: &str = "Measure";
pub const TABLE: &str = "Table";
pub const SIZE: &str = "Size";
pub const WORKSPACES: &str = "Workspaces";
pub const WORKSPACE: &str = "Workspace";
pub const CALLS: &str = "Calls";
pub const CREDITS: &str = "Credits";
pub const MADE: &str = "Made";
pub const ACTIONS: &str = "Actions";
pub const CALLS_A_CYCLE: &str = "Calls a cycle";
pub const CREDITS_A_CYCLE: &str = "Credits a cycle";
pub const CREDITS_TO_ADD: &str = "Credits to add";
pub const SET_LIMITS: &str = "Set limits";
pub const SET: &str = "Set";

pub fn open(len: &dyn Render) -> Markup {
    html! { (len) " open" }
}

pub fn workspace_asked_by(id: &dyn Render) -> Markup {
    html! { "workspace " (id) ", asked by " }
}

pub fn schema(engine: &dyn Render, schema: &dyn Render) -> Markup {
    html! { (engine) ", schema " (schema) }
}

pub fn s(as_micros: &dyn Render) -> Markup {
    html! { (as_micros) " µs" }
}

pub fn ms_apart_from_the(i: &dyn Render) -> Markup {
    html! { (i) " ms apart from the database's: set them by NTP" }
}

pub fn open_here(screens: &dyn Render) -> Markup {
    html! { (screens) " open here" }
}

pub fn in_all(iter: &dyn Render) -> Markup {
    html! { (iter) " in all" }
}

pub fn of_words(limit: &dyn Render) -> Markup {
    html! { " of " (limit) }
}

pub fn number(id: &dyn Render, workspace: &dyn Render) -> Markup {
    html! { "Number " (id) ", " (workspace) }
}

pub fn topped_up(topped_up: &dyn Render) -> Markup {
    html! { (topped_up) " topped up" }
}

pub fn of_words_2(name: &dyn Render) -> Markup {
    html! { " of " (name) }
}

pub fn used_of(used: &str, limit: &str) -> String {
    format!("{used} of {limit} used.")
}

pub fn now(limit: &str) -> String {
    format!("{limit} now.")
}
