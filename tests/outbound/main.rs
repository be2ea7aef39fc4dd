//! The client for addresses that somebody gave us, before hosts that mean harm: all of them on loopback, reached through
//! a resolver that says what the test wants.

mod addresses;
mod answers;
mod encrypted;
mod host;
mod kept;
mod names;
mod posts;
mod redirects;
mod urls;
