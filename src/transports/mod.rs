//! The ways to reach WhatsApp, each behind the `transport` crate's trait.

pub mod sandbox;

use std::sync::Arc;

use transport::{Kind, Transport};

use crate::app::App;
use crate::store::accounts::AccountRow;
use crate::transports::sandbox::Sandbox;

/// The transport of an account; `None` if this version has none of its kind.
pub fn open(app: &App, account: &AccountRow) -> Option<Arc<dyn Transport>> {
    match account.transport {
        Kind::Sandbox => Some(Arc::new(Sandbox::new(app.clone(), account.workspace, account.id))),
        Kind::Web | Kind::Cloud => None,
    }
}
