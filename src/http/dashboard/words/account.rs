//! Words of the page of one's own account.

pub const YOU_IN_THIS_WORKSPACE: &str = "You, in this workspace.";
pub const YOU: &str = "You";
pub const NAME: &str = "Name";
pub const EMAIL: &str = "Email";
pub const ROLE: &str = "Role";
pub const COLOURS: &str = "Colours";
pub const KEEP_THESE_COLOURS: &str = "Keep these colours";
pub const YOUR_PASSWORD_NOW: &str = "Your password now";
pub const CHANGE_YOUR_PASSWORD: &str = "Change your password";
pub const NEW_PASSWORD: &str = "New password";
pub const YOUR_OTHER_SESSIONS_END: &str = "Your other sessions end with it.";
pub const CHANGE_THE_PASSWORD: &str = "Change the password";
pub const SESSIONS: &str = "Sessions";
pub const BROWSERS_IN_WHICH_YOU: &str = "Browsers in which you are logged in";
pub const END_ALL_OTHERS: &str = "End all others";
pub const BROWSER: &str = "Browser";
pub const ADDRESS: &str = "Address";
pub const BEGUN: &str = "Begun";
pub const LAST_USED: &str = "Last used";
pub const ACTIONS: &str = "Actions";
pub const THIS_ONE: &str = "This one";
pub const END: &str = "End";
pub const THIS_ISNT_YOUR_PASSWORD: &str = "This isn't your password now. Check it.";
