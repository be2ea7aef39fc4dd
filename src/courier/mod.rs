//! Carries events to webhooks: one worker for each workspace in which somebody listens. It looks at committed rows, makes
//! deliveries of events, tries those that are due with no transaction open, and records what came of it.
//!
//! Nothing is kept here that rows don't say: killed at any moment, the next start finds what was claimed and not recorded
//! when its claim has run out, and tries it again under the same id.

mod attempt;
mod line;
mod places;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::store::webhook_deliveries::fanout_work;
use places::Places;
use worker::Worker;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// All workers of this server.
pub struct Couriers {
    task: JoinHandle<()>,
}

impl Couriers {
    /// Starts a worker wherever a webhook listens, and keeps doing so until `shutdown`.
    pub fn start(app: App, shutdown: CancellationToken) -> Couriers {
        Couriers { task: tokio::spawn(Keeper { app, shutdown, places: Arc::default(), posts: HashMap::new() }.run()) }
    }

    /// Ends when every worker has: when the attempts under way are over, some seconds after `shutdown` at the latest.
    pub async fn finished(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the couriers' keeper broke");
        }
    }
}

struct Keeper {
    app: App,
    shutdown: CancellationToken,
    places: Arc<Places>,
    posts: HashMap<WorkspaceId, Post>,
}

/// One workspace's worker.
struct Post {
    nudge: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Keeper {
    async fn run(mut self) {
        while !self.shutdown.is_cancelled() {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "webhooks can't be looked at; trying again");
            }
            let pause = tokio::time::sleep(self.app.clock.look_every(LOOK_EVERY));
            self.shutdown.run_until_cancelled(pause).await;
        }
        for (workspace, post) in self.posts {
            if let Err(error) = post.task.await {
                tracing::error!(%workspace, %error, "a courier broke");
            }
        }
    }

    /// Compares what runs with who listens, and wakes whoever has something to do.
    async fn look(&mut self) -> Result<(), Error> {
        let now = self.app.clock.now();
        let work: Vec<(WorkspaceId, bool)> = self.app.read(move |tx| Ok(fanout_work(tx, now)?)).await?;
        self.posts.retain(|workspace, post| {
            let listens = work.iter().any(|(one, _)| one == workspace);
            if !listens {
                post.stop.cancel();
            }
            // One that broke gets a successor.
            listens && !post.task.is_finished()
        });
        for (workspace, has_work) in work {
            if !self.posts.contains_key(&workspace) {
                self.hire(workspace);
            }
            if let Some(post) = self.posts.get(&workspace).filter(|_| has_work) {
                post.nudge.notify_one();
            }
        }
        Ok(())
    }

    fn hire(&mut self, workspace: WorkspaceId) {
        let (nudge, stop) = (Arc::new(Notify::new()), self.shutdown.child_token());
        let worker = Worker::new(self.app.clone(), workspace, Arc::clone(&self.places));
        let task = tokio::spawn(worker.run(Arc::clone(&nudge), stop.clone()));
        self.posts.insert(workspace, Post { nudge, stop, task });
    }
}

/// Delivers all that is due now, in every workspace, and ends; for tests, and for whoever needs no server.
///
/// # Errors
/// A fault of the database; what was done by then is recorded, or found again later.
pub async fn deliver_due(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let places = Arc::new(Places::default());
    let work: Vec<(WorkspaceId, bool)> = app.read(move |tx| Ok(fanout_work(tx, now)?)).await?;
    for (workspace, _) in work.into_iter().filter(|(_, has_work)| *has_work) {
        Worker::new(app.clone(), workspace, Arc::clone(&places)).run_dry().await?;
    }
    Ok(())
}
