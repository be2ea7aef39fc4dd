//! The handle everybody holds: hands closures to the threads that own connections, and answers back.
//! It never touches a connection itself.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

use crate::job::{AbortOnPanic, ReadCall, ReadJob, WriteCall, WriteJob};
use crate::postgres::lane::Lane;
use crate::postgres::{self, Server};
use crate::queue::Queue;
use crate::sqlite::syncer::{Horizon, Log};
use crate::sqlite::writer::Writer;
use crate::sqlite::{self, Lite};
use crate::statistics::Counters;
use crate::{Config, Engine, Error, Location, Migrated, Migration, Snapshot, Sql, Statistics, Tx};

/// Bytes of stack for a thread that runs callers' closures.
const STACK_BYTES: usize = 1 << 20;

/// Which of the two queues a write waits in. Order holds within a queue only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for the answer.
    Foreground,
    /// Nobody does; moves on all the same while the foreground is busy.
    Background,
}

/// An open database; clones share it.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    config: Arc<Config>,
    engine: Engine,
    lanes: Vec<Arc<Queue<WriteJob>>>,
    reads: Arc<Queue<Box<dyn ReadJob>>>,
    counters: Arc<Counters>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Database {
    /// Opens the database and starts its threads. Blocks until the first connection works, and fails if it doesn't:
    /// [`Error::Unavailable`] for a missing folder or an unreachable server, [`Error::Misuse`] for a bad address.
    pub fn open(config: Config) -> Result<Database, Error> {
        let engine = match &config.location {
            Location::File(_) => Engine::Sqlite,
            Location::Postgres(_) => Engine::Postgres,
        };
        let lanes = if engine == Engine::Sqlite { 1 } else { config.lanes.max(1) };
        let config = Arc::new(config);
        let shared = Shared {
            lanes: (0..lanes).map(|_| Arc::new(Queue::new(config.queue_max, config.background_wait_max))).collect(),
            reads: Arc::new(Queue::new(config.reads_max, config.background_wait_max)),
            engine,
            config,
            counters: Arc::default(),
            threads: Mutex::default(),
        };
        match &shared.config.location {
            Location::File(path) => shared.start_sqlite(path)?,
            Location::Postgres(address) => shared.start_postgres(address)?,
        }
        Ok(Database { shared: Arc::new(shared) })
    }

    /// The engine this database runs on.
    pub fn engine(&self) -> Engine {
        self.shared.engine
    }

    /// Runs `run` in a transaction and answers after its commit, which is on disk by then. `key` chooses the lane on
    /// PostgreSQL: writes of one key never run at the same time, and follow each other in the order of their queue.
    ///
    /// `run` may be called several times, so what it does must depend on nothing but what it was given; effects
    /// outside its [`Tx`] are forbidden. An `Err` undoes all it wrote, alone. Once this future has been polled the
    /// write happens, even if the future is dropped.
    ///
    /// Faults of the database come as `E` made from [`Error`]: [`Error::Busy`] when the queue is full,
    /// [`Error::Panicked`] when `run` panicked, and so on.
    pub async fn write<T, E, F>(&self, key: i64, priority: Priority, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let answer = self.shared.queue_write(key, priority, run).map_err(E::from)?;
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// [`Database::write`] for a thread that may block. Panics on an asynchronous thread.
    pub fn write_blocking<T, E, F>(&self, key: i64, priority: Priority, run: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let answer = self.shared.queue_write(key, priority, run).map_err(E::from)?;
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Runs `run` on one consistent snapshot that contains every write answered before this call.
    /// [`Error::Busy`] when too many reads wait.
    pub async fn read<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Snapshot<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let answer = self.shared.queue_read(run).map_err(E::from)?;
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// [`Database::read`] for a thread that may block. Panics on an asynchronous thread.
    pub fn read_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Snapshot<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let answer = self.shared.queue_read(run).map_err(E::from)?;
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Brings the schema to the last of `migrations`, each in a transaction of its own. Blocks. Call it before the
    /// first read or write. [`Error::NewerSchema`] when the database is ahead of `migrations`.
    ///
    /// On SQLite a database that was migrated before is first copied to `<file>.before-<version>.backup`. On
    /// PostgreSQL nodes starting together wait for each other.
    pub fn migrate(&self, migrations: &[Migration]) -> Result<Migrated, Error> {
        crate::migrate::run(&self.shared.config, migrations)
    }

    /// Copies a SQLite database, as of now, to the new file `path`, while it stays in use, and runs `left_out` on the
    /// copy before it is there; what that deletes is nowhere in the file. Blocks.
    /// [`Error::Misuse`] on PostgreSQL, which has its own tools, and when `path` exists.
    pub fn backup_to(&self, path: &Path, left_out: &[Sql]) -> Result<(), Error> {
        match &self.shared.config.location {
            Location::Postgres(_) => Err(Error::Misuse("back PostgreSQL up with pg_dump or pg_basebackup".to_owned())),
            Location::File(file) => {
                let conn = sqlite::open(file, &self.shared.config, self.shared.config.reader_cache_kib)?;
                sqlite::backup::copy(&conn, path, false, left_out)
            }
        }
    }

    /// What happened since opening, and what waits now.
    pub fn statistics(&self) -> Statistics {
        let depths = self.shared.lanes.iter().map(|lane| lane.depths());
        let (foreground_queued, background_queued) = depths.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let reads_queued = self.shared.reads.depths().0;
        Statistics { foreground_queued, background_queued, reads_queued, ..self.shared.counters.view() }
    }

    /// Takes nothing new, finishes what is queued, stops the threads. Blocks; calls after it get [`Error::Closed`].
    pub fn close(&self) {
        self.shared.stop_taking();
        let threads = std::mem::take(&mut *self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic in there has ended the process already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn queue_write<T, E, F>(&self, key: i64, priority: Priority, run: F) -> Result<Answer<T, E>, Error>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job = Box::new(WriteCall { run, outcome: None, answer });
        self.lanes[lane_of(key, self.lanes.len())].push(key, priority, job)?;
        Ok(receiver)
    }

    fn queue_read<T, E, F>(&self, run: F) -> Result<Answer<T, E>, Error>
    where
        F: FnOnce(&mut Snapshot<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        let job = Box::new(ReadCall { run: Some(run), outcome: None, answer });
        self.reads.push(0, Priority::Foreground, job)?;
        Ok(receiver)
    }

    fn start_sqlite(&self, path: &Path) -> Result<(), Error> {
        let (opened, ready) = mpsc::sync_channel(1);
        let (settled, to_sync) = sqlite::syncer::channel();
        let horizon = Arc::new(Horizon::default());
        let (config, queue, counters) = (self.config.clone(), self.lanes[0].clone(), self.counters.clone());
        let (file, seen) = (path.to_owned(), horizon.clone());
        self.spawn("db-writer", move || match sqlite::open_writer(&file, &config) {
            Ok((conn, checkpointer)) => {
                let _ = opened.send(Ok(checkpointer));
                let (lite, batch_max) = (Lite::new(&conn), config.batch_max);
                sqlite::writer::run(Writer { lite, horizon: &seen, settled, batch_max, counters: &counters }, &queue);
            }
            Err(error) => drop(opened.send(Err(error))),
        })?;
        let checkpointer = ready.recv().unwrap_or(Err(Error::Closed))?;
        let (config, file) = (self.config.clone(), path.to_owned());
        self.spawn("db-checkpointer", move || checkpointer.run(&file, &config))?;
        let log = self.config.sync_commits.then(|| Log::beside(path));
        let (counters, reached, runtime) = (self.counters.clone(), horizon.clone(), self.config.runtime.clone());
        let sync = move || sqlite::syncer::run(log, &to_sync, &reached, &counters, runtime.as_ref());
        self.spawn("db-syncer", sync)?;
        for _ in 0..self.config.readers.max(1) {
            let (config, queue, counters) = (self.config.clone(), self.reads.clone(), self.counters.clone());
            let (file, horizon) = (path.to_owned(), horizon.clone());
            self.spawn("db-reader", move || sqlite::reader::run(&file, &config, &queue, &horizon, &counters))?;
        }
        Ok(())
    }

    fn start_postgres(&self, address: &str) -> Result<(), Error> {
        let server = Arc::new(Server::parse(address)?);
        let (opened, ready) = mpsc::sync_channel(1);
        // The first lane connects now, so that opening says whether the server is there; the others when needed.
        let mut opened = Some(opened);
        for queue in &self.lanes {
            let mut lane = Lane::new(server.clone(), self.config.clone(), self.counters.clone());
            let (queue, opened) = (queue.clone(), opened.take());
            self.spawn("db-lane", move || {
                let connected = if opened.is_some() { lane.connect() } else { Ok(()) };
                if let Some(opened) = opened {
                    let _ = opened.send(connected);
                }
                lane.run(&queue);
            })?;
        }
        ready.recv().unwrap_or(Err(Error::Closed))?;
        for _ in 0..self.config.readers.max(1) {
            let (server, queue, counters) = (server.clone(), self.reads.clone(), self.counters.clone());
            self.spawn("db-reader", move || postgres::reader::run(&server, &queue, &counters))?;
        }
        Ok(())
    }

    fn spawn(&self, name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let guarded = move || {
            let _guard = AbortOnPanic(name);
            run();
        };
        let thread = Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(guarded);
        let thread = thread.map_err(|error| Error::Unavailable(format!("starting a thread: {error}")))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    fn stop_taking(&self) {
        self.lanes.iter().for_each(|lane| lane.close());
        self.reads.close();
    }
}

// The threads hold the queues, not this, so the last handle's end is theirs too.
impl Drop for Shared {
    fn drop(&mut self) {
        self.stop_taking();
    }
}

type Answer<T, E> = oneshot::Receiver<Result<T, E>>;

fn lane_of(key: i64, lanes: usize) -> usize {
    // Workspace numbers are small and dense; multiplying by the golden ratio spreads them.
    let mixed = key.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    usize::try_from(mixed).unwrap_or(0) % lanes
}
