//! Words of the choice of notices.

pub const NOTICES: &str = "Notices";
pub const HOW_YOU_HEAR_OF_MESSAGES: &str =
    "How you hear of messages in your chats and in those of nobody, and of notes that name you. For you alone.";
pub const SHOW_NOTICES_ON_THE_DESKTOP: &str = "Show notices on the desktop";
pub const YOUR_BROWSER_ASKS_ONCE_WHETHER: &str =
    "Your browser asks once whether this page may. The chat in view is silent, and of several tabs one speaks.";
pub const ALLOW_NOTICES_IN_THIS_BROWSER: &str = "Allow notices in this browser";
pub const WITH_A_SOUND: &str = "With a sound";
pub const QUIET_HOURS: &str = "Quiet hours";
pub const FROM: &str = "From";
pub const TO_WORD: &str = "To";
pub const BY_THE_CLOCK_OF_YOUR: &str = "By the clock of your own machine. Without hours there is no quiet.";
pub const SAVE: &str = "Save";
