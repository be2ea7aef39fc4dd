//! Webhooks: addresses that want to hear events. What to deliver, when and signed how; the requests themselves are made by
//! `courier`.

pub mod bodies;
mod event_type;
pub mod fan_out;
pub mod outcomes;
mod records;
pub mod requests;
pub mod schedule;
mod secret;
pub mod told;

pub use event_type::EventType;
pub use records::{
    WEBHOOKS_MAX, WebhookChange, WebhookUrl, change_webhook, delete_webhook, make_webhook, unknown_webhook,
};
pub use secret::{NewSecret, SECRET_OVERLAP, WebhookSecret, delivery_id, secrets_of, seq_of, signed_headers};
