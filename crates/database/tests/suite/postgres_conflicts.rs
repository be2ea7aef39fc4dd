//! Writes that lose against others, or lose their connection, are run again and come out right.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use database::{Database, Error, Location, Priority, Read, Sql, params};

use crate::stage::*;

const BACKEND: Sql = Sql::both("SELECT pg_backend_pid()");

/// Meets the other write at `barrier`, in its first run only.
fn meet(runs: &AtomicU32, barrier: &Barrier) {
    if runs.fetch_add(1, Ordering::SeqCst) == 0 {
        barrier.wait();
    }
}

#[test]
fn a_deadlock_is_run_again() {
    let Some(stage) = Stage::postgres() else { return };
    let db = stage.open();
    let barrier = Arc::new(Barrier::new(2));
    let crossing = |key, first: i64, second: i64| {
        let (barrier, runs) = (barrier.clone(), AtomicU32::new(0));
        queue_as(&db, key, Priority::Foreground, move |tx| {
            tx.execute(&COUNTER_ADD, params![first, 1])?;
            meet(&runs, &barrier);
            tx.execute(&COUNTER_ADD, params![second, 1])
        })
    };
    let (one, other) = (crossing(1, 1, 2), crossing(2, 2, 1));
    assert_eq!((one.answer().unwrap(), other.answer().unwrap()), (1, 1));
    assert_eq!((counter(&db, 1), counter(&db, 2)), (2, 2));
    assert!(db.statistics().reruns >= 1, "there was a deadlock");
}

#[test]
fn a_serialization_failure_is_run_again() {
    let Some(mut stage) = Stage::postgres() else { return };
    stage.open().close();
    // As an operator might have set it; what the crate runs is the same.
    stage.config.location = Location::Postgres(stage.address_with("-c default_transaction_isolation=serializable"));
    let db = Database::open(stage.config.clone()).unwrap();

    let barrier = Arc::new(Barrier::new(2));
    let one_more_than = |key, read: i64, write: i64| {
        let (barrier, runs) = (barrier.clone(), AtomicU32::new(0));
        queue_as(&db, key, Priority::Foreground, move |tx| {
            let other = tx.query_row(&COUNTER, params![read], first_int)?.unwrap_or_default();
            meet(&runs, &barrier);
            tx.execute(&COUNTER_ADD, params![write, other + 1])
        })
    };
    let (one, other) = (one_more_than(1, 1, 2), one_more_than(2, 2, 1));
    assert_eq!((one.answer().unwrap(), other.answer().unwrap()), (1, 1));
    let totals = (counter(&db, 1), counter(&db, 2));
    assert!([(1, 2), (2, 1)].contains(&totals), "as if one came after the other: {totals:?}");
    assert!(db.statistics().reruns >= 1, "they did collide");
}

#[test]
fn a_session_ended_between_two_writes_is_not_noticed_by_the_second() {
    let Some(stage) = Stage::postgres() else { return };
    let db = stage.open();
    let backend = queue(&db, |tx| tx.query_row(&BACKEND, [], first_int)).answer().unwrap().unwrap();
    end_session(&stage, backend);
    assert_eq!(insert(&db, 1).answer().unwrap(), 1);
    assert_eq!(thing_ids(&db), [1]);
}

#[test]
fn a_session_ended_in_the_middle_of_a_write_is_not_noticed_either() {
    let Some(stage) = Stage::postgres() else { return };
    let db = stage.open();
    let (say, heard) = mpsc::channel();
    let (ended, go_on) = mpsc::channel::<()>();
    let (say, go_on) = (Mutex::new(Some(say)), Mutex::new(go_on));
    let write = queue(&db, move |tx| {
        tx.execute(&THING_INSERT, params_of(1))?;
        if let Some(say) = say.lock().unwrap().take() {
            say.send(tx.query_row(&BACKEND, [], first_int)?.unwrap()).unwrap();
            let _ = go_on.lock().unwrap().recv();
        }
        tx.execute(&THING_INSERT, params_of(2))
    });
    end_session(&stage, heard.recv().unwrap());
    drop(ended);
    assert_eq!(write.answer().unwrap(), 1);
    assert_eq!(thing_ids(&db), [1, 2]);
}

#[test]
fn a_reader_whose_session_was_ended_reads_on() {
    let Some(mut stage) = Stage::postgres() else { return };
    stage.config.readers = 1;
    let db = stage.open();
    let backend = db.read_blocking(|view| view.query_row(&BACKEND, [], first_int));
    end_session(&stage, backend.map_err(|error: Error| error).unwrap().unwrap());
    assert_eq!(thing_ids(&db), [0; 0]);
}

#[test]
fn a_schema_that_changed_under_prepared_statements_is_met_by_running_again() {
    const ALL: Sql = Sql::both("SELECT * FROM things");
    let Some(stage) = Stage::postgres() else { return };
    let db = stage.open();
    let write = |db: &Database| queue(db, |tx| tx.query(&ALL, [], first_int)).answer();
    write(&db).unwrap();
    admin(stage.address(), "ALTER TABLE things ADD COLUMN more BIGINT");
    assert_eq!(write(&db).unwrap(), [0; 0]);
}

/// Ends a session and waits until it is gone.
fn end_session(stage: &Stage, backend: i64) {
    let mut client = admin_client(stage.address());
    let backend = i32::try_from(backend).unwrap();
    client.execute("SELECT pg_terminate_backend($1, 10000)", &[&backend]).unwrap();
}
