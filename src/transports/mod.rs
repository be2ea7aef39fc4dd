//! The ways to reach WhatsApp, each behind the `transport` crate's trait. They know rows of their own, and nothing of the
//! inbox's rules.

pub mod cloud;
pub mod net;
pub mod sandbox;
#[cfg(feature = "web")]
pub mod web;

use std::sync::Arc;

use transport::{Kind, Transport};

use crate::store::accounts::AccountRow;
use crate::store::sandbox::SandboxOf;
use crate::transports::cloud::Cloud;
use crate::transports::sandbox::{Sandbox, World};

/// Whether this build links phones; one without the feature `web` doesn't.
pub const LINKS_PHONES: bool = cfg!(feature = "web");

/// The transport of an account; `None` if this version has none of its kind.
pub fn open(world: &World, account: &AccountRow) -> Option<Arc<dyn Transport>> {
    let of = SandboxOf { workspace: account.workspace, account: account.id };
    match account.transport {
        Kind::Sandbox => Some(Arc::new(Sandbox::new(world.clone(), of))),
        Kind::Cloud => Some(Arc::new(Cloud::new(world.clone(), account.workspace, account.id))),
        Kind::Web => None,
    }
}
