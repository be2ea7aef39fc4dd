//! Chooses the way: the running server, or this process with the data folder's lock.

use std::time::Duration;

use database::{Config as DatabaseConfig, Database, FolderLock, Location, Migrated};
use tokio::runtime::{Handle, Runtime};

use super::client::Connection;
use super::{Command, Output, fingerprint, run};
use crate::app::{App, GraphPlace, Settings, WebPlace};
use crate::clock::Clock;
use crate::config::{Config, Source};
use crate::data_folder::DataFolder;
use crate::failure::Failure;
use crate::outbound::Policy;
use crate::sealing::SealingKey;
use crate::store::MIGRATIONS;
use crate::store::health::schema_version;

/// How long a server that has the lock but doesn't listen yet, or another command, is waited for.
const LOCKED_WAIT_MAX: Duration = Duration::from_secs(10);
const LOCKED_PAUSE: Duration = Duration::from_millis(20);

/// A way to run commands.
pub enum Reach {
    Server(Connection),
    Here(Box<Here>),
}

/// The database opened in this process.
pub struct Here {
    app: App,
    runtime: Runtime,
    /// Not needed on PostgreSQL, where others may write as well.
    _lock: Option<FolderLock>,
}

/// What to do where no data folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    Refuse,
    Create,
}

impl Reach {
    /// Finds the running server, or opens the database here.
    pub fn open(config: &Config, if_missing: IfMissing) -> Result<Reach, Failure> {
        let named = config.database.value.as_deref().filter(|_| config.database.source != Source::Default);
        let named = named.map(fingerprint);
        let data = &config.data.value;
        let clock = Clock::system();
        loop {
            if let Some(connection) = Connection::open(data, named.clone())? {
                return Ok(Reach::Server(connection));
            }
            if config.database.value.is_some() {
                return Here::open(config, None, if_missing);
            }
            let folder = match if_missing {
                IfMissing::Create => Some(DataFolder::create(data)?),
                IfMissing::Refuse => DataFolder::find(data),
            };
            let Some(folder) = folder else {
                let place = data.display();
                return Err(Failure::new(format!(
                    "There is no data of Partyline in {place}.\nTo fix it, start `partyline` there first, or name the \
                     folder with --data or PARTYLINE_DATA."
                )));
            };
            if let Some(lock) = folder.try_lock()? {
                folder.ensure_key(&lock)?;
                return Here::open(config, Some(lock), if_missing);
            }
            if clock.monotonic() > LOCKED_WAIT_MAX {
                return Err(Failure::new(format!(
                    "{} is held by another process that doesn't answer.\nTo fix it, see what runs on it \
                     (`fuser {}`), then repeat this.",
                    data.display(),
                    folder.lock_file().display()
                )));
            }
            std::thread::sleep(LOCKED_PAUSE);
        }
    }

    pub fn run(&mut self, command: Command) -> Result<Output, Failure> {
        match self {
            Reach::Server(connection) => connection.run(command),
            Reach::Here(here) => Ok(here.runtime.block_on(run(&here.app, command))?),
        }
    }

    /// Whether a server is there that will send what is queued, as far as can be known.
    pub fn has_server(&self) -> bool {
        matches!(self, Reach::Server(_))
    }
}

impl Here {
    fn open(config: &Config, lock: Option<FolderLock>, if_missing: IfMissing) -> Result<Reach, Failure> {
        let database = match lock {
            Some(_) => open_database(config, None)?.0,
            None => open_shared(config, if_missing)?,
        };
        let settings = Settings {
            public_url: config.public_url_at(config.listen.value),
            sandbox_speed: config.sandbox_speed.value,
            support_contact: config.support_contact.value.clone(),
            outbound: Policy::allowing(config.outbound_allow.value.clone()),
            files_folder: DataFolder::files_in(&config.data.value),
        };
        let graph = GraphPlace { url: config.graph_url.value.clone(), version: config.graph_version.value.clone() };
        let web = WebPlace { url: config.web_url.value.clone(), version: config.web_version.value };
        let app = App::new(database, Clock::system(), settings).with_graph(graph).with_web(web);
        // On PostgreSQL there may be no folder here, and then what needs its key says so.
        let key = DataFolder::find(&config.data.value).and_then(|folder| folder.read_key().ok());
        let app = match key {
            Some(key) => app.sealing_with(SealingKey::new(key)),
            None => app,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::new(format!("This process can't start: {error}")))?;
        Ok(Reach::Here(Box::new(Here { app, runtime, _lock: lock })))
    }
}

// Before the lock is let go of, or the next holder could meet our last commit.
impl Drop for Here {
    fn drop(&mut self) {
        self.app.database.close();
    }
}

/// Where the settings say the data is.
pub fn location(config: &Config) -> Location {
    match &config.database.value {
        Some(url) => Location::Postgres(url.clone()),
        None => Location::File(config.database_file()),
    }
}

/// Opens the database and brings its schema up to date. Blocks. `runtime` wakes those who write, where it runs by itself.
pub fn open_database(config: &Config, runtime: Option<Handle>) -> Result<(Database, Migrated), Failure> {
    let opened = Database::open(DatabaseConfig { runtime, ..DatabaseConfig::new(location(config)) });
    let database = opened.map_err(|error| database_trouble(config, &error))?;
    let migrated = database.migrate(MIGRATIONS).map_err(|error| database_trouble(config, &error))?;
    Ok((database, migrated))
}

/// Opens a database that servers may be using just now. Its schema is theirs to bring up to date: a command of a newer
/// version must not change it under older servers.
fn open_shared(config: &Config, if_missing: IfMissing) -> Result<Database, Failure> {
    let opened = Database::open(DatabaseConfig::new(location(config)));
    let database = opened.map_err(|error| database_trouble(config, &error))?;
    // There is no such table before the first migration.
    let found = database.read_blocking::<_, database::Error, _>(|snapshot| schema_version(snapshot)).unwrap_or(0);
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if found == 0 && if_missing == IfMissing::Create {
        database.migrate(MIGRATIONS).map_err(|error| database_trouble(config, &error))?;
    } else if found != known {
        return Err(Failure::new(format!(
            "The database has schema version {found} and this program knows version {known}.\nTo fix it, use the \
             version of Partyline that the servers run, or start a server of this version first."
        )));
    }
    Ok(database)
}

fn database_trouble(config: &Config, error: &database::Error) -> Failure {
    let place = match &config.database.value {
        Some(url) => crate::config::mask(url),
        None => config.database_file().display().to_string(),
    };
    let fix = match error {
        database::Error::NewerSchema { .. } => {
            "start the newer version of Partyline that was used last, or restore the backup made before the upgrade"
        }
        database::Error::Full(_) => "make room on the disk",
        _ if config.database.value.is_some() => {
            "see that PostgreSQL runs and is reachable from here, and that --database names it rightly"
        }
        _ => "see `partyline doctor`",
    };
    Failure::new(format!("The database {place} can't be used: {error}.\nTo fix it, {fix}."))
}
