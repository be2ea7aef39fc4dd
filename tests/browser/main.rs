//! Screens in a real browser, against the real program.

mod accounts;
mod axe;
mod bare;
mod bulk;
mod by_keys;
mod chromium;
mod contacts;
mod desk;
mod docs;
mod inbox;
mod instance;
mod keys;
mod line;
mod long;
mod lost;
mod notices;
#[path = "../kit/pages.rs"]
mod pages;
mod phone;
mod playground;
mod public_api;
mod roles;
mod screens;
mod server;
mod setup;
mod small;
mod tab;
mod tabbing;
mod tasks;
mod together;
mod voice;
mod walk;
mod webhooks;
