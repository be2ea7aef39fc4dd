//! The log as it grows: one reader per workspace and node looks behind the last event it saw, once for all who listen, and
//! hands each event on. It is woken by the workspace's bell and looks every second, so that other nodes' events come too.
//!
//! Nobody is ever waited for: whoever falls behind, or comes back with a cursor, reads the log itself until it has caught
//! up. So what is held for each listener is a cursor and one page.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::Database;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::error::Error;
use crate::events::log::{Behind, behind, bounds};
use crate::events::shown::{Heard, show};
use crate::id::WorkspaceId;
use crate::webhooks::bodies::Rendering;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events of one look.
const PAGE_ROWS: i64 = 200;
/// Events that a listener may be behind before it has to read the log itself; shared by all of a workspace.
const KEPT_EVENTS_MAX: usize = 1024;

/// The live log of every workspace. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Parts>);

struct Parts {
    database: Database,
    clock: Clock,
    public_url: String,
    feeds: Mutex<HashMap<WorkspaceId, Arc<Feed>>>,
}

/// A workspace's reader.
struct Feed {
    sender: broadcast::Sender<Arc<Heard>>,
    /// Whether the reader knows where it begins: what was committed before that is for those who listen to read.
    begun: watch::Sender<bool>,
}

/// What comes next.
#[derive(Clone, Debug)]
pub enum Next {
    Event(Arc<Heard>),
    /// Events were missed that nobody can bring back: whatever was made of them must be made anew. Goes on with `oldest`.
    Reset {
        oldest: i64,
    },
}

impl Live {
    /// `public_url` is how addresses of this server begin, without a slash at its end.
    pub fn new(database: Database, clock: Clock, public_url: String) -> Live {
        Live(Arc::new(Parts { database, clock, public_url, feeds: Mutex::default() }))
    }

    /// Listens to a workspace from behind the event `after`; from now on where that is `None`. `bell` is rung after the
    /// workspace's commits on this node.
    ///
    /// # Errors
    /// `not_found` without such a workspace, or a fault.
    pub async fn listen(
        &self,
        bell: Arc<Notify>,
        workspace: WorkspaceId,
        after: Option<i64>,
    ) -> Result<Listener, Error> {
        let (feed, heard) = self.0.join(&self.0, bell, workspace);
        // The sender lives as long as `feed`, so this ends with a reader that has begun.
        let _ = feed.begun.subscribe().wait_for(|begun| *begun).await;
        let at = match after {
            Some(after) => after,
            None => self.0.newest(workspace).await?,
        };
        let parts = Arc::clone(&self.0);
        Ok(Listener { parts, workspace, heard, at, ready: VecDeque::new(), is_behind: true })
    }

    /// How many workspaces are being read.
    pub fn readers(&self) -> usize {
        self.0.feeds.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Parts {
    /// Joins those who listen; the first of them brings the reader.
    fn join(
        &self,
        this: &Arc<Parts>,
        bell: Arc<Notify>,
        workspace: WorkspaceId,
    ) -> (Arc<Feed>, broadcast::Receiver<Arc<Heard>>) {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get(&workspace) {
            return (Arc::clone(feed), feed.sender.subscribe());
        }
        let (sender, heard) = broadcast::channel(KEPT_EVENTS_MAX);
        let feed = Arc::new(Feed { sender, begun: watch::Sender::new(false) });
        feeds.insert(workspace, Arc::clone(&feed));
        tokio::spawn(keep_reading(Arc::clone(this), workspace, bell, Arc::clone(&feed)));
        (feed, heard)
    }

    /// Ends a reader to whom nobody listens; whether it has ended. Under the lock, so that nobody joins meanwhile.
    fn leave(&self, workspace: WorkspaceId, feed: &Feed) -> bool {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        let is_alone = feed.sender.receiver_count() == 0;
        if is_alone {
            feeds.remove(&workspace);
        }
        is_alone
    }

    async fn newest(&self, workspace: WorkspaceId) -> Result<i64, Error> {
        self.database.read(move |tx| Ok::<_, Error>(bounds(tx, workspace)?.newest)).await
    }

    async fn look(&self, workspace: WorkspaceId, after: i64) -> Result<Look, Error> {
        let (now, public_url) = (self.clock.now(), self.public_url.clone());
        let look = move |tx: &mut database::Snapshot<'_>| {
            let rendering = Rendering { workspace, public_url: &public_url, now };
            Ok::<_, Error>(match behind(tx, workspace, after, PAGE_ROWS)? {
                Behind::Events(rows) => Look::Events(show(tx, &rendering, &rows)?.into_iter().map(Arc::new).collect()),
                Behind::Lost(bounds) => Look::Lost { oldest: bounds.oldest },
            })
        };
        self.database.read(look).await
    }
}

enum Look {
    Events(Vec<Arc<Heard>>),
    Lost { oldest: i64 },
}

/// Reads for as long as somebody listens.
async fn keep_reading(parts: Arc<Parts>, workspace: WorkspaceId, bell: Arc<Notify>, feed: Arc<Feed>) {
    let mut at = None;
    loop {
        // From before the look, so that what is committed during it rings as well.
        let mut rung = pin!(bell.notified());
        rung.as_mut().enable();
        match read_on(&parts, workspace, &feed, &mut at).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, %workspace, "the log of events could not be read; tried again in a second");
                sleep(LOOK_EVERY).await;
            }
        }
        if parts.leave(workspace, &feed) {
            return;
        }
        let _ = timeout(LOOK_EVERY, rung).await;
    }
}

/// One look behind `at`; whether there may be more already.
async fn read_on(parts: &Parts, workspace: WorkspaceId, feed: &Feed, at: &mut Option<i64>) -> Result<bool, Error> {
    let Some(after) = *at else {
        *at = Some(parts.newest(workspace).await?);
        feed.begun.send_replace(true);
        return Ok(true);
    };
    match parts.look(workspace, after).await? {
        Look::Events(events) => {
            let is_any = !events.is_empty();
            for event in events {
                *at = Some(event.seq);
                // With nobody left to hear it, it is nobody's.
                let _ = feed.sender.send(event);
            }
            Ok(is_any)
        }
        Look::Lost { oldest } => {
            *at = Some(oldest - 1);
            Ok(true)
        }
    }
}

/// Somebody who listens to a workspace.
pub struct Listener {
    parts: Arc<Parts>,
    workspace: WorkspaceId,
    heard: broadcast::Receiver<Arc<Heard>>,
    /// The last event that was given.
    at: i64,
    /// Read by itself and not yet given.
    ready: VecDeque<Arc<Heard>>,
    /// What comes next has to be read in the log.
    is_behind: bool,
}

impl Listener {
    /// The last event that was given, or where it began.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// What comes next, once it is there. It may be given up and asked again: nothing is lost.
    ///
    /// # Errors
    /// The log could not be read.
    pub async fn next(&mut self) -> Result<Next, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.at = event.seq;
                return Ok(Next::Event(event));
            }
            if self.is_behind {
                match self.parts.look(self.workspace, self.at).await? {
                    Look::Events(events) => {
                        self.is_behind = !events.is_empty();
                        self.ready.extend(events);
                    }
                    Look::Lost { oldest } => {
                        self.at = oldest - 1;
                        return Ok(Next::Reset { oldest });
                    }
                }
                continue;
            }
            match self.heard.recv().await {
                Ok(event) if event.seq <= self.at => {}
                Ok(event) if event.seq == self.at + 1 => {
                    self.at = event.seq;
                    return Ok(Next::Event(event));
                }
                // Something before it was missed; the log has it.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => self.is_behind = true,
                Err(broadcast::error::RecvError::Closed) => return Err(Error::internal("the reader of events ended")),
            }
        }
    }

    /// What comes next, if it is there already.
    pub fn ready(&mut self) -> Option<Arc<Heard>> {
        if self.ready.is_empty() && !self.is_behind {
            match self.heard.try_recv() {
                Ok(event) if event.seq == self.at + 1 => self.ready.push_back(event),
                Ok(event) if event.seq <= self.at => {}
                Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_)) => self.is_behind = true,
                Err(_) => {}
            }
        }
        let event = self.ready.pop_front()?;
        self.at = event.seq;
        Some(event)
    }
}
