//! The frame around every page of somebody who has logged in: where one can go, whose workspace it is, what was just done.

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, request::Parts};
use axum::response::Response;
use maud::{Markup, html};
use std::convert::Infallible;

use super::inbox::INBOX_PATH;
use super::page::{Document, icon};
use super::session::Signed;
use super::words::frame as w;
use super::words::{
    ACCOUNTS, ANSWERING, AUDIT_LOG, CONTACTS, FIRST_STEPS, INBOX, INSTANCE, INTEGRATIONS, LOG_OUT, PUBLIC_API,
    SANDBOX_PHONE, TEAM, TEMPLATES, WEBHOOKS, WORKSPACE, YOUR_ACCOUNT, notice,
};
use crate::http::fields::Fields;
use crate::workspace::permissions::Right;

/// Which page of the sidebar is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    Inbox,
    Templates,
    Accounts,
    Contacts,
    Answering,
    Notices,
    Search,
    Phone,
    FirstSteps,
    PublicApi,
    Webhooks,
    Team,
    Workspace,
    Audit,
    Instance,
    Account,
}

/// A page's place: its group, path, name, drawing, and who may see it.
struct Place {
    here: Here,
    group: &'static str,
    path: &'static str,
    name: &'static str,
    icon: &'static str,
    right: Option<Right>,
}

pub const CONTACTS_PATH: &str = "/contacts";
pub const NOTICES_PATH: &str = "/notices";
pub const ANSWERING_PATH: &str = "/answering";
pub const SEARCH_PATH: &str = "/search";
pub const PHONE_PATH: &str = "/phone";
pub const FIRST_STEPS_PATH: &str = "/welcome";
pub const PUBLIC_API_PATH: &str = "/integrations/public-api";
pub const ACCOUNTS_PATH: &str = "/accounts";
pub const TEMPLATES_PATH: &str = "/templates";
pub const WEBHOOKS_PATH: &str = "/integrations/webhooks";
pub const TEAM_PATH: &str = "/team";
pub const WORKSPACE_PATH: &str = "/workspace";
pub const AUDIT_PATH: &str = "/audit-log";
pub const INSTANCE_PATH: &str = "/instance";
pub const ACCOUNT_PATH: &str = "/account";

const PLACES: [Place; 13] = [
    Place { here: Here::Inbox, group: "", path: INBOX_PATH, name: INBOX, icon: "inbox", right: Some(Right::ReadChats) },
    Place {
        here: Here::Contacts,
        group: "",
        path: CONTACTS_PATH,
        name: CONTACTS,
        icon: "book",
        right: Some(Right::ReadChats),
    },
    Place {
        here: Here::Answering,
        group: "",
        path: ANSWERING_PATH,
        name: ANSWERING,
        icon: "pulse",
        right: Some(Right::ReadUsage),
    },
    Place {
        here: Here::Templates,
        group: "",
        path: TEMPLATES_PATH,
        name: TEMPLATES,
        icon: "template",
        right: Some(Right::SendMessages),
    },
    Place {
        here: Here::Accounts,
        group: "",
        path: ACCOUNTS_PATH,
        name: ACCOUNTS,
        icon: "phone",
        right: Some(Right::ReadAccounts),
    },
    Place {
        here: Here::FirstSteps,
        group: "",
        path: FIRST_STEPS_PATH,
        name: FIRST_STEPS,
        icon: "steps",
        right: Some(Right::SendMessages),
    },
    Place {
        here: Here::Phone,
        group: "",
        path: PHONE_PATH,
        name: SANDBOX_PHONE,
        icon: "phone",
        right: Some(Right::SendMessages),
    },
    Place {
        here: Here::PublicApi,
        group: INTEGRATIONS,
        path: PUBLIC_API_PATH,
        name: PUBLIC_API,
        icon: "code",
        right: Some(Right::ReadUsage),
    },
    Place {
        here: Here::Webhooks,
        group: INTEGRATIONS,
        path: WEBHOOKS_PATH,
        name: WEBHOOKS,
        icon: "hook",
        right: Some(Right::ManageWebhooks),
    },
    Place {
        here: Here::Team,
        group: WORKSPACE,
        path: TEAM_PATH,
        name: TEAM,
        icon: "people",
        right: Some(Right::ReadTeam),
    },
    Place {
        here: Here::Workspace,
        group: WORKSPACE,
        path: WORKSPACE_PATH,
        name: w::SETTINGS,
        icon: "tune",
        right: Some(Right::ManageWorkspace),
    },
    Place {
        here: Here::Audit,
        group: WORKSPACE,
        path: AUDIT_PATH,
        name: AUDIT_LOG,
        icon: "shield",
        right: Some(Right::ReadAuditLog),
    },
    Place {
        here: Here::Instance,
        group: WORKSPACE,
        path: INSTANCE_PATH,
        name: INSTANCE,
        icon: "server",
        // And nobody but the operator has it, which the page asks of the session.
        right: Some(Right::ManageWorkspace),
    },
];

/// Where somebody lands who has just come in: the first page that their role has.
pub fn landing(signed_may: impl Fn(Right) -> bool) -> &'static str {
    let order = [Here::Inbox, Here::PublicApi, Here::FirstSteps, Here::Team];
    let places = order.iter().filter_map(|here| PLACES.iter().find(|place| place.here == *here));
    let mut open = places.filter(|place| place.right.is_none_or(&signed_may));
    open.next().map_or(ACCOUNT_PATH, |place| place.path)
}

/// What the inbox runs from its first view on; a test holds their size.
const INBOX_SCRIPTS: [&str; 6] = ["screens.js", "keys.js", "composer.js", "ways.js", "here.js", "inbox.js"];
/// At the sandbox's phone somebody plays the customer beside it.
const PHONE_SCRIPTS: [&str; 7] =
    ["screens.js", "keys.js", "composer.js", "ways.js", "here.js", "inbox.js", "customer.js"];
/// What is loaded with the first key, file, voice or news that needs it.
const PAGE_LATER: [&str; 2] = ["palette.js", "help.js"];
const INBOX_LATER: [&str; 7] =
    ["palette.js", "help.js", "suggest.js", "files.js", "voice.js", "notices.js", "older.js"];

/// A page inside the frame.
pub struct Page<'p> {
    pub here: Here,
    pub title: &'p str,
    pub status: StatusCode,
    pub notice: Option<&'static str>,
    pub refresh_s: Option<u32>,
    /// It shows what goes on: its live parts are asked for anew, from time to time or when its stream says so.
    pub is_live: bool,
    /// Panes side by side instead of one column: which ones there are.
    pub panes: Option<&'p str>,
}

impl<'p> Page<'p> {
    pub fn new(here: Here, title: &'p str) -> Page<'p> {
        Page { here, title, status: StatusCode::OK, notice: None, refresh_s: None, is_live: false, panes: None }
    }

    /// The page with what has just been done.
    pub fn with(self, done: &Done) -> Page<'p> {
        Page { notice: done.0, ..self }
    }

    pub fn show(&self, signed: &Signed, content: &Markup) -> Response {
        let body = html! {
            a.skip.hidden-text href="#main" { (w::SKIP_TO_CONTENT) }
            div.frame data-around=[self.panes] {
                header.topbar {
                    button.btn.btn-icon data-kind="plain" type="button" popovertarget="sidebar" aria-label=(w::MENU) { (icon("menu")) }
                    // A page of one column says its own name below.
                    strong.clip { @if self.panes.is_some() { (self.title) } @else { bdi { (signed.who.workspace.name) } } }
                }
                div.sidebar #sidebar popover { (sidebar(signed, self.here)) }
                @if let Some(panes) = self.panes {
                    main.panes #main data-ring="in" data-panes=(panes) { (content) }
                } @else {
                    main.page.stack #main {
                        @if let Some(notice) = self.notice {
                            p.banner data-tone="success" role="status" { (icon("check")) span { (notice) } }
                        }
                        (content)
                    }
                }
            }
        };
        let title = format!("{} · {}", self.title, signed.who.workspace.name);
        let document = Document {
            title: &title,
            sheets: if self.panes.is_some() || self.here == Here::Search {
                &["screens.css", "inbox.css"]
            } else {
                &["screens.css"]
            },
            scripts: match (self.panes.is_some(), self.is_live, self.here) {
                (true, _, Here::Phone) => &PHONE_SCRIPTS,
                (true, ..) => &INBOX_SCRIPTS,
                (false, true, _) => &["screens.js", "keys.js", "live.js"],
                (false, false, Here::Notices) => &["screens.js", "keys.js", "notices.js"],
                (false, false, _) => &["screens.js", "keys.js"],
            },
            later: if self.panes.is_some() { &INBOX_LATER } else { &PAGE_LATER },
            theme: signed.theme,
            refresh_s: self.refresh_s,
        };
        document.around(self.status, &body)
    }
}

fn sidebar(signed: &Signed, here: Here) -> Markup {
    let is_open = |place: &&Place| {
        place.right.is_none_or(|right| signed.may(right)) && (place.here != Here::Instance || signed.who.is_operator())
    };
    let open: Vec<&Place> = PLACES.iter().filter(is_open).collect();
    let who = &signed.who;
    html! {
        a.brand href="/" {
            span.brand-mark { (icon("mark")) }
            span { bdi.brand-name { (who.workspace.name) } span.meta { (w::PARTYLINE) } }
        }
        @if signed.may(Right::ReadChats) {
            a.nav-search href=(SEARCH_PATH) data-palette aria-current=[(here == Here::Search).then_some("page")] title=(w::SEARCH) {
                (icon("search")) span.nav-label { (w::SEARCH) } kbd.push.nav-label { (w::CTRL_K) }
            }
        }
        nav.nav aria-label=(w::MAIN) {
            @for group in open.chunk_by(|one, next| one.group == next.group) {
                section {
                    @if !group[0].group.is_empty() { h2 { (group[0].group) } }
                    @for place in group {
                        a href=(place.path) aria-current=[(place.here == here).then_some("page")] title=(place.name) {
                            (icon(place.icon)) span.nav-label { (place.name) }
                        }
                    }
                }
            }
        }
        div.sidebar-foot.nav {
            @if signed.may(Right::ReadChats) {
                a href=(NOTICES_PATH) aria-current=[(here == Here::Notices).then_some("page")] title=(w::NOTICES) { (icon("bell")) span.nav-label { (w::NOTICES) } }
            }
            a href=(ACCOUNT_PATH) aria-current=[(here == Here::Account).then_some("page")] title=(YOUR_ACCOUNT) {
                (icon("person"))
                span.nav-label { bdi { (who.teammate.display_name) } span.meta { (who.role.title()) } }
            }
            form method="post" action="/logout" {
                button.nav-jump title=(LOG_OUT) { (icon("out")) span.nav-label { (LOG_OUT) } }
            }
        }
    }
}

/// The head of a page: its name, what it is for, and its one next step.
pub fn head(title: &str, purpose: &str, actions: &Markup) -> Markup {
    html! {
        div.page-head {
            div { h1 { (title) } p { (purpose) } }
            div.line-up { (actions) }
        }
    }
}

/// What has just been done, as the address says it.
pub struct Done(Option<&'static str>);

impl<S: Sync> FromRequestParts<S> for Done {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Done, Infallible> {
        let mut fields = Fields::from_query(parts.uri.query().unwrap_or_default()).unwrap_or_default();
        Ok(Done(fields.text("done").and_then(|word| notice(&word))))
    }
}

/// The address of a page that says what has just been done.
pub fn done(path: &str, word: &str) -> String {
    format!("{path}?done={word}")
}
