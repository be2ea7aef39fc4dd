//! The contract, held: what our OpenAPI document says, what real answers look like, and what stays apart.

mod conform;
mod differences;
mod document;
#[path = "../kit/mod.rs"]
mod kit;
mod operations;
mod shape;
