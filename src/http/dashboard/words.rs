//! Words that several pages share, and the short answers to what somebody has just done. An address names an answer, it
//! never holds one: what a stranger puts there is shown to nobody.

/// What was just done, by the word that the address has for it.
const NOTICES: &[(&str, &str)] = &[
    ("joined", "Welcome. You are a teammate of this workspace now."),
    ("password", "Your password is changed. All your other sessions have ended."),
    ("session-ended", "That session has ended."),
    ("sessions-ended", "All your other sessions have ended."),
    ("role", "The role is changed. Their sessions have ended; they log in again."),
    ("removed", "They are out of the workspace, and so are their sessions and tokens."),
    ("withdrawn", "The invitation is withdrawn."),
    ("workspace", "The workspace is saved."),
    ("theme", "The colours are as you chose."),
    ("revoked", "The token is revoked. It opens nothing any more."),
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
pub const CONTACTS: &str = "Contacts";
pub const ANSWERING: &str = "Answering times";
pub const SANDBOX_PHONE: &str = "Sandbox phone";
pub const LOG_IN: &str = "Log in";
pub const LOG_OUT: &str = "Log out";
pub const PUBLIC_API: &str = "Public API";
pub const INTEGRATIONS: &str = "Integrations";
pub const TEAM: &str = "Team";
pub const WORKSPACE: &str = "Workspace";
pub const FIRST_STEPS: &str = "First steps";
pub const YOUR_ACCOUNT: &str = "Your account";
