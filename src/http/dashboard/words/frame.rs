//! Words of the frame around every page.

pub const SETTINGS: &str = "Settings";
pub const SKIP_TO_CONTENT: &str = "Skip to content";
pub const MENU: &str = "Menu";
pub const PARTYLINE: &str = "Partyline";
pub const SEARCH: &str = "Search";
pub const CTRL_K: &str = "Ctrl K";
pub const MAIN: &str = "Main";
pub const NOTICES: &str = "Notices";
