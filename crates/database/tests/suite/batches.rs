//! What happens to a write when its neighbours in the batch go wrong.

use database::{Error, Priority, Read, params};

use crate::stage::*;

both_engines! {
    fn a_failing_write_fails_alone_and_its_neighbours_commit(stage: Stage) {
        let db = stage.open();
        let gate = Gate::shut(&db);
        let first = insert(&db, 1);
        let duplicate = insert(&db, 1);
        let changed_its_mind = queue(&db, |tx| {
            tx.execute(&THING_INSERT, params_of(50))?;
            Err::<(), _>(Error::Other("second thoughts".to_owned()))
        });
        let last = insert(&db, 2);
        gate.open();

        assert_eq!(first.answer().unwrap(), 1);
        assert!(duplicate.answer().unwrap_err().is_constraint());
        assert!(changed_its_mind.answer().unwrap_err().to_string().contains("second thoughts"));
        assert_eq!(last.answer().unwrap(), 1);
        assert_eq!(thing_ids(&db), [1, 2]);
        assert_eq!(db.statistics().reruns, 1);
        assert_eq!((db.statistics().writes, db.statistics().failed_writes), (3, 2), "the gate, 1 and 2; two failed");
    }

    fn a_runtime_answers_a_batch_and_those_who_ask_after_its_end(stage: Stage) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        let mut stage = stage;
        stage.config.runtime = Some(runtime.handle().clone());
        let db = stage.open();
        let gate = Gate::shut(&db);
        let before: Vec<_> = (1..=20).map(|id| insert(&db, id)).collect();
        gate.open();
        before.into_iter().for_each(|queued| assert_eq!(queued.answer().unwrap(), 1));

        runtime.shutdown_background();
        let gate = Gate::shut(&db);
        let after: Vec<_> = (21..=40).map(|id| insert(&db, id)).collect();
        gate.open();
        after.into_iter().for_each(|queued| assert_eq!(queued.answer().unwrap(), 1));
        assert_eq!(thing_ids(&db), (1..=40).collect::<Vec<_>>());
    }

    fn a_panicking_write_fails_alone_and_its_neighbours_commit(stage: Stage) {
        let db = stage.open();
        let gate = Gate::shut(&db);
        let first = insert(&db, 1);
        let panicking = queue(&db, |tx| {
            tx.execute(&THING_INSERT, params_of(50))?;
            if tx.query_row(&THING_IDS, [], first_int)?.is_some() {
                panic!("a slip");
            }
            Ok(())
        });
        let last = insert(&db, 2);
        gate.open();

        assert!(first.answer().is_ok());
        assert!(matches!(panicking.answer(), Err(Error::Panicked(why)) if why == "a slip"));
        assert!(last.answer().is_ok());
        assert_eq!(thing_ids(&db), [1, 2]);
        assert!(insert(&db, 3).answer().is_ok(), "and the writer lives on");
    }

    fn a_panic_while_a_row_is_being_read_leaves_the_connection_in_order(stage: Stage) {
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let panicking = queue(&db, |tx| tx.query(&THING_IDS, [], |_| -> Result<(), Error> { panic!("in a row") }));
        assert!(matches!(panicking.answer(), Err(Error::Panicked(_))));
        assert!(insert(&db, 2).answer().is_ok());
        assert_eq!(thing_ids(&db), [1, 2]);
    }

    fn a_swallowed_failed_statement_can_not_commit(stage: Stage) {
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let swallowing = queue(&db, |tx| {
            let _ = tx.execute(&THING_INSERT, params_of(1));
            let second = tx.execute(&THING_INSERT, params_of(2));
            assert!(matches!(second, Err(Error::Poisoned(_))), "nothing more is done after a failure");
            Ok(())
        });
        assert!(matches!(swallowing.answer(), Err(Error::Poisoned(_))));

        let swallowing_last = queue(&db, |tx| {
            tx.execute(&THING_INSERT, params_of(3))?;
            let _ = tx.execute(&THING_INSERT, params_of(1));
            Ok(())
        });
        assert!(matches!(swallowing_last.answer(), Err(Error::Poisoned(_))));
        assert_eq!(thing_ids(&db), [1]);
    }

    fn a_refusal_that_wrote_nothing_costs_its_neighbours_no_second_run(stage: Stage) {
        let db = stage.open();
        let gate = Gate::shut(&db);
        let first = insert(&db, 1);
        let refusing = queue(&db, |tx| {
            let known = tx.query(&THING_IDS, [], first_int)?;
            Err::<(), _>(Error::Other(format!("refused after seeing {known:?}")))
        });
        gate.open();
        assert!(first.answer().is_ok());
        assert!(refusing.answer().unwrap_err().to_string().contains("[1]"));
        assert_eq!(db.statistics().reruns, 0);
    }

    fn a_write_reads_what_it_wrote_and_what_came_before_it_in_the_batch(stage: Stage) {
        let db = stage.open();
        let gate = Gate::shut(&db);
        let first = insert(&db, 1);
        let second = queue(&db, |tx| {
            tx.execute(&THING_INSERT, params_of(2))?;
            tx.query(&THING_IDS, [], first_int)
        });
        gate.open();
        first.answer().unwrap();
        assert_eq!(second.answer().unwrap(), [1, 2]);
        assert_eq!(db.statistics().batches, 2, "the gate, and the two together");
    }

    fn transactions_are_not_the_closures_to_end(stage: Stage) {
        const COMMIT: database::Sql = database::Sql::both(" commit");
        let db = stage.open();
        let ending = queue(&db, |tx| {
            tx.execute(&THING_INSERT, params_of(1))?;
            tx.execute(&COMMIT, [])
        });
        assert!(matches!(ending.answer(), Err(Error::Misuse(_))));
        assert_eq!(thing_ids(&db), [0; 0]);
    }

    fn a_write_whose_caller_went_away_happens_all_the_same(stage: Stage) {
        let db = stage.open();
        let gate = Gate::shut(&db);
        drop(insert(&db, 1));
        gate.open();
        insert(&db, 2).answer().unwrap();
        assert_eq!(thing_ids(&db), [1, 2]);
    }

    fn closing_finishes_what_is_queued_and_takes_nothing_new(stage: Stage) {
        let db = stage.open();
        let gate = Gate::shut(&db);
        let queued: Vec<_> = (0..300).map(|id| insert(&db, id)).collect();
        let closing = std::thread::spawn({
            let db = db.clone();
            move || db.close()
        });
        gate.open();
        closing.join().unwrap();
        for write in queued {
            write.answer().unwrap();
        }
        assert!(matches!(insert(&db, 1000).answer(), Err(Error::Closed)));
        let read = db.read_blocking(|view| view.query(&THING_IDS, [], first_int));
        assert!(matches!(read, Err(Error::Closed)));
        assert_eq!(thing_ids(&stage.open()), (0..300).collect::<Vec<_>>());
    }

    fn a_changing_statement_is_run_to_its_end_whatever_is_read_of_it(stage: Stage) {
        const RETURNING: database::Sql =
            database::Sql::both("UPDATE counters SET total = total + $1 RETURNING total");
        let db = stage.open();
        let first = queue(&db, |tx| tx.query_row(&RETURNING, params![5], first_int));
        assert_eq!(first.answer().unwrap(), Some(5));
        assert_eq!((counter(&db, 1), counter(&db, 2)), (5, 5));
    }

    fn a_foreign_key_is_checked_even_when_only_one_returned_row_is_read(stage: Stage) {
        const TABLES: &str = "CREATE TABLE parents (id BIGINT PRIMARY KEY);
            CREATE TABLE children (id BIGINT PRIMARY KEY, parent_id BIGINT NOT NULL REFERENCES parents (id));";
        const CHILD: database::Sql =
            database::Sql::both("INSERT INTO children (id, parent_id) VALUES ($1, $2), ($1 + 1, $2) RETURNING id");
        let db = stage.open();
        let family = database::Migration { version: 2, name: "family", sqlite: TABLES, postgres: TABLES };
        db.migrate(&[THINGS[0], family]).unwrap();
        let orphan = queue(&db, |tx| tx.query_row(&CHILD, params![1, 7], first_int));
        assert!(orphan.answer().unwrap_err().is_constraint());
    }

    fn writes_of_one_key_happen_one_after_the_other_in_the_order_they_were_queued(stage: Stage) {
        const COUNT: database::Sql = database::Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM things");
        let db = stage.open();
        // More than a batch holds, between writes of other keys.
        let writes: Vec<_> = (0..300)
            .map(|id| {
                drop(queue_as(&db, 2 + id % 7, Priority::Foreground, |tx| tx.execute(&COUNTER_ADD, params![1, 1])));
                queue(&db, move |tx| {
                    let before = tx.query_row(&COUNT, [], first_int)?;
                    tx.execute(&THING_INSERT, params_of(id)).map(|_| before)
                })
            })
            .collect();
        for (id, write) in writes.into_iter().enumerate() {
            assert_eq!(write.answer().unwrap(), Some(id as i64));
        }
    }
}
