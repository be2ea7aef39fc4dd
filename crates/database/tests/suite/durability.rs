//! The answer leaves after the sync. Seen from outside, by the system calls a child makes.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use database::{Config, Database, Location};

use crate::stage::*;

const FILE: &str = "PARTYLINE_TEST_SYNC_FILE";
const PLANTED: &str = "PARTYLINE_TEST_SYNC_PLANTED";
/// The child tells what a read saw, not what the write answered.
const READS: &str = "PARTYLINE_TEST_SYNC_READS";
const ANSWERS: usize = 20;

/// Not a test but what is watched.
#[test]
fn the_child_writes_one_by_one_and_says_each_answer() {
    let Ok(file) = std::env::var(FILE) else { return };
    let mut config = Config::new(Location::File(file.into()));
    config.sync_commits = std::env::var(PLANTED).unwrap().is_empty();
    let db = Database::open(config).unwrap();
    db.migrate(THINGS).unwrap();
    for id in 0..ANSWERS as i64 {
        let write = insert(&db, id);
        if std::env::var(READS).is_ok() {
            while !thing_ids(&db).contains(&id) {}
        } else {
            write.answer().unwrap();
        }
        std::io::stdout().write_all(b"ANSWERED\n").unwrap();
        std::io::stdout().flush().unwrap();
    }
}

/// What the child did that matters here, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    WriteLog,
    SyncLog,
    Answer,
}

fn watch(folder: &Path, planted: &str, more: &[(&str, &str)]) -> Option<Vec<Did>> {
    let trace = folder.join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync"])
        // Long enough that whoever doesn't wait for the sync is seen not to.
        .args(["-e", "inject=fdatasync:delay_enter=5ms", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "durability::the_child_writes_one_by_one_and_says_each_answer", "--nocapture"])
        .env(FILE, folder.join("test.db"))
        .env(PLANTED, planted)
        .envs(more.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !traced.is_ok_and(|status| status.success()) {
        eprintln!("LEFT OUT: the order of answer and sync (install strace, and let it trace: apt-get install strace)");
        return None;
    }
    Some(understand(&std::fs::read_to_string(&trace).unwrap()))
}

/// A call that another thread interrupts comes in two lines; it is done when the second says so.
fn understand(trace: &str) -> Vec<Did> {
    let mut begun: HashMap<&str, Did> = HashMap::new();
    let mut did = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let what = if call.starts_with("<... ") {
            begun.remove(thread)
        } else if call.starts_with("pwrite64") && call.contains("-wal>") {
            Some(Did::WriteLog)
        } else if call.contains("sync(") && call.contains("-wal>") {
            Some(Did::SyncLog)
        } else if call.starts_with("write(1") && call.contains("ANSWERED") {
            Some(Did::Answer)
        } else {
            None
        };
        match what {
            // An answer counts from its beginning, a sync from its end.
            Some(what) if call.ends_with("<unfinished ...>") && what != Did::Answer => drop(begun.insert(thread, what)),
            Some(what) => did.push(what),
            None => {}
        }
    }
    did
}

/// Every answer was preceded by writes to the log, and the last of them by a sync after it.
fn check(did: &[Did]) -> Result<(), String> {
    let answers = did.iter().filter(|did| **did == Did::Answer).count();
    if answers != ANSWERS {
        return Err(format!("{answers} answers seen"));
    }
    // The first stretch also holds the migration.
    for (index, stretch) in did.split(|did| *did == Did::Answer).take(ANSWERS).enumerate() {
        if !stretch.contains(&Did::WriteLog) {
            return Err(format!("answer {index} without a write"));
        }
        if stretch.last() != Some(&Did::SyncLog) {
            return Err(format!("answer {index} before its sync: {stretch:?}"));
        }
    }
    Ok(())
}

#[test]
fn the_answer_leaves_after_the_sync() {
    let stage = Stage::sqlite();
    if let Some(did) = watch(stage.folder(), "", &[]) {
        check(&did).unwrap();
    }
}

#[test]
fn a_planted_unsynced_commit_is_caught() {
    let stage = Stage::sqlite();
    if let Some(did) = watch(stage.folder(), "unsynced", &[]) {
        let caught = check(&did).unwrap_err();
        assert!(caught.contains("before its sync"), "{caught}");
    }
}

#[test]
fn a_read_shows_nothing_that_is_not_synced() {
    let (stage, planted) = (Stage::sqlite(), Stage::sqlite());
    if let Some(did) = watch(stage.folder(), "", &[(READS, "1")]) {
        check(&did).unwrap();
    }
    if let Some(did) = watch(planted.folder(), "unsynced", &[(READS, "1")]) {
        check(&did).unwrap_err();
    }
}
