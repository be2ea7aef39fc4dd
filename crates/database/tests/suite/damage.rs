//! Files that were cut or flipped give the committed prefix or a refusal, never silently nothing. And a server whose
//! writer died ends.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use database::{Config, Database, Error, Location, Priority};

use crate::stage::*;

const FILE: &str = "PARTYLINE_TEST_ABORT_FILE";
const SIGABRT: i32 = 6;

/// The files as a crash would leave them: rows 0..40, each in a commit of its own, all still in the log.
fn crashed(stage: &Stage) -> (Vec<u8>, Vec<u8>) {
    let db = stage.open();
    (0..40).for_each(|id| assert_eq!(insert(&db, id).answer().unwrap(), 1));
    let read = |name: &str| fs::read(stage.folder().join(name)).unwrap();
    (read("test.db"), read("test.db-wal"))
}

fn laid_out(folder: &Path, database: &[u8], log: &[u8]) -> PathBuf {
    let path = folder.join("again.db");
    let _ = fs::remove_file(folder.join("again.db-shm"));
    fs::write(&path, database).unwrap();
    fs::write(folder.join("again.db-wal"), log).unwrap();
    path
}

fn ids_in(path: PathBuf) -> Vec<i64> {
    let db = Database::open(Config::new(Location::File(path))).unwrap();
    db.migrate(THINGS).unwrap();
    let ids = thing_ids(&db);
    db.close();
    ids
}

#[test]
fn a_log_that_was_cut_or_flipped_gives_a_prefix_of_what_was_committed() {
    let stage = Stage::sqlite();
    let (database, log) = crashed(&stage);
    let whole = ids_in(laid_out(stage.folder(), &database, &log));
    assert_eq!(whole, (0..40).collect::<Vec<_>>());
    let mut lengths = Vec::new();
    for tenth in 1..10 {
        let at = log.len() * tenth / 10;
        let mut flipped = log.clone();
        flipped[at] ^= 0x10;
        for damaged in [&log[..at], &flipped[..]] {
            let ids = ids_in(laid_out(stage.folder(), &database, damaged));
            assert_eq!(ids, (0..ids.len() as i64).collect::<Vec<_>>());
            lengths.push(ids.len());
        }
    }
    assert!(lengths.iter().any(|length| (1..39).contains(length)), "some damage fell among the rows: {lengths:?}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let stage = Stage::sqlite();
    let path = stage.folder().join("garbage.db");
    fs::write(&path, vec![0x55; 8192]).unwrap();
    let refused = Database::open(Config::new(Location::File(path.clone()))).err().expect("a refusal");
    assert!(refused.to_string().contains("restore a backup"), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), vec![0x55; 8192], "and left as it was");
}

#[test]
fn a_log_without_its_database_is_refused() {
    let stage = Stage::sqlite();
    let (_, log) = crashed(&stage);
    let path = laid_out(stage.folder(), &[], &log);
    fs::remove_file(&path).unwrap();
    let refused = Database::open(Config::new(Location::File(path.clone()))).err().expect("a refusal");
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    assert!(!path.exists());
}

#[test]
fn the_bundled_engine_has_the_fixes_we_count_on() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

/// An error that can't be made: its `From` takes the writing thread down.
#[derive(Debug)]
struct Deadly;

impl From<Error> for Deadly {
    fn from(_: Error) -> Deadly {
        panic!("the writer dies of this")
    }
}

/// Not a test but the victim.
#[test]
fn the_child_kills_its_writer() {
    let Ok(file) = std::env::var(FILE) else { return };
    let db = Database::open(Config::new(Location::File(file.into()))).unwrap();
    let write = db.write_blocking(1, Priority::Foreground, |_| -> Result<(), Deadly> { panic!("a slip") });
    unreachable!("answered {write:?}");
}

#[test]
fn a_dead_writer_ends_the_process() {
    let stage = Stage::sqlite();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "damage::the_child_kills_its_writer", "--nocapture"])
        .env(FILE, stage.folder().join("test.db"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(SIGABRT), "{status}");
}
