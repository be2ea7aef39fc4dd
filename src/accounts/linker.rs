//! Carries linkings: opens the transport of a number that is being linked, hands in what somebody answered, and closes it
//! when it is over. All that matters is rows; after a restart a linking that went on begins anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use database::Priority;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::{SendError, Transport};

use crate::accounts::ear::AccountEar;
use crate::accounts::linking::{CONFIRMED, expire_linking, fail_linking, link_by};
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, TeammateId, WorkspaceId};
use crate::store::Write;
use crate::store::account_linkings::{LinkingRow, linking_all};
use crate::store::accounts::AccountRow;
use crate::transports;

/// People wait before the screen, so this is shorter than other looks.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How long a transport may take over a step.
const STEP_MAX: Duration = Duration::from_secs(20);
const STOP_MAX: Duration = Duration::from_secs(3);
/// Linkings carried at once by one server; more wait their turn.
const CARRIED_MAX: usize = 50;

type Key = (WorkspaceId, AccountId, Time);

/// All linkings of this server.
pub struct Linkers {
    task: JoinHandle<()>,
}

impl Linkers {
    /// Carries linkings until `shutdown`.
    pub fn start(app: App, shutdown: CancellationToken) -> Linkers {
        let linker = Linker { app, carried: HashMap::new() };
        Linkers { task: tokio::spawn(linker.run(shutdown)) }
    }

    pub async fn finished(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the linker of accounts broke");
        }
    }
}

/// Carries linkings turn by turn.
pub struct Linker {
    app: App,
    carried: HashMap<Key, Carried>,
}

struct Carried {
    transport: Arc<dyn Transport>,
    /// The last answer that was handed in.
    answered: String,
}

impl Linker {
    pub fn new(app: App) -> Linker {
        Linker { app, carried: HashMap::new() }
    }

    async fn run(mut self, shutdown: CancellationToken) {
        let look_every = self.app.clock.look_every(LOOK_EVERY);
        while !shutdown.is_cancelled() {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "linkings can't be looked at; trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(look_every) => {}
                () = shutdown.cancelled() => {}
            }
        }
        for (key, carried) in std::mem::take(&mut self.carried) {
            close(key, carried).await;
        }
    }

    /// Looks at the rows once: begins, answers, ends.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn turn(&mut self) -> Result<(), Error> {
        let rows: Vec<LinkingRow> = self.app.read(|snapshot| Ok::<_, Error>(linking_all(snapshot)?)).await?;
        let over: Vec<Key> =
            self.carried.keys().filter(|key| !rows.iter().any(|row| key_of(row) == **key)).copied().collect();
        for key in over {
            if let Some(carried) = self.carried.remove(&key) {
                close(key, carried).await;
            }
        }
        for row in rows {
            self.carry(&row).await?;
        }
        Ok(())
    }

    async fn carry(&mut self, row: &LinkingRow) -> Result<(), Error> {
        let key = key_of(row);
        let account = row.account;
        if self.app.clock.now() >= row.ends_at {
            let expire = move |write: &mut Write<'_, '_>| expire_linking(write, account).map(drop);
            return self.app.write(row.workspace, Priority::Foreground, expire).await;
        }
        let has_room = self.carried.len() < CARRIED_MAX;
        let done = match self.carried.get_mut(&key) {
            Some(carried) if carried.answered == row.answer => return Ok(()),
            Some(carried) => carried.hear(row).await,
            None if has_room => self.begin(row).await,
            None => return Ok(()),
        };
        let Err(error) = done else { return Ok(()) };
        let fail = move |write: &mut Write<'_, '_>| fail_linking(write, account, &error.details);
        self.app.write(row.workspace, Priority::Foreground, fail).await
    }

    async fn begin(&mut self, row: &LinkingRow) -> Result<(), SendError> {
        let Some(transport) = transports::open(&super::world(&self.app), &account_to_be(row)) else {
            return Err(failed("This version can't link accounts of this kind"));
        };
        let ear = Arc::new(AccountEar::new(self.app.clone(), row.workspace, row.account));
        let linking = Arc::clone(&transport);
        self.carried.insert(key_of(row), Carried { transport, answered: String::new() });
        let by = link_by(row);
        tokio::time::timeout(STEP_MAX, linking.link(&by, ear)).await.unwrap_or_else(|_| Err(too_slow()))
    }
}

impl Carried {
    async fn hear(&mut self, row: &LinkingRow) -> Result<(), SendError> {
        self.answered.clone_from(&row.answer);
        let step = match row.answer.as_str() {
            "" => return Ok(()),
            CONFIRMED => self.transport.confirm_passkey(),
            assertion => self.transport.answer_passkey(assertion),
        };
        tokio::time::timeout(STEP_MAX, step).await.unwrap_or_else(|_| Err(too_slow()))
    }
}

async fn close(key: Key, carried: Carried) {
    if tokio::time::timeout(STOP_MAX, carried.transport.stop()).await.is_err() {
        tracing::warn!(workspace = %key.0, account = %key.1, "a linking's transport didn't end in time and was left");
    }
}

fn key_of(row: &LinkingRow) -> Key {
    (row.workspace, row.account, row.begun_at)
}

/// What a transport is opened by, for an account that is not there yet.
fn account_to_be(row: &LinkingRow) -> AccountRow {
    AccountRow {
        workspace: row.workspace,
        id: row.account,
        transport: row.transport,
        jid: String::new(),
        phone: row.phone.clone(),
        name: row.name.clone(),
        owner: TeammateId::OWNER,
        linked_at: Time::NEVER,
        unlinked_at: Time::NEVER,
        health: String::new(),
        health_reason: String::new(),
        health_until: Time::NEVER,
    }
}

fn too_slow() -> SendError {
    failed("WhatsApp gave no answer in time")
}

fn failed(details: &str) -> SendError {
    SendError {
        verdict: transport::Verdict::Permanent,
        code: None,
        title: "Linking failed".to_owned(),
        details: details.to_owned(),
        maybe_accepted: false,
    }
}
