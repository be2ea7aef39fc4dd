//! A connection cut in COMMIT neither doubles nor lies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use database::{Database, Error, Location, params};

use crate::proxy::{Cut, Proxy};
use crate::stage::*;

struct Wire {
    proxy: Proxy,
    db: Database,
    runs: Arc<AtomicU32>,
}

fn wired(stage: &mut Stage) -> Wire {
    let direct = stage.address().to_owned();
    stage.open().close();
    let proxy = Proxy::to(&direct);
    stage.config.location = Location::Postgres(proxy.address(&direct));
    stage.config.lanes = 1;
    let db = Database::open(stage.config.clone()).unwrap();
    Wire { proxy, db, runs: Arc::default() }
}

/// Adds 1 to a counter: a write that is done twice, or not at all, shows.
fn add_one(wire: &Wire) -> Queued<u64> {
    let runs = wire.runs.clone();
    queue(&wire.db, move |tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        tx.execute(&COUNTER_ADD, params![1, 1])
    })
}

fn cut_story(cut: Cut, runs_expected: u32) {
    let Some(mut stage) = Stage::postgres() else { return };
    let wire = wired(&mut stage);
    add_one(&wire).answer().unwrap();
    wire.proxy.arm(cut);
    assert_eq!(add_one(&wire).answer().unwrap(), 1, "{cut:?}");
    assert!(wire.proxy.has_cut());
    assert_eq!(counter(&wire.db, 1), 2, "{cut:?}: once each");
    assert_eq!(wire.runs.load(Ordering::SeqCst), 1 + runs_expected);
    add_one(&wire).answer().unwrap();
    assert_eq!(counter(&wire.db, 1), 3);
}

#[test]
fn a_commit_cut_before_the_server_got_it_is_run_again() {
    cut_story(Cut::BeforeServer, 2);
}

#[test]
fn a_commit_cut_while_the_server_notices_nothing_is_ended_there_and_run_again() {
    cut_story(Cut::BeforeServerUnseen, 2);
}

#[test]
fn a_commit_cut_after_the_server_did_it_is_not_run_again() {
    cut_story(Cut::AfterServer, 1);
}

#[test]
fn several_writes_in_one_cut_commit_are_all_answered_truly() {
    for cut in [Cut::BeforeServer, Cut::AfterServer] {
        let Some(mut stage) = Stage::postgres() else { return };
        let wire = wired(&mut stage);
        let gate = Gate::shut(&wire.db);
        let writes: Vec<_> = (0..10).map(|_| add_one(&wire)).collect();
        gate.open();
        writes.into_iter().for_each(|write| assert_eq!(write.answer().unwrap(), 1));
        let gate = Gate::shut(&wire.db);
        let writes: Vec<_> = (0..10).map(|_| add_one(&wire)).collect();
        // The gate's own commit comes first, so the wire is armed behind it.
        let arming = queue(&wire.db, |_| Ok(()));
        gate.open();
        arming.answer().unwrap();
        writes.into_iter().for_each(|write| assert_eq!(write.answer().unwrap(), 1));
        wire.proxy.arm(cut);
        let cut_writes: Vec<_> = (0..10).map(|_| add_one(&wire)).collect();
        cut_writes.into_iter().for_each(|write| assert_eq!(write.answer().unwrap(), 1));
        assert!(wire.proxy.has_cut());
        assert_eq!(counter(&wire.db, 1), 30, "{cut:?}");
    }
}

#[test]
fn when_nobody_can_be_asked_the_answer_is_that_nobody_knows() {
    let Some(mut stage) = Stage::postgres() else { return };
    stage.config.settle_wait_max = Duration::from_millis(300);
    stage.config.unavailable_wait_max = Duration::from_millis(300);
    let direct = stage.address().to_owned();
    let wire = wired(&mut stage);
    add_one(&wire).answer().unwrap();
    wire.proxy.refuse(true);
    wire.proxy.arm(Cut::AfterServer);
    let error = add_one(&wire).answer().unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error}");
    assert!(!error.is_retryable(), "doing it again might do it twice");
    let row = admin_client(&direct).query_one("SELECT total FROM counters WHERE id = 1", &[]).unwrap();
    assert_eq!(row.get::<_, i64>(0), 2, "it had happened");
}

#[test]
fn while_the_server_is_away_writes_say_so_and_then_go_on() {
    let Some(mut stage) = Stage::postgres() else { return };
    stage.config.unavailable_wait_max = Duration::from_millis(200);
    stage.config.settle_wait_max = Duration::from_millis(200);
    let wire = wired(&mut stage);
    add_one(&wire).answer().unwrap();
    wire.proxy.refuse(true);
    wire.proxy.arm(Cut::BeforeServer);
    let away = add_one(&wire).answer().unwrap_err();
    assert!(matches!(away, Error::Unknown(_) | Error::Unavailable(_)), "{away}");
    let still_away = add_one(&wire).answer().unwrap_err();
    assert!(matches!(still_away, Error::Unavailable(_)) && still_away.is_retryable(), "{still_away}");
    wire.proxy.refuse(false);
    loop {
        // For half a second after a failure a lane doesn't try; then it does.
        match add_one(&wire).answer() {
            Ok(_) => break,
            Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error}"),
        }
        std::thread::yield_now();
    }
    assert_eq!(counter(&wire.db, 1), 2);
}
