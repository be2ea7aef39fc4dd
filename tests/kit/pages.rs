//! Every page of the dashboard, for whoever walks all of them: by role, in a browser, by size. A new page is listed here, or
//! the test that reads the routes fails.

use partyline::workspace::permissions::Right;

/// Pages that are there from the start, with the right that opens each; `None` for what everybody has who has logged in.
pub const PAGES: [(&str, Option<Right>); 18] = [
    ("/inbox", Some(Right::ReadChats)),
    ("/contacts", Some(Right::ReadChats)),
    ("/search", Some(Right::ReadChats)),
    ("/notices", Some(Right::ReadChats)),
    ("/answering", Some(Right::ReadUsage)),
    ("/templates", Some(Right::SendMessages)),
    ("/phone", Some(Right::SendMessages)),
    ("/accounts", Some(Right::ReadAccounts)),
    ("/welcome", Some(Right::SendMessages)),
    ("/integrations/public-api", Some(Right::ReadUsage)),
    ("/integrations/public-api/increase", Some(Right::ManageTokens)),
    ("/integrations/webhooks", Some(Right::ManageWebhooks)),
    ("/team", Some(Right::ReadTeam)),
    ("/workspace", Some(Right::ManageWorkspace)),
    ("/audit-log", Some(Right::ReadAuditLog)),
    // Of the Owners only the operator has it, and in tests that is who set the server up.
    ("/instance", Some(Right::ManageWorkspace)),
    ("/account", None),
    ("/styleguide", None),
];

/// Pages of single things, as routes; whoever walks them makes the things.
pub const PAGES_OF_ONE: [&str; 5] =
    ["/inbox/{chat}", "/inbox/{chat}/history", "/phone/{who}", "/accounts/linking/{id}", "/integrations/webhooks/{id}"];

/// Pages before the login.
#[allow(dead_code, reason = "only the test of the routes needs it")]
pub const DOORS: [&str; 4] = ["/login", "/setup/{secret}", "/invitation/{secret}", "/reset/{secret}"];

/// What is asked for by GET and is no page: files, streams, parts of pages, ways to a page.
#[allow(dead_code, reason = "only the test of the routes needs it")]
pub const NO_PAGES: [&str; 8] = [
    "/",
    "/assets/{name}",
    "/contacts/contacts.csv",
    "/inbox/{chat}/files/{message}",
    "/inbox/{chat}/templates",
    "/integrations/public-api/log.csv",
    "/integrations/public-api/log.ndjson",
    "/integrations/public-api/log.txt",
];
