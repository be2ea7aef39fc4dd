//! Screens in a real browser, against the real program.

mod accounts;
mod axe;
mod chromium;
mod desk;
mod docs;
mod inbox;
mod instance;
mod phone;
mod playground;
mod public_api;
mod screens;
mod server;
mod setup;
mod tab;
mod webhooks;
