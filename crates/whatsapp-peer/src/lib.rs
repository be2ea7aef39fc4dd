//! A fake WhatsApp server and phones, for tests only.
//!
//! [`Peer`] listens on a real websocket of the loopback and speaks the server's half of the linked-device protocol: the Noise
//! handshake, linking by QR and by code, key bundles, relay of encrypted messages, receipts, groups, files, an offline queue.
//! A [`Phone`] is a person with a number: it scans a QR, writes, reads, and remembers what it showed. Both only carry what is
//! encrypted end to end by whoever uses them, so a test sees what a recipient would.
//!
//! Client and fake are made from the same library; a fault that both have can't be seen by them alone. So
//! `tests/independent.rs` lets a client by other hands talk with ours.
//!
//! The crate switches off the client's check of the server's certificate, a Cargo feature that unifies within one build: it
//! must never be built together with the product (`cargo xtask test` builds it by itself).

mod faults;
mod linking;
mod listener;
mod media;
mod nodes;
mod noise;
mod numbers;
mod peer;
mod phone;
mod server;
mod stanzas;
mod world;

pub use faults::{Refusal, Trouble};
pub use media::FileClient;
pub use peer::Peer;
pub use phone::{Phone, Shown, Told};
