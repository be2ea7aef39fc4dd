//! Checks of what is kept: the folder, its key file, the database.

use std::fs;
use std::os::unix::fs::MetadataExt;

use database::{Config as DatabaseConfig, Database};

use super::Check;
use crate::app::{App, Settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::control::client::Connection;
use crate::control::reach::location;
use crate::control::view::DatabaseView;
use crate::control::{Command, Output, run};
use crate::data_folder::{DataFolder, FILE_MODE, FOLDER_MODE, KEY_BYTES, mode};
use crate::error::Error;
use crate::failure::Failure;
use crate::outbound::Policy;
use crate::store::MIGRATIONS;

/// How far this machine's clock and the database's may be apart before cycles and tokens look odd, ms.
const CLOCKS_APART_MS_MAX: u64 = 2_000;

pub fn folder(config: &Config) -> Check {
    const NAME: &str = "Data folder";
    let path = &config.data.value;
    let place = path.display();
    let Ok(found) = fs::metadata(path) else {
        return Check::ok("folder", NAME, format!("{place} isn't there yet; the first start makes it"));
    };
    if !found.is_dir() {
        return Check::problem("folder", NAME, format!("{place} is a file"), "Name a folder with --data");
    }
    let own = rustix::process::geteuid();
    if found.uid() != own.as_raw() && !own.is_root() {
        let fix = format!("Run partyline as its owner (number {}), or name another folder with --data", found.uid());
        return Check::warning("folder", NAME, format!("{place} belongs to another account"), fix);
    }
    match mode(path) {
        Ok(mode) if mode & 0o077 != 0 => Check::problem(
            "folder",
            NAME,
            format!("{place} is open to others (mode {mode:03o})"),
            format!("chmod {FOLDER_MODE:o} {place}"),
        ),
        Ok(_) => Check::ok("folder", NAME, format!("{place}, closed to others")),
        Err(error) => Check::problem("folder", NAME, format!("{place}: {error}"), "Give this account the right to it"),
    }
}

pub fn key(config: &Config) -> Check {
    const NAME: &str = "Key file";
    let Some(folder) = DataFolder::find(&config.data.value) else {
        return Check::ok("key", NAME, "Isn't there yet; the first start makes it");
    };
    let file = folder.key_file();
    let place = file.display();
    let found = match fs::metadata(&file) {
        Ok(found) => found,
        Err(error) if folder.database_file().exists() => {
            let fix = "Put it back from a backup; the next start makes a new one, with which old secrets can't be read";
            return Check::problem("key", NAME, format!("{place}: {error}"), fix);
        }
        Err(_) => return Check::ok("key", NAME, "Isn't there yet; the next start makes it"),
    };
    if found.len() != KEY_BYTES as u64 {
        let finding = format!("{place} has {} bytes instead of {KEY_BYTES}", found.len());
        return Check::problem("key", NAME, finding, "Put it back from a backup");
    }
    match mode(&file) {
        Ok(mode) if mode & 0o077 != 0 => Check::problem(
            "key",
            NAME,
            format!("{place} can be read by others (mode {mode:03o})"),
            format!("chmod {FILE_MODE:o} {place}"),
        ),
        _ => Check::ok("key", NAME, format!("{place}, closed to others")),
    }
}

/// Whether some process has the folder.
pub fn is_locked(config: &Config) -> bool {
    DataFolder::find(&config.data.value).is_some_and(|folder| matches!(folder.try_lock(), Ok(None)))
}

/// Asks the running server, or looks itself where none runs.
pub fn database(config: &Config, server: Option<&mut Connection>) -> Check {
    const NAME: &str = "Database";
    let found = match server {
        Some(connection) => match connection.run(Command::DatabaseCheck) {
            Ok(Output::Database(view)) => Ok(view),
            Ok(_) => Err(Failure::new("the server answered something else")),
            Err(failure) => Err(failure),
        },
        None if config.database.value.is_none() && !config.database_file().exists() => {
            return Check::ok("database", NAME, "Isn't there yet; the first start makes it");
        }
        None => look(config),
    };
    match found {
        Ok(view) => judge(&view),
        Err(failure) => {
            let fix = if config.database.value.is_some() {
                "See that PostgreSQL runs and is reachable from here, and that --database names it rightly"
            } else {
                "See that the disk is sound and has room; else restore a backup"
            };
            Check::problem("database", NAME, failure.message, fix)
        }
    }
}

fn look(config: &Config) -> Result<DatabaseView, Failure> {
    let database = Database::open(DatabaseConfig::new(location(config)))?;
    let files_folder = DataFolder::files_in(&config.data.value);
    let settings = Settings {
        public_url: String::new(),
        sandbox_speed: 1.0,
        support_contact: String::new(),
        files_folder,
        outbound: Policy::default(),
    };
    let app = App::new(database, Clock::system(), settings);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from(Error::internal(error)))?;
    let looked = runtime.block_on(run(&app, Command::DatabaseCheck));
    app.database.close();
    match looked? {
        Output::Database(view) => Ok(view),
        _ => Err(Failure::new("the database answered something else")),
    }
}

fn judge(view: &DatabaseView) -> Check {
    const NAME: &str = "Database";
    let DatabaseView { engine, schema_version, integrity, now_ms } = view;
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    if integrity != "ok" {
        let fix = "Stop the server, keep a copy of the data folder, and restore a backup";
        return Check::problem("database", NAME, format!("{engine} found damage: {integrity}"), fix);
    }
    if *schema_version > known {
        let finding = format!("{engine}, schema version {schema_version}; this program knows versions up to {known}");
        return Check::problem(
            "database",
            NAME,
            finding,
            "Use the newer program, or restore the backup made before it",
        );
    }
    let apart = now_ms.abs_diff(Clock::system().now().ms());
    if apart > CLOCKS_APART_MS_MAX {
        let finding = format!("{engine} answers, but its clock and this machine's are {apart} ms apart");
        return Check::warning("database", NAME, finding, "Let NTP set both clocks");
    }
    if *schema_version < known {
        let finding =
            format!("{engine}, sound, schema version {schema_version} of {known}; the next start upgrades it");
        return Check::ok("database", NAME, finding);
    }
    Check::ok("database", NAME, format!("{engine}, sound, schema version {schema_version}"))
}
