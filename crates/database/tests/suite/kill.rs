//! A process killed in mid-load has lost nothing it answered, and left nothing half done.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use database::{Config, Database, Error, Location, Priority, Read, Sql, owned_params};

use crate::stage::*;

const FROM: &str = "PARTYLINE_TEST_CHILD_FROM";
/// Set when the log is to grow on and on.
const ROOMY: &str = "PARTYLINE_TEST_CHILD_ROOMY";
const WHERE: &str = "PARTYLINE_TEST_CHILD_WHERE";
const FACTS: Sql = Sql::both("SELECT thing_id, CAST(COUNT(*) AS BIGINT) FROM facts GROUP BY thing_id ORDER BY 1");

/// Not a test but the victim: the stories below start this very program with this test's name.
#[test]
fn the_child_writes_and_says_what_was_answered() {
    let Ok(place) = std::env::var(WHERE) else { return };
    let location = if place.starts_with('/') { Location::File(place.into()) } else { Location::Postgres(place) };
    let mut config = Config::new(location);
    if std::env::var(ROOMY).is_err() {
        config.checkpoint_pages = 40; // so that kills fall into checkpoints too
    }
    let db = Database::open(config).unwrap();
    let next = Arc::new(AtomicI64::new(std::env::var(FROM).unwrap().parse().unwrap()));
    println!();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for lane in 0..32 {
        runtime.spawn(write_on_and_on(db.clone(), next.clone(), lane % 4));
    }
    runtime.block_on(std::future::pending::<()>());
}

async fn write_on_and_on(db: Database, next: Arc<AtomicI64>, key: i64) {
    loop {
        let id = next.fetch_add(1, Ordering::Relaxed);
        let write = db.write(key, Priority::Foreground, move |tx| {
            tx.later(&FACT_INSERT, owned_params![id, 1])?;
            tx.later(&FACT_INSERT, owned_params![id, 2])?;
            tx.execute(&THING_INSERT, params_of(id))
        });
        if let Err(error) = write.await.map_err(|error: Error| error) {
            eprintln!("{error}");
            std::process::exit(1);
        }
        println!("answered {id}");
    }
}

fn start_child(place: &str, from: i64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::the_child_writes_and_says_what_was_answered", "--nocapture"])
        .env(WHERE, place)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets a child write until it has answered `answers` times, kills it, and returns everything it had answered.
fn kill_after(place: &str, from: i64, answers: usize) -> Vec<i64> {
    let mut child = start_child(place, from);
    let answered = answered(&mut child, answers);
    child.wait().unwrap();
    assert!(answered.len() >= answers, "the child ended early");
    answered
}

/// What a child answers until it ends, killed after `answers` of them.
fn answered(child: &mut Child, answers: usize) -> Vec<i64> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answered = Vec::new();
    for line in lines {
        // The last line may be cut off; a number in it would then be another number.
        let Ok(line) = line else { break };
        answered.extend(line.strip_prefix("answered ").and_then(|id| id.parse::<i64>().ok()));
        if answered.len() == answers {
            child.kill().unwrap();
        }
    }
    answered
}

fn check(db: &Database, from: i64, answered: &[i64]) {
    // In one snapshot: the server may still be finishing a commit of the child that is gone.
    let seen = db.read_blocking(|view| {
        let facts = view.query(&FACTS, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok::<_, Error>((facts, view.query(&THING_IDS, [], first_int)?))
    });
    let (facts, ids): (Vec<(i64, i64)>, Vec<i64>) = seen.unwrap();
    let whole: Vec<_> = ids.iter().map(|id| (*id, 2)).collect();
    assert_eq!(facts, whole, "a write is there with all its rows or not at all");
    let stored: std::collections::HashSet<_> = ids.iter().filter(|id| **id >= from).collect();
    let lost: Vec<_> = answered.iter().filter(|id| !stored.contains(id)).collect();
    assert!(lost.is_empty(), "answered and gone: {lost:?}");
}

fn kill_again_and_again(stage: &Stage, place: &str, kills: i64) {
    stage.open().close();
    for round in 0..kills {
        let from = round * 1_000_000;
        // Spread over the first answers, the middle of batches and the time of checkpoints; the same in every run.
        let answers = 1 + (round * 37 % 997) as usize;
        let answered = kill_after(place, from, answers);
        let db = Database::open(stage.config.clone()).unwrap();
        check(&db, from, &answered);
        db.close();
    }
}

#[test]
fn fifty_kills_in_mid_load_lose_nothing_that_was_answered_on_sqlite() {
    let stage = Stage::sqlite();
    kill_again_and_again(&stage, stage.folder().join("test.db").to_str().unwrap(), 50);
}

#[test]
fn ten_kills_in_mid_load_lose_nothing_that_was_answered_on_postgres() {
    if let Some(stage) = Stage::postgres() {
        kill_again_and_again(&stage, stage.address(), 10);
    }
}

/// The system refuses to let the log grow, in the middle of a batch: the batch is refused as a whole.
#[test]
fn a_log_that_can_not_grow_loses_nothing_that_was_answered() {
    let stage = Stage::sqlite();
    stage.open().close();
    for (round, half_kib) in [400, 700, 1_000, 1_300].into_iter().enumerate() {
        let from = round as i64 * 1_000_000;
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\""])
            .arg(half_kib.to_string())
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "kill::the_child_writes_and_says_what_was_answered", "--nocapture"])
            .env(WHERE, stage.folder().join("test.db"))
            .env(FROM, from.to_string())
            .env(ROOMY, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let answered = answered(&mut child, usize::MAX);
        assert!(!child.wait().unwrap().success(), "the log grew beyond its limit");
        let db = Database::open(stage.config.clone()).unwrap();
        check(&db, from, &answered);
        db.close();
    }
}

#[test]
#[should_panic(expected = "answered and gone")]
fn the_check_finds_an_answer_that_was_lost() {
    let stage = Stage::sqlite();
    let db = stage.open();
    check(&db, 0, &[5]);
}
