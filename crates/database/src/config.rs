//! How a database is opened. Numbers only; nothing here opens anything.

use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::Handle;

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file, made when it isn't there. Its folder must exist.
    File(PathBuf),
    /// A PostgreSQL address: `postgres://user:password@host:port/name?sslmode=require` or `host=.. user=..`.
    Postgres(String),
}

/// Settings with sensible values; change fields after [`Config::new`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub location: Location,
    /// Writing connections, PostgreSQL only: SQLite has one writer.
    pub lanes: usize,
    /// Reading connections, each with its thread.
    pub readers: usize,
    /// Writes waiting in each of the two queues (of each lane) before [`crate::Error::Busy`].
    pub queue_max: usize,
    /// Reads waiting before [`crate::Error::Busy`].
    pub reads_max: usize,
    /// Writes sharing one commit.
    pub batch_max: usize,
    /// How long a background write may wait while foreground work keeps coming, before its kind goes first.
    pub background_wait_max: Duration,
    /// How long a locked SQLite file or an unreachable server is waited for before [`crate::Error::Unavailable`].
    pub unavailable_wait_max: Duration,
    /// How long the fate of a commit whose answer was lost is asked for before [`crate::Error::Unknown`].
    pub settle_wait_max: Duration,
    /// Page cache of the SQLite writer, in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each SQLite reader, in KiB.
    pub reader_cache_kib: u32,
    /// SQLite: pages (of 4 KiB) in the write-ahead log at which they are moved into the database, beside the writer.
    pub checkpoint_pages: u32,
    /// Wakes the callers of writes from its own threads, which is cheaper than from the database's. One that runs by itself:
    /// a current-thread runtime that nobody drives would let them wait.
    pub runtime: Option<Handle>,
    /// Statements run on each new SQLite connection after the usual settings. For tests: a small `max_page_count`.
    #[doc(hidden)]
    pub sqlite_extra_pragmas: String,
    /// SQLite: whether an answer waits for the log's sync. Off only in a test that must notice it.
    #[doc(hidden)]
    pub sync_commits: bool,
}

impl Config {
    /// The usual settings for `location`.
    pub fn new(location: Location) -> Config {
        Config {
            lanes: 8,
            readers: if matches!(location, Location::File(_)) { 3 } else { 4 },
            location,
            queue_max: 4096,
            reads_max: 4096,
            batch_max: 128,
            background_wait_max: Duration::from_millis(100),
            unavailable_wait_max: Duration::from_secs(5),
            settle_wait_max: Duration::from_secs(30),
            // Inserts under random keys touch a page each; what doesn't fit is read back at every batch. Used only as
            // it fills: an idle server has a few pages here.
            writer_cache_kib: 32_768,
            reader_cache_kib: 1024,
            // Each move makes the writes beside it wait for the disk: with 32 callers of the whole server one in a
            // hundred took 16 ms at 4,000 pages and 8 ms at 32,000.
            checkpoint_pages: 16_000,
            runtime: None,
            sqlite_extra_pragmas: String::new(),
            sync_commits: true,
        }
    }
}
