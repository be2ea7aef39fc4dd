//! What a workspace is allowed and has used: tokens, credits, calls, cycles, the API log. Rules only; HTTP is above.

pub mod api_log;
pub mod audit;
pub mod call_log;
pub mod credits;
pub mod cycle;
pub mod duplicates;
pub mod entry;
pub mod increase;
pub mod invitations;
pub mod ledger;
pub mod limits;
pub mod passwords;
pub mod people;
pub mod permissions;
pub mod quota;
pub mod rate;
pub mod redaction;
pub mod secret;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod team;
pub mod teammates;
pub mod token_care;
pub mod token_limits;
pub mod tokens;
pub mod usage;
mod write;
pub mod zone;

pub use write::{write, write_blocking};
