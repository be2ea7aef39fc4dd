//! Where the keys of a linked number lie: in our tables, sealed for their place, each write one durable transaction.
//!
//! Keys are opened by whoever is to use them. The last one to open them may write; everybody before finds out at its next
//! write, so two never use the same keys. Keys that are gone or went back in time are not opened at all.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use database::{Database, Priority};
use transport::Pending;
use transport_web::records::{Change, Record, RecordKind, Records, RecordsError};

use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::key_marks::KeyMarks;
use crate::sealing::SealingKey;
use crate::store::web_records::{
    WebAccount, WebChange, WebOpening, WebRecord, web_opening_count, web_opening_find, web_opening_save,
    web_record_get, web_record_list, web_records_change, web_records_forget,
};
use crate::transports::sandbox::World;

/// The keys of one number, open for its transport.
pub struct WebRecords {
    database: Database,
    sealing: SealingKey,
    marks: KeyMarks,
    of: WebAccount,
    opening: i64,
}

/// Why the keys of a number are not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// None are there: they were left out of a backup, or it was never linked.
    Missing,
    /// They are older than the ones used last.
    WentBack,
}

impl Refusal {
    /// For people: what it is, and what to do.
    pub const fn reason(self) -> &'static str {
        match self {
            Refusal::Missing => {
                "The keys of this number are not in the database: backups leave them out. Link the number again; its \
                 chats and messages are all there"
            }
            Refusal::WentBack => {
                "The database was put back from an older copy, and the keys of this number in it are older than the \
                 ones used last; using them again would make messages unreadable. Link the number again; its chats and \
                 messages are all there"
            }
        }
    }
}

/// Why keys were not opened.
#[derive(Debug)]
pub enum NotOpened {
    /// They can't be used, now or later: the number is to be linked again.
    Refused(Refusal),
    /// A fault; it may work the next time.
    Failed(Error),
}

impl From<Error> for NotOpened {
    fn from(error: Error) -> NotOpened {
        NotOpened::Failed(error)
    }
}

impl From<database::Error> for NotOpened {
    fn from(error: database::Error) -> NotOpened {
        NotOpened::Failed(error.into())
    }
}

impl WebRecords {
    /// Opens the keys of a number that was linked.
    ///
    /// # Errors
    /// See [`NotOpened`].
    pub async fn open(world: &World, workspace: WorkspaceId, account: AccountId) -> Result<Arc<WebRecords>, NotOpened> {
        let (of, mark) = (WebAccount { workspace, account }, world.net.key_marks.find(workspace, account));
        let open = move |tx: &mut database::Tx<'_>| {
            let keys = web_record_get(tx, of, RecordKind::Device.as_str(), &[Vec::new()])?;
            let Some(before) = web_opening_find(tx, of)?.filter(|_| !keys.is_empty()) else {
                return Ok::<_, NotOpened>(Err(Refusal::Missing));
            };
            if mark.is_some_and(|mark| before.writes < mark) {
                return Ok(Err(Refusal::WentBack));
            }
            let opening = WebOpening { opening: before.opening + 1, writes: before.writes + 1 };
            web_opening_save(tx, of, opening)?;
            Ok(Ok(opening))
        };
        let opened = world.database.write(workspace.0, Priority::Foreground, open).await?;
        Ok(WebRecords::opened(world, of, opened.map_err(NotOpened::Refused)?)?)
    }

    /// Opens none: forgets what is there of a number that is being linked, which makes its own.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn begin(world: &World, workspace: WorkspaceId, account: AccountId) -> Result<Arc<WebRecords>, Error> {
        let (of, mark) = (WebAccount { workspace, account }, world.net.key_marks.find(workspace, account));
        // Beyond whatever another node remembers of keys before: a number's keys are written less than once a millisecond.
        let now_ms = world.clock.now().ms();
        let begin = move |tx: &mut database::Tx<'_>| {
            web_records_forget(tx, of)?;
            let before = web_opening_find(tx, of)?.unwrap_or(WebOpening { opening: 0, writes: 0 });
            let writes = before.writes.max(mark.unwrap_or_default()).max(now_ms) + 1;
            let opening = WebOpening { opening: before.opening + 1, writes };
            web_opening_save(tx, of, opening)?;
            Ok::<_, Error>(opening)
        };
        let opening = world.database.write(workspace.0, Priority::Foreground, begin).await?;
        WebRecords::opened(world, of, opening)
    }

    fn opened(world: &World, of: WebAccount, opening: WebOpening) -> Result<Arc<WebRecords>, Error> {
        let marks = world.net.key_marks.clone();
        marks.note(of.workspace, of.account, opening.writes);
        let sealing = world.net.sealing.clone();
        let sealing = sealing.ok_or_else(|| Error::internal("keys can't be sealed without the key file"))?;
        let database = world.database.clone();
        Ok(Arc::new(WebRecords { database, sealing, marks, of, opening: opening.opening }))
    }

    fn seal(&self, change: Change) -> Result<WebChange, Error> {
        Ok(match change {
            Change::Put { kind, key, value, at_s } => {
                let value = self.sealing.seal(&self.place(kind, &key), &value)?;
                WebChange::Put { kind: kind.as_str(), key, value, at_s }
            }
            Change::Delete { kind, key } => WebChange::Delete { kind: kind.as_str(), key },
            Change::DeletePrefix { kind, prefix } => WebChange::DeletePrefix { kind: kind.as_str(), prefix },
            Change::DeleteBefore { kind, at_s } => WebChange::DeleteBefore { kind: kind.as_str(), at_s },
        })
    }

    fn unseal(&self, kind: RecordKind, found: Vec<WebRecord>) -> Result<Vec<Record>, RecordsError> {
        let each = found.into_iter().map(|record| {
            let value = self.sealing.open(&self.place(kind, &record.key), &record.value);
            let value = value.ok_or_else(|| RecordsError("one doesn't open with this server's key file".to_owned()))?;
            Ok(Record { key: record.key, value: Bytes::from(value) })
        });
        each.collect()
    }

    /// Where a record belongs; it opens nowhere else.
    fn place(&self, kind: RecordKind, key: &[u8]) -> String {
        let place = format!("web {} {} {} ", self.of.workspace, self.of.account, kind.as_str());
        key.iter().fold(place, |mut place, byte| {
            let _ = write!(place, "{byte:02x}");
            place
        })
    }

    async fn write_all(&self, changes: Vec<Change>) -> Result<u64, RecordsError> {
        let sealed: Result<Vec<WebChange>, Error> = changes.into_iter().map(|change| self.seal(change)).collect();
        let (of, opening, sealed) = (self.of, self.opening, sealed.map_err(failed)?);
        let write = move |tx: &mut database::Tx<'_>| {
            let Some(writes) = web_opening_count(tx, of, opening)? else { return Ok::<_, database::Error>(None) };
            Ok(Some((writes, web_records_change(tx, of, &sealed)?)))
        };
        let written = self.database.write(of.workspace.0, Priority::Foreground, write).await.map_err(failed)?;
        let Some((writes, deleted)) = written else {
            return Err(RecordsError("the number was unlinked, or somebody else has opened them".to_owned()));
        };
        self.marks.note(of.workspace, of.account, writes);
        Ok(deleted)
    }
}

impl Records for WebRecords {
    fn get(&self, kind: RecordKind, keys: Vec<Vec<u8>>) -> Pending<'_, Result<Vec<Record>, RecordsError>> {
        let of = self.of;
        Box::pin(async move {
            let read = move |tx: &mut database::Snapshot<'_>| web_record_get(tx, of, kind.as_str(), &keys);
            let found = self.database.read::<_, database::Error, _>(read).await.map_err(failed)?;
            self.unseal(kind, found)
        })
    }

    fn list(&self, kind: RecordKind, prefix: Vec<u8>) -> Pending<'_, Result<Vec<Record>, RecordsError>> {
        let of = self.of;
        Box::pin(async move {
            let read = move |tx: &mut database::Snapshot<'_>| web_record_list(tx, of, kind.as_str(), &prefix);
            let found = self.database.read::<_, database::Error, _>(read).await.map_err(failed)?;
            self.unseal(kind, found)
        })
    }

    fn write(&self, changes: Vec<Change>) -> Pending<'_, Result<u64, RecordsError>> {
        Box::pin(self.write_all(changes))
    }
}

fn failed(error: impl std::fmt::Display) -> RecordsError {
    RecordsError(error.to_string())
}
