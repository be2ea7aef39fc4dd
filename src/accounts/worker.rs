//! The worker of one account: it alone owns the account's transport and the order of its messages.
//!
//! It goes in turns. A turn is one write at most, which records how earlier hand-overs ended and claims what may go next;
//! then what was claimed is handed over, with nothing open. Everything it knows that matters is rows: killed anywhere, its
//! successor reads the rows marked as being handed over and, where the id on the wire is fixed, hands them over again (the
//! recipient sees one message), else flags them as uncertain.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use database::Priority;
use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use transport::{Accepted, Capabilities, SendError, Transport, Verdict};

use crate::accounts::choice::Fairness;
use crate::accounts::claim::{Outlook, claim, outlook};
use crate::accounts::ear::AccountEar;
use crate::accounts::fetch::Fetcher;
use crate::accounts::health::{Health, health_of_failure, set_health};
use crate::accounts::marks::Marker;
use crate::accounts::outcome::{Finished, Outcome, judge, record};
use crate::accounts::outgoing::outgoing;
use crate::accounts::pacing::{Dice, Pace};
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, ChatId, WorkspaceId, random_bytes};
use crate::message::Status;
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find};
use crate::store::outbox::{OutboxBody, OutboxMessage, outbox_message, outbox_news, outbox_sending};

/// Messages of one account with its transport at once; each of another chat.
pub const IN_FLIGHT_MAX: usize = 64;
/// The longest a worker goes without looking at the rows. Bells are only hints.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a transport may take over one message before its answer counts as lost.
const SEND_MAX: Duration = Duration::from_secs(60);
/// How long a worker that is told to stop waits for answers.
const STOP_MAX: Duration = Duration::from_secs(3);
/// How long WhatsApp may take to hear that an account is given up.
const UNLINK_MAX: Duration = Duration::from_secs(1);

/// What a turn did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Ends of earlier hand-overs that were recorded.
    pub recorded: usize,
    pub handed_over: usize,
    /// By the application's clock, how long until something may go; `None` if nothing is known to.
    pub next_in: Option<Duration>,
}

/// The worker of one account.
pub struct Worker {
    app: App,
    workspace: WorkspaceId,
    account: AccountId,
    transport: Arc<dyn Transport>,
    capabilities: Capabilities,
    pace: Pace,
    dice: Dice,
    fairness: Fairness,
    /// Handed over, the answer not recorded yet.
    busy: HashMap<i64, ChatId>,
    sends: JoinSet<(OutboxMessage, Result<Accepted, SendError>)>,
    finished: Vec<Finished>,
    recovery: Option<Recovery>,
}

/// Which rows marked as being handed over are nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recovery {
    /// An earlier worker's, which may have handed them over.
    Inherited,
    /// Of a write of ours whose answer was lost: they were not handed over.
    Unheard,
}

impl Worker {
    pub fn new(app: App, account: &AccountRow, transport: Arc<dyn Transport>) -> Worker {
        let capabilities = transport.capabilities();
        let seed = u64::from_le_bytes(random_bytes());
        Worker {
            workspace: account.workspace,
            account: account.id,
            pace: Pace::new(capabilities.paced, Duration::ZERO, capabilities.sends_per_second, seed),
            dice: Dice::new(!seed),
            fairness: Fairness::default(),
            busy: HashMap::new(),
            sends: JoinSet::new(),
            finished: Vec::new(),
            recovery: Some(Recovery::Inherited),
            app,
            transport,
            capabilities,
        }
    }

    /// The ear that stores what this account's transport tells.
    pub fn ear(&self) -> Arc<AccountEar> {
        Arc::new(AccountEar::new(self.app.clone(), self.workspace, self.account))
    }

    /// Works until told to stop, then waits a little for the answers that are still out.
    ///
    /// # Errors
    /// The transport didn't start.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), SendError> {
        if let Err(error) = self.transport.start(self.ear()).await {
            self.note_no_start(&error).await;
            return Err(error);
        }
        let fetcher = Fetcher::new(self.app.clone(), self.workspace, self.account, Arc::clone(&self.transport));
        let fetching = tokio::spawn(fetcher.run(stop.clone()));
        let marker = Marker::new(self.app.clone(), self.workspace, self.account, Arc::clone(&self.transport));
        let marking = tokio::spawn(marker.run(stop.clone()));
        let bell = self.app.wakes.of(self.workspace);
        let look_every = self.app.clock.look_every(LOOK_EVERY);
        while !stop.is_cancelled() {
            // Made before looking: what is committed after the look then rings this very bell.
            let rung = bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let wait = match self.turn().await {
                Ok(turn) => turn.next_in.map_or(look_every, |wait| wait.min(look_every)),
                Err(error) => {
                    tracing::warn!(account = %self.account, workspace = %self.workspace, %error, "a turn failed");
                    tokio::time::sleep(LOOK_EVERY / 4).await;
                    continue;
                }
            };
            tokio::select! {
                () = rung, if self.sends.len() < IN_FLIGHT_MAX => {}
                Some(ended) = self.sends.join_next() => self.keep(ended),
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
        self.give_up_if_unlinked().await;
        self.finish().await;
        if fetching.await.is_err() {
            tracing::error!(account = %self.account, "the fetching of files broke");
        }
        if marking.await.is_err() {
            tracing::error!(account = %self.account, "the telling of marks broke");
        }
        Ok(())
    }

    /// Takes the answers that are in, records them, claims what may go, and hands it over without waiting for answers.
    ///
    /// # Errors
    /// A fault of the database. Nothing is forgotten: the next turn does it again.
    pub async fn turn(&mut self) -> Result<Turn, Error> {
        while let Some(ended) = self.sends.try_join_next() {
            self.keep(ended);
        }
        if let Some(recovery) = self.recovery {
            self.recover(recovery).await?;
            self.recovery = None;
        }
        let now = self.app.clock.monotonic();
        let rows_max = self.pace.allows(now, IN_FLIGHT_MAX - self.sends.len());
        if self.finished.is_empty() {
            let idle = |next_in| Turn { recorded: 0, handed_over: 0, next_in };
            if rows_max == 0 {
                return Ok(idle(self.pace.wait(now)));
            }
            if let Outlook::NotBefore(next_at) = self.look().await? {
                return Ok(idle(next_at.map(|at| at.since(self.app.clock.now()))));
            }
        }
        let (recorded, claimed) = self.write(rows_max).await?;
        let handed_over = claimed.len();
        claimed.into_iter().for_each(|message| self.hand_over(message));
        Ok(Turn { recorded, handed_over, next_in: self.pace.wait(self.app.clock.monotonic()) })
    }

    /// Turns, waiting for the transport's answers in between, until nothing may go before the clock moves. For tests and
    /// benches, which then move the clock.
    pub async fn run_until_idle(&mut self) -> Result<(), Error> {
        loop {
            let turn = self.turn().await?;
            if turn.recorded + turn.handed_over == 0 && self.sends.is_empty() && self.finished.is_empty() {
                return Ok(());
            }
            while let Some(ended) = self.sends.join_next().await {
                self.keep(ended);
            }
        }
    }

    async fn note_no_start(&self, error: &SendError) {
        let (account, reason) = (self.account, error.to_string().replace('\0', ""));
        let health = match error.verdict {
            Verdict::AccountDown => health_of_failure(error.code),
            _ => Health::Reconnecting,
        };
        let work = move |write: &mut Write<'_, '_>| set_health(write, account, health, &reason, Time::NEVER);
        if let Err(error) = self.app.write(self.workspace, Priority::Foreground, work).await {
            tracing::warn!(account = %self.account, %error, "the account's health was not noted");
        }
    }

    async fn look(&self) -> Result<Outlook, Error> {
        let (workspace, account, now) = (self.workspace, self.account, self.app.clock.now());
        let look = move |snapshot: &mut database::Snapshot<'_>| {
            let row = account_find(snapshot, workspace, account)?;
            let news = outbox_news(snapshot, workspace, account)?;
            Ok(outlook(row.as_ref(), &news, now))
        };
        self.app.read(look).await
    }

    /// The one write of a turn.
    async fn write(&mut self, rows_max: usize) -> Result<(usize, Vec<OutboxMessage>), Error> {
        let finished: Arc<[Finished]> = self.finished.as_slice().into();
        let ended: HashSet<i64> = finished.iter().map(|finished| finished.message.row.seq).collect();
        let still_busy = self.busy.iter().filter(|(seq, _)| !ended.contains(seq));
        let busy: HashSet<ChatId> = still_busy.map(|(_, chat)| *chat).collect();
        let (account, fairness, recorded) = (self.account, self.fairness, finished.len());
        let work = move |write: &mut Write<'_, '_>| {
            finished.iter().try_for_each(|finished| record(write, finished))?;
            claim(write, account, &busy, rows_max, fairness)
        };
        let claims = self.app.write(self.workspace, Priority::Foreground, work).await.inspect_err(|_| {
            // It may have happened all the same, and then rows are marked that nobody hands over.
            self.recovery = Some(Recovery::Unheard);
        })?;
        self.finished.clear();
        self.busy.retain(|seq, _| !ended.contains(seq));
        self.fairness = claims.fairness;
        if !claims.messages.is_empty() {
            let count = claims.messages.len();
            self.pace.went(self.app.clock.monotonic(), count, claims.pacing, claims.per_second);
        }
        Ok((recorded, claims.messages))
    }

    fn hand_over(&mut self, message: OutboxMessage) {
        self.busy.insert(message.row.seq, message.row.chat);
        let transport = Arc::clone(&self.transport);
        self.sends.spawn(async move {
            let outgoing = outgoing(&message);
            let sending = tokio::time::timeout(SEND_MAX, transport.send(&outgoing));
            // A transport that panics over one message must not take the account's others with it.
            let answer = match AssertUnwindSafe(sending).catch_unwind().await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Err(lost("The transport gave no answer in time")),
                Err(_) => Err(lost("The transport broke over this message")),
            };
            (message, answer)
        });
    }

    fn keep(&mut self, ended: Result<(OutboxMessage, Result<Accepted, SendError>), tokio::task::JoinError>) {
        // The task catches panics and nobody aborts it while the worker lives.
        let Ok((message, answer)) = ended else { return };
        let repeatable = self.is_repeatable(&message);
        let outcome = judge(answer, message.row.attempts, repeatable, &mut self.dice);
        self.finished.push(Finished { message, outcome });
    }

    /// Whether handing over once more can't double it: its id is on the wire, or it sets what a second time sets alike.
    fn is_repeatable(&self, message: &OutboxMessage) -> bool {
        self.capabilities.fixed_message_id || !matches!(message.body, OutboxBody::Message { .. })
    }

    /// Takes over the rows that are marked as being handed over and that no task of ours has.
    async fn recover(&mut self, recovery: Recovery) -> Result<(), Error> {
        let (workspace, account) = (self.workspace, self.account);
        let (rows_max, has_templates) = (4 * IN_FLIGHT_MAX as i64, self.capabilities.templates);
        let look = move |snapshot: &mut database::Snapshot<'_>| {
            let rows = outbox_sending(snapshot, workspace, account, rows_max)?;
            let mut messages = Vec::with_capacity(rows.len());
            for row in rows {
                let Some(message) = outbox_message(snapshot, workspace, account, row.seq)? else { continue };
                messages.push(if has_templates { message.with_template(snapshot, workspace)? } else { message });
            }
            Ok(messages)
        };
        let messages: Vec<OutboxMessage> = self.app.read(look).await?;
        for message in messages {
            if self.busy.contains_key(&message.row.seq) {
                continue;
            }
            let settled = message.status >= Status::Sent;
            let outcome = match recovery {
                _ if settled => Outcome::Settled,
                _ if self.is_repeatable(&message) => {
                    self.hand_over(message);
                    continue;
                }
                Recovery::Inherited => Outcome::Uncertain { reason: "The server stopped while sending it".to_owned() },
                Recovery::Unheard => Outcome::PutBack,
            };
            self.busy.insert(message.row.seq, message.row.chat);
            self.finished.push(Finished { message, outcome });
        }
        Ok(())
    }

    /// Tells WhatsApp of an account that was unlinked; where it can't be told in time, its owner sees it on the phone.
    async fn give_up_if_unlinked(&self) {
        let (workspace, account) = (self.workspace, self.account);
        let row = self.app.read(move |snapshot| Ok::<_, Error>(account_find(snapshot, workspace, account)?)).await;
        if !matches!(row, Ok(Some(row)) if !row.unlinked_at.is_never()) {
            return;
        }
        match tokio::time::timeout(UNLINK_MAX, self.transport.unlink()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%account, %error, "WhatsApp was not told that the account is unlinked"),
            Err(_) => tracing::warn!(%account, "WhatsApp was not told in time that the account is unlinked"),
        }
    }

    /// Records the answers that still come, for a moment; what doesn't come is recovered at the next start.
    async fn finish(&mut self) {
        let late = tokio::time::sleep(STOP_MAX);
        tokio::pin!(late);
        while !self.sends.is_empty() {
            tokio::select! {
                Some(ended) = self.sends.join_next() => self.keep(ended),
                () = &mut late => break,
            }
        }
        if !self.sends.is_empty() {
            tracing::warn!(account = %self.account, "stopped with answers still out; they are recovered at the next start");
        }
        if let Err(error) = self.write(0).await {
            tracing::warn!(account = %self.account, %error, "the last answers were not recorded; they are recovered");
        }
        self.transport.stop().await;
    }
}

/// A send whose answer never came: WhatsApp may have the message.
fn lost(details: &str) -> SendError {
    SendError {
        verdict: Verdict::Retry { after: Duration::ZERO },
        code: None,
        title: "No answer".to_owned(),
        details: details.to_owned(),
        maybe_accepted: true,
    }
}
