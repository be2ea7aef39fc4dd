//! The one suite that every transport must pass, against the `Transport` trait, the account worker and the store: the same
//! scenarios, the same rows, on SQLite and on PostgreSQL. A new transport adds a rig, not a suite.
//!
//! The clock only moves when a test moves it, and nothing here sleeps.

// The kit says aloud what it leaves out.
#![allow(clippy::print_stderr)]

mod changes;
mod cloud;
mod cloud_rig;
mod contacts;
#[path = "../kit/engine.rs"]
mod engine;
mod far;
mod files;
mod flow;
mod giving_up;
mod health;
mod interruptions;
mod kit;
mod line;
mod own_changes;
mod reactions;
mod supervising;
mod waiting;

use database::{Config, Database};
use partyline::store::MIGRATIONS;

const ECHO: &str = "+12025550100";
const SLOW_READER: &str = "+12025550102";
const NEVER_READS: &str = "+12025550103";
const OFFLINE: &str = "+12025550104";
const NOT_ON_WHATSAPP: &str = "+12025550126";
const THROTTLED: &str = "+12025550129";
const ANYBODY: &str = "+12025550177";
/// The sandbox's own.
const GROUP: &str = "120363025550109000@g.us";

/// Opens and migrates; the kit's stage asks for it.
fn migrated(config: Config) -> Database {
    let database = Database::open(config).expect("the database opens");
    database.migrate(MIGRATIONS).expect("the schema is made");
    database
}

/// Makes a test of each scenario for each of the rigs, on every engine there is.
macro_rules! on_every_rig {
    ($($scenario:ident),+ $(,)?) => {
        $crate::on_rigs!(sandbox, Sandbox, $($scenario),+);
        $crate::on_rigs!(fixed, Fixed, $($scenario),+);
        $crate::on_rigs!(assigned, Assigned, $($scenario),+);
        $crate::on_rigs!(cloud, Cloud, $($scenario),+);
    };
}

macro_rules! on_rigs {
    ($module:ident, $rig:ident, $($scenario:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $scenario() {
                    for engine in $crate::engine::Engine::all() {
                        super::$scenario($crate::line::Line::new(engine, $crate::line::RigKind::$rig).await).await;
                    }
                }
            )+
        }
    };
}

use {on_every_rig, on_rigs};
