//! A full database, after which SQLite ends the transaction by itself in the middle of a batch; and a locked one.

use database::{Error, Sql, params};

use crate::stage::*;

const BIG: Sql = Sql::both("INSERT INTO things (id, name, data) VALUES ($1, 'big', $2)");

fn nearly_full() -> Stage {
    let mut stage = Stage::sqlite();
    stage.open().close();
    stage.config.sqlite_extra_pragmas = "PRAGMA max_page_count = 30".to_owned();
    stage
}

#[test]
fn a_database_that_fills_up_in_mid_batch_fails_the_whole_batch_and_keeps_nothing_of_it() {
    let stage = nearly_full();
    let db = stage.open();
    insert(&db, 1).answer().unwrap();
    let gate = Gate::shut(&db);
    let before = insert(&db, 2);
    let too_big = queue(&db, |tx| tx.execute(&BIG, params![3, vec![1_u8; 400_000]]));
    let after: Vec<_> = (4..20).map(|id| insert(&db, id)).collect();
    gate.open();

    assert!(matches!(before.answer(), Err(Error::Full(_))));
    assert!(matches!(too_big.answer(), Err(Error::Full(_))));
    for write in after {
        let error = write.answer().unwrap_err();
        assert!(matches!(error, Error::Full(_)) && error.is_retryable());
    }
    assert_eq!(thing_ids(&db), [1], "only what was answered before");
    insert(&db, 20).answer().expect("small writes fit again");
    assert_eq!(thing_ids(&db), [1, 20]);
}

#[test]
fn a_full_database_met_while_finding_another_culprit_also_fails_the_whole_batch() {
    let stage = nearly_full();
    let db = stage.open();
    let gate = Gate::shut(&db);
    let duplicate = queue(&db, |tx| {
        tx.execute(&THING_INSERT, params_of(1))?;
        tx.execute(&THING_INSERT, params_of(1))
    });
    let before = insert(&db, 2);
    let too_big = queue(&db, |tx| tx.execute(&BIG, params![3, vec![1_u8; 400_000]]));
    let after = insert(&db, 4);
    gate.open();

    assert!(duplicate.answer().unwrap_err().is_constraint());
    for write in [before, too_big, after] {
        assert!(matches!(write.answer(), Err(Error::Full(_))));
    }
    assert_eq!(thing_ids(&db), [0; 0]);
}

#[test]
fn deleting_makes_room_again() {
    const DELETE: Sql = Sql::both("DELETE FROM things");
    let stage = nearly_full();
    let db = stage.open();
    let mut id = 0;
    let full = loop {
        id += 1;
        if let Err(error) = queue(&db, move |tx| tx.execute(&BIG, params![id, vec![1_u8; 10_000]])).answer() {
            break error;
        }
    };
    assert!(matches!(full, Error::Full(_)));
    assert!(id > 2, "some fitted");
    queue(&db, |tx| tx.execute(&DELETE, [])).answer().expect("deleting works in a full database");
    queue(&db, |tx| tx.execute(&BIG, params![1, vec![1_u8; 10_000]])).answer().expect("and makes room");
}

#[test]
fn a_database_locked_by_another_program_is_unavailable_and_then_available_again() {
    let mut stage = Stage::sqlite();
    stage.config.unavailable_wait_max = std::time::Duration::from_millis(50);
    let db = stage.open();
    let other = rusqlite::Connection::open(stage.folder().join("test.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = insert(&db, 1).answer().unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)) && error.is_retryable(), "{error}");
    assert_eq!(thing_ids(&db), [0; 0], "reading goes on meanwhile");
    other.execute_batch("ROLLBACK").unwrap();
    insert(&db, 1).answer().expect("the lock is gone");
}
