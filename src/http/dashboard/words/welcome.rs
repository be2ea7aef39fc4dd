//! Words of the first steps.

pub const HELLO_FROM_PARTYLINE: &str = "Hello from Partyline";
pub const FROM_HERE_TO_A: &str = "From here to a message that your own systems send.";
pub const YOUR_WORKSPACE: &str = "Your workspace";
pub const CHANGE_IT: &str = "Change it";
pub const A_MESSAGE_AND_ITS: &str = "A message, and its reply";
pub const A_TOKEN_FOR_YOUR: &str = "A token for your own systems";
pub const WITH_IT_A_CRM: &str =
    "With it a CRM, a script or n8n sends and reads messages here. It comes with examples that are filled in.";
pub const GENERATE_NEW_TOKEN: &str = "Generate New Token";
pub const A_PHONE: &str = "A phone";
pub const NOW_OR_LATER_WHAT: &str = "Now or later. What you build in the sandbox, where nothing leaves this server, stays the same with a number of your own.";
pub const LINK_A_PHONE: &str = "Link a phone";
pub const MESSAGE: &str = "Message";
pub const TO_ECHO_A_CONTACT: &str =
    "To Echo, a contact of the sandbox who answers everything. Nothing leaves this server.";
pub const SEND_ANOTHER: &str = "Send another";
pub const SEND_IT: &str = "Send it";
pub const THE_MESSAGE_AND_ITS: &str = "The message and its replies";
pub const ECHO_WILL_ANSWER_IN: &str = "Echo will answer in a moment.";
