//! Linked devices: numbers that are reached as a phone's other device, by the `transport-web` crate.

pub mod records;
