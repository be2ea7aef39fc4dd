//! The store and the rules above it, on both engines, without HTTP where it isn't the matter.

#[path = "../kit/mod.rs"]
mod kit;

mod changes;
mod chat_lists;
mod event_log;
mod events;
mod groups;
#[cfg(feature = "web")]
#[path = "../../crates/transport-web/tests/keys/story.rs"]
mod keys_story;
mod ledger;
mod limits;
mod long_lists;
mod people;
mod plans;
mod receipts;
mod receive;
mod round_trips;
mod round_trips_accounts;
mod round_trips_cloud;
mod round_trips_files;
mod round_trips_inbox;
mod round_trips_sandbox;
mod sends;
mod shared_limits;
mod statements;
mod support;
#[cfg(feature = "web")]
mod web_keys;
