//! All words of the screens: here those that several pages share and the short answers to what somebody has just done, in
//! each module those of a page. A sentence with something in it is a function, so that it can be read, and changed, as a
//! whole. An address names an answer, it never holds one: what a stranger puts there is shown to nobody.

pub mod account;
pub mod accounts;
pub mod answering;
pub mod audit;
pub mod chat;
pub mod composer;
pub mod contacts;
pub mod frame;
pub mod inbox;
pub mod instance;
pub mod links;
pub mod login;
pub mod notices;
pub mod phone;
pub mod playground;
pub mod public_api;
pub mod scripts;
pub mod search;
pub mod settings;
pub mod setup;
pub mod shared;
pub mod team;
pub mod templates;
pub mod time;
pub mod webhooks;
pub mod welcome;

/// What was just done, by the word that the address has for it.
const NOTICES: &[(&str, &str)] = &[
    ("joined", "Welcome. You are a teammate of this workspace now."),
    ("password", "Your password is changed. All your other sessions have ended."),
    ("session-ended", "That session has ended."),
    ("sessions-ended", "All your other sessions have ended."),
    ("role", "The role is changed. Their sessions have ended; they log in again."),
    ("team", "The team is changed."),
    ("removed", "They are out of the workspace, and so are their sessions and tokens."),
    ("withdrawn", "The invitation is withdrawn."),
    ("workspace", "The workspace is saved."),
    ("theme", "The colours are as you chose."),
    ("revoked", "The token is revoked. It opens nothing any more."),
    ("account-added", "The account is there. It sends and receives now."),
    ("account-renamed", "The account has its new name."),
    ("account-manner", "The account sends as you set it, from now on."),
    ("account-again", "The account is tried again; what waits goes by itself."),
    ("account-unlinked", "The account is unlinked. Nothing goes or comes by it any more."),
    ("account-scene", "It happens within a moment; see how the account takes it."),
    ("account-token", "The account has its new token. What waits goes by itself."),
    ("linking-cancelled", "Linking was cancelled."),
    ("template-made", "The template is there."),
    ("template-changed", "The template is changed."),
    ("template-deleted", "The template is deleted."),
    ("webhook-tested", "The example is on its way; the delivery below shows how it goes."),
    ("webhook-paused", "The webhook is paused. It hears nothing until it is resumed."),
    ("webhook-resumed", "The webhook hears again, from now on."),
    ("webhook-resent", "It is delivered again, under the same id."),
    ("webhook-replayed", "The replay has begun."),
    ("webhook-deleted", "The webhook is deleted."),
    ("webhook-there", "This webhook was there already; nothing was changed."),
    ("increase-asked", "The request is with the operator. Their answer appears here."),
    ("increase-answered", "The request is answered; they see it beside their request."),
    ("limits", "The limits are set. They hold from now on."),
    ("setup", "Your workspace is set up."),
    ("opted-out", "They get no mass messages any more."),
    ("opted-in", "They get mass messages again."),
    ("merged", "The two are one contact now."),
    ("imported", "The contacts are taken in."),
    ("notices", "Your notices are as you chose."),
];

/// The sentence for a word of an address; nothing for one that isn't ours.
pub fn notice(word: &str) -> Option<&'static str> {
    NOTICES.iter().find(|row| row.0 == word).map(|row| row.1)
}

pub const INBOX: &str = "Inbox";
pub const ACCOUNTS: &str = "WhatsApp accounts";
pub const TEMPLATES: &str = "Templates";
pub const CONTACTS: &str = "Contacts";
pub const ANSWERING: &str = "Answering times";
pub const SANDBOX_PHONE: &str = "Sandbox phone";
pub const LOG_IN: &str = "Log in";
pub const LOG_OUT: &str = "Log out";
pub const PUBLIC_API: &str = "Public API";
pub const WEBHOOKS: &str = "Webhooks";
pub const REQUEST_AN_INCREASE: &str = "Request an increase";
pub const INSTANCE: &str = "Instance";
pub const AUDIT_LOG: &str = "Audit log";
pub const INTEGRATIONS: &str = "Integrations";
pub const TEAM: &str = "Team";
pub const WORKSPACE: &str = "Workspace";
pub const FIRST_STEPS: &str = "First steps";
pub const YOUR_ACCOUNT: &str = "Your account";
