//! Reads see one moment, and change nothing.

use std::sync::mpsc;

use database::{Error, Read, Sql, params};

use crate::stage::*;

both_engines! {
    fn one_read_sees_one_moment_while_writes_go_on(stage: Stage) {
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let writer = db.clone();
        let read = db.read_blocking(move |view| {
            let before = view.query(&THING_IDS, [], first_int)?;
            insert(&writer, 2).answer()?;
            let after = view.query(&THING_IDS, [], first_int)?;
            Ok::<_, Error>((before, after))
        });
        assert_eq!(read.unwrap(), (vec![1], vec![1]));
        assert_eq!(thing_ids(&db), [1, 2], "the next read sees it");
    }

    fn a_read_can_not_write(stage: Stage) {
        const DELETE: Sql = Sql::both("DELETE FROM things RETURNING id");
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let read = db.read_blocking(|view| view.query(&DELETE, [], first_int));
        assert!(read.is_err());
        assert_eq!(thing_ids(&db), [1]);
    }

    fn a_read_that_panics_or_fails_hurts_nobody(stage: Stage) {
        stage.config.readers = 1;
        let db = stage.open();
        let panicking = db.read_blocking(|_| -> Result<(), Error> { panic!("while reading") });
        assert!(matches!(panicking, Err(Error::Panicked(_))));
        const NONSENSE: Sql = Sql::both("SELECT * FROM nowhere");
        let failing = db.read_blocking(|view| view.query(&NONSENSE, [], first_int));
        assert!(matches!(failing, Err(Error::Other(_))));
        assert_eq!(thing_ids(&db), [0; 0]);
    }

    fn reads_go_on_beside_each_other_and_beside_a_long_write(stage: Stage) {
        stage.config.readers = 2;
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let gate = Gate::shut(&db);
        let (send, receive) = mpsc::channel();
        let inner = db.clone();
        let ids = db.read_blocking(move |_| {
            send.send(thing_ids(&inner)).unwrap();
            Ok::<_, Error>(receive.recv().unwrap())
        });
        assert_eq!(ids.unwrap(), [1]);
        gate.open();
    }

    fn the_first_row_is_all_that_is_asked_for(stage: Stage) {
        let db = stage.open();
        for id in 1..4 {
            insert(&db, id).answer().unwrap();
        }
        const ABOVE: Sql = Sql::both("SELECT id FROM things WHERE id > $1 ORDER BY id");
        let read = db.read_blocking(|view| {
            let some = view.query_row(&ABOVE, params![1], first_int)?;
            let none = view.query_row(&ABOVE, params![3], first_int)?;
            Ok::<_, Error>((some, none))
        });
        assert_eq!(read.unwrap(), (Some(2), None));
    }
}

/// More than the system's part of the engine writes at once, in pieces of every length around that.
#[test]
fn large_commits_are_read_whole_and_after_a_restart() {
    const BIG: Sql = Sql::both("INSERT INTO things (id, name, data) VALUES ($1, 'big', $2)");
    const LENGTHS: Sql = Sql::both("SELECT CAST(LENGTH(data) AS BIGINT) FROM things ORDER BY id");
    let stage = Stage::sqlite();
    let lengths: Vec<i64> = (0..40).map(|step| 90_000 + step * 4_096).chain([3_000_000]).collect();
    let db = stage.open();
    for (id, length) in lengths.iter().enumerate() {
        let (id, data) = (id as i64, vec![b'x'; *length as usize]);
        queue(&db, move |tx| tx.execute(&BIG, params![id, data.clone()])).answer().unwrap();
    }
    let read = |db: &database::Database| {
        db.read_blocking(|view| view.query(&LENGTHS, [], first_int)).map_err(|error: database::Error| error).unwrap()
    };
    assert_eq!(read(&db), lengths);
    db.close();
    assert_eq!(read(&stage.open()), lengths);
}
