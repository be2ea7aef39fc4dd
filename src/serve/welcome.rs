//! The words of a start.

use crate::cli::Style;
use crate::workspace::setup::{FIRST_TOKEN, FIRST_WORKSPACE, FirstStart};

/// The one line of every start.
pub fn listening(address: &str, public_url: &str) -> String {
    if address == public_url {
        format!("Partyline is listening on {address}")
    } else {
        format!("Partyline is listening on {address}, reached as {public_url}")
    }
}

/// What only the first start says: its secrets, and a first message ready to paste.
pub fn first_start(address: &str, public_url: &str, first: &FirstStart, style: Style) -> String {
    let token = first.token.reveal();
    let link = format!("{public_url}/setup/{}", first.setup.reveal());
    let messages = format!("{address}/integrations/api/messages");
    let head = |text: &str| style.bold(text);
    let aside = |text: &str| style.faint(text);
    let note = aside("(works once, within 24 hours)");
    let once = aside("(shown this once; for the sandbox only)");
    format!(
        "
  {set_up}    {link}  {note}
  {token_head}        {token}  {once}

{first_message}

curl -sS {messages} -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
-d '{{\"phone\": \"+1 202 555 0100\", \"text\": \"Hello, Partyline\"}}'

{follow}

curl -sS {messages}/UID/status_history -H 'Authorization: Bearer {token}'

{aside}
",
        set_up = head("Set it up"),
        token_head = head("Token"),
        first_message = head("Send a first message, to a sandbox contact who answers:"),
        follow = head("See how far it came, with the message_uid of the answer for UID:"),
        aside = aside(&format!(
            "This is the token \"{FIRST_TOKEN}\" of \"{FIRST_WORKSPACE}\". For another one: partyline token create \
             --name NAME --scope full"
        )),
    )
}
