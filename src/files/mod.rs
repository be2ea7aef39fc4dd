//! Files: taken in as a stream, known by what their bytes are, kept once under their SHA-256, given out by links that live
//! a quarter of an hour. Nothing here trusts a name or a type that a client gave.

pub mod blob;
pub mod intake;
pub mod link;
mod ogg;
pub mod picture;
pub mod sniff;
mod voice;

pub use crate::id::FileUid;
