//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Options;

/// A self-hosted API and team inbox for WhatsApp.
///
/// Without a command it serves, as `partyline serve` does.
#[derive(Parser, Debug)]
#[command(name = "partyline", version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub action: Option<Action>,
    #[command(flatten)]
    pub serve: ServeArguments,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Subcommand, Debug)]
pub enum Action {
    /// Serve the API and the inbox
    Serve(ServeArguments),
    /// Make, list and revoke tokens of the public API
    #[command(subcommand)]
    Token(TokenAction),
    /// Make and list workspaces, and set their limits
    #[command(subcommand)]
    Workspace(WorkspaceAction),
    /// List, add, link, name and unlink WhatsApp accounts
    #[command(subcommand)]
    Account(AccountAction),
    /// Send a message
    Send(SendArguments),
    /// Print the log of API calls, a line each, newest last
    ApiLog {
        /// How many of the newest calls
        #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        last: u32,
        #[command(flatten)]
        workspace: Chosen,
        /// Print an array of objects, with what is left out of the lines
        #[arg(long)]
        json: bool,
    },
    /// Listen to events: print them, or deliver them to an address of your own, signed as a webhook
    Listen(ListenArguments),
    /// Make an event happen on a sandbox account: a contact writes, a message goes, a chat is labelled
    Trigger {
        /// As `message:received:new`
        #[arg(required_unless_present = "list")]
        event: Option<String>,
        /// Name the events that have a trigger
        #[arg(long)]
        list: bool,
        #[command(flatten)]
        workspace: Chosen,
    },
    /// Make a new setup link; an older one stops working
    SetupLink {
        #[command(flatten)]
        workspace: Chosen,
    },
    /// Copy the database to a new file, also while the server runs
    Backup { path: PathBuf },
    /// Look for what is wrong, and say how to mend it
    Doctor {
        /// Print an array of objects
        #[arg(long)]
        json: bool,
    },
    /// Show the settings in effect and where each comes from
    Config {
        /// Print an array of objects
        #[arg(long)]
        json: bool,
    },
    /// Print the public API's OpenAPI document
    Openapi,
}

#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ServeArguments {
    /// Serve from a throwaway folder, removed at exit, on a free port
    #[arg(long)]
    pub ephemeral: bool,
    /// With --ephemeral: print the address and a token as one line of JSON, once ready
    #[arg(long)]
    pub print_json: bool,
}

impl ServeArguments {
    pub fn is_given(self) -> bool {
        self.ephemeral || self.print_json
    }
}

/// Which workspace; with just one it needn't be said.
#[derive(Args, Clone, Debug)]
pub struct Chosen {
    /// The workspace, by its id or name; needed only where there are several
    #[arg(long = "workspace", id = "workspace", value_name = "ID")]
    pub id: Option<String>,
}

#[derive(Subcommand, Debug)]
pub enum TokenAction {
    /// Make a token and print it; it can't be shown again
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        #[arg(long, value_enum)]
        scope: ScopeArgument,
        #[command(flatten)]
        limits: TokenLimitArguments,
        #[command(flatten)]
        workspace: Chosen,
    },
    /// List tokens, without their secrets
    List {
        #[command(flatten)]
        workspace: Chosen,
        /// Print an array of objects
        #[arg(long)]
        json: bool,
    },
    /// End a token, at once
    Revoke {
        id: i64,
        #[command(flatten)]
        workspace: Chosen,
    },
}

/// What a new token is limited to.
#[derive(Args, Clone, Debug)]
pub struct TokenLimitArguments {
    /// Only for this account, by its phone; may be given several times
    #[arg(long = "account", value_name = "PHONE")]
    pub accounts: Vec<String>,
    /// Only from this network, as 203.0.113.0/24; may be given several times
    #[arg(long = "from", value_name = "CIDR")]
    pub networks: Vec<String>,
    /// Good for so long (30d, 12h), or until the end of a day (2027-01-31)
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// Answer a send that repeats one of the last minute, without an Idempotency-Key, with that one's message
    #[arg(long)]
    pub collapse_duplicates: bool,
}

/// What a token may do.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeArgument {
    /// Look, but change nothing
    Read,
    /// Send and change, but not look
    Send,
    /// Both
    Full,
}

impl ScopeArgument {
    pub const fn as_str(self) -> &'static str {
        match self {
            ScopeArgument::Read => "read",
            ScopeArgument::Send => "send",
            ScopeArgument::Full => "full",
        }
    }
}

#[derive(Subcommand, Debug)]
pub enum AccountAction {
    /// List accounts with their health and what waits
    List {
        #[command(flatten)]
        workspace: Chosen,
        /// Print an array of objects
        #[arg(long)]
        json: bool,
    },
    /// Link a phone's own number: draw codes to scan, or print one to type; print its phone once it is linked
    Link(LinkArguments),
    /// Give an account up, at once; its chats and what waits stay
    Unlink {
        /// Its phone, as "+1 202 555 0198"
        phone: String,
        #[command(flatten)]
        workspace: Chosen,
    },
    /// Give an account another name
    Rename {
        /// Its phone, as "+1 202 555 0198"
        phone: String,
        name: String,
        #[command(flatten)]
        workspace: Chosen,
    },
    /// Add an account
    #[command(subcommand)]
    Add(AddAction),
    /// Give an account of kind cloud a new access token; it is checked first
    SetToken {
        /// The account, by its phone
        phone: String,
        /// The new token; better in the environment, where nobody else reads it
        #[arg(long, env = "PARTYLINE_CLOUD_TOKEN", hide_env_values = true)]
        access_token: String,
        #[command(flatten)]
        workspace: Chosen,
    },
}

#[derive(Args, Debug)]
pub struct LinkArguments {
    /// As the team calls it
    #[arg(long, required_unless_present = "again")]
    pub name: Option<String>,
    /// The phone's number: link by a code that is typed there, and not by one to scan
    #[arg(long, conflicts_with_all = ["again", "sandbox"])]
    pub phone: Option<String>,
    /// Link this account again, by its phone
    #[arg(long, value_name = "PHONE", conflicts_with_all = ["name", "sandbox"])]
    pub again: Option<String>,
    /// Link an account of the sandbox instead, at once
    #[arg(long)]
    pub sandbox: bool,
    /// With --again or --sandbox: by which way
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// Print each step as a line of JSON; a line of standard input answers a step
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub workspace: Chosen,
}

/// How an account is linked.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Without any step
    AtOnce,
    /// By a QR code that is scanned
    Qr,
    /// By a code that is typed
    Code,
}

impl By {
    pub const fn as_str(self) -> &'static str {
        match self {
            By::AtOnce => "",
            By::Qr => "qr",
            By::Code => "code",
        }
    }
}

#[derive(Subcommand, Debug)]
pub enum AddAction {
    /// A number of Meta's Cloud API; its token is checked first
    Cloud(AddCloudArguments),
}

#[derive(Args, Debug)]
pub struct AddCloudArguments {
    /// What the account is called [default: as Meta knows the number]
    #[arg(long, default_value = "")]
    pub name: String,
    /// Meta's id of the number, from the app's settings
    #[arg(long, value_name = "ID", required_unless_present = "sandbox")]
    pub phone_number_id: Option<String>,
    /// Meta's id of the WhatsApp Business account
    #[arg(long, value_name = "ID", required_unless_present = "sandbox")]
    pub business_id: Option<String>,
    /// The app's access token; better in the environment, where nobody else reads it
    #[arg(long, env = "PARTYLINE_CLOUD_TOKEN", hide_env_values = true, required_unless_present = "sandbox")]
    pub access_token: Option<String>,
    /// The app's secret, by which its callbacks are known; better in the environment
    #[arg(long, env = "PARTYLINE_CLOUD_SECRET", hide_env_values = true, required_unless_present = "sandbox")]
    pub app_secret: Option<String>,
    /// Speak to a sandbox account of this workspace instead of Meta: all the same, offline
    #[arg(long, conflicts_with_all = ["phone_number_id", "business_id"])]
    pub sandbox: bool,
    #[command(flatten)]
    pub workspace: Chosen,
}

#[derive(Subcommand, Debug)]
pub enum WorkspaceAction {
    /// Make a workspace
    Create {
        #[arg(long)]
        name: String,
        /// Its time zone, as Europe/Lisbon [default: this machine's]
        #[arg(long)]
        zone: Option<String>,
        /// Print an array with one object
        #[arg(long)]
        json: bool,
    },
    /// List workspaces with their limits and what is used of them
    List {
        /// Print an array of objects
        #[arg(long)]
        json: bool,
    },
    /// Raise or lower limits; takes effect at once
    SetLimits {
        /// The workspace, by its id or name
        workspace: String,
        /// API calls in any 60 seconds
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        rate_per_minute: Option<i64>,
        /// API calls of a billing cycle
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        calls_per_cycle: Option<i64>,
        /// Credits of a billing cycle
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        credits_per_cycle: Option<i64>,
        /// Credits to add that no cycle takes back
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        top_up: Option<i64>,
        /// Print an array with one object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub struct SendArguments {
    /// The recipient's phone, as "+1 202 555 0100"
    #[arg(long, value_name = "PHONE")]
    pub to: String,
    #[arg(long)]
    pub text: String,
    /// The account to send from, by its phone [default: the one linked last]
    #[arg(long, value_name = "PHONE")]
    pub from: Option<String>,
    #[command(flatten)]
    pub workspace: Chosen,
    /// Print each status that the message reaches, until it is read or has failed
    #[arg(long)]
    pub wait: bool,
    /// With --wait: how many seconds to wait at the most
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

#[derive(Args, Debug)]
pub struct ListenArguments {
    /// Deliver each event here with its webhook bodies, as http://localhost:3000/hook
    #[arg(long, value_name = "URL")]
    pub forward_to: Option<String>,
    /// Only these events, with commas between
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub types: Vec<String>,
    /// Begin behind the event of this number [default: with what happens from now on]
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(i64).range(0..))]
    pub after: Option<i64>,
    /// The address of a server elsewhere; needs a token [default: the server on this data folder]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// A token of that server that may read
    #[arg(long, env = "PARTYLINE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    #[command(flatten)]
    pub workspace: Chosen,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_arguments_of_every_command_are_consistent() {
        Arguments::command().debug_assert();
    }
}
