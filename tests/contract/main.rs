//! The contract, held: what our OpenAPI document says, what real answers look like, and what stays apart.

mod catalogue;
mod conform;
mod differences;
mod document;
mod dump;
mod errors;
mod examples;
mod gates;
mod isolation;
#[path = "../kit/mod.rs"]
mod kit;
mod official;
mod operations;
mod reach;
mod refusals;
mod scene;
mod shape;
mod shell;
mod standing;
mod story;
mod webhook_bodies;
