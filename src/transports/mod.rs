//! The ways to reach WhatsApp, each behind the `transport` crate's trait.
