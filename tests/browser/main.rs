//! Screens in a real browser, against the real program.

mod accounts;
mod axe;
mod chromium;
mod desk;
mod docs;
mod inbox;
mod instance;
mod keys;
#[path = "../kit/pages.rs"]
mod pages;
mod phone;
mod playground;
mod public_api;
mod roles;
mod screens;
mod server;
mod setup;
mod tab;
mod walk;
mod webhooks;
