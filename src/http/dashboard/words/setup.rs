//! Words of the setup page.

pub const SET_UP_YOUR_WORKSPACE: &str = "Set up your workspace";
pub const PARTYLINE_SENDS_AND_RECEIVES: &str = "Partyline sends and receives WhatsApp messages for your team and your other systems. What it sends and receives belongs to a workspace, and the workspace to you.";
pub const NAME: &str = "Name";
pub const YOURS_AS_YOUR_TEAM: &str = "Yours, as your team will see it.";
pub const EMAIL: &str = "Email";
pub const YOU_LOG_IN_WITH: &str = "You log in with it. No mail is sent.";
pub const PASSWORD: &str = "Password";
pub const WORKSPACE: &str = "Workspace";
pub const ITS_NAME_AS_YOUR: &str = "Its name, as your team and your systems will see it.";
pub const THIS_LINK_WORKS_ONCE: &str = "This link works once.";
pub const SET_UP_THE_WORKSPACE: &str = "Set up the workspace";
pub const NOT_YET_SET_UP: &str = "Not yet: set up your workspace";
pub const TIME_ZONE: &str = "Time zone";
pub const TIMES_ON_THE_SCREENS: &str = "Times on the screens and in the API's answers are given in it.";
pub const CHOOSE_A_TIME_ZONE: &str = "Choose a time zone";
pub const UTC: &str = "UTC";
pub const STEPS: &str = "Steps";
pub const YOUR_WORKSPACE: &str = "Your workspace";
pub const YOU_ITS_NAME_ITS: &str = "You, its name, its time zone";
pub const A_FIRST_MESSAGE: &str = "A first message";
pub const TO_A_SANDBOX_CONTACT: &str = "To a sandbox contact, who answers";
pub const A_TOKEN: &str = "A token";
pub const FOR_YOUR_OWN_SYSTEMS: &str = "For your own systems";
pub const A_PHONE: &str = "A phone";
pub const NOW_OR_LATER: &str = "Now or later";
pub const A_SETUP_LINK_WORKS: &str =
    "A setup link works once, within 24 hours. This one was used, is too old, or was mistyped.";
pub const IF_YOU_HAVE_USED: &str = "If you have used it, all is well: your workspace is set up. If nobody has, Partyline works all the same, with a workspace called My workspace. For a new link, run this on the machine of this server:";
pub const IN_A_TERMINAL: &str = "In a terminal";
pub const LOG_IN: &str = "Log in";
pub const THIS_SETUP_LINK_DOESNT: &str = "This setup link doesn't work";
