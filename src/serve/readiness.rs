//! Whether requests can be served, as `/readyz` tells it: the database was read a moment ago, and no stop was asked for.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::store::health::schema_version;

const LOOK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(2);

const READY: u8 = 0;
const DATABASE_SILENT: u8 = 1;
const STOPPING: u8 = 2;

/// What was found last. A server that came this far has read its database, so it begins ready.
#[derive(Debug, Default)]
pub struct Health(AtomicU8);

impl Health {
    pub fn stopping(&self) {
        self.0.store(STOPPING, Ordering::Relaxed);
    }

    fn found(&self, database_answers: bool) {
        let found = if database_answers { READY } else { DATABASE_SILENT };
        // A stop is final.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now != STOPPING).then_some(found));
    }
}

/// The finding in the form that the HTTP side asks for.
pub fn said_by(health: Arc<Health>) -> impl Fn() -> Result<(), Cow<'static, str>> + Send + Sync + 'static {
    move || match health.0.load(Ordering::Relaxed) {
        READY => Ok(()),
        STOPPING => Err("the server is stopping".into()),
        _ => Err("the database doesn't answer".into()),
    }
}

/// Looks at the database every two seconds until `shutdown`.
pub async fn watch(app: App, health: Arc<Health>, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let look = tokio::time::timeout(ANSWER_MAX, app.read(|snapshot| Ok(schema_version(snapshot)?)));
        health.found(matches!(look.await, Ok(Ok(_))));
    }
}
