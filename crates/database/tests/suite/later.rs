//! Statements queued for the end of a write.

use database::{Engine, Error, Read, Sql, owned_params};

use crate::stage::*;

const UPSERT: Sql = Sql::both("INSERT INTO counters (id, total) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");
const SELECT: Sql = Sql::both("SELECT 1");

both_engines! {
    fn queued_statements_run_at_the_end_and_in_one_round_trip_where_that_counts(stage: Stage) {
        let db = stage.open();
        let write = queue(&db, |tx| {
            tx.later(&THING_INSERT, owned_params![1, "one"])?;
            for n in 0..4 {
                tx.later(&FACT_INSERT, owned_params![1, n])?;
            }
            tx.later(&UPSERT, owned_params![7, 70])?;
            tx.later_update(&COUNTER_ADD, owned_params![1, 5])?;
            tx.later(&THING_INSERT, owned_params![2, "two"])?;
            tx.query(&THING_IDS, [], first_int)
        });
        assert_eq!(write.answer().unwrap(), [0; 0], "nothing of it was there inside the closure");
        let statements = if db.engine() == Engine::Postgres { 2 } else { 9 };
        assert_eq!(db.statistics().last_write_statements, statements);
        assert_eq!(thing_ids(&db), [1, 2]);
        assert_eq!((counter(&db, 1), counter(&db, 7)), (5, 70));
    }

    fn the_same_shape_again_uses_other_values(stage: Stage) {
        let db = stage.open();
        for id in 1..4 {
            let write = queue(&db, move |tx| {
                tx.later(&THING_INSERT, owned_params![id, "any"])?;
                tx.later(&FACT_INSERT, owned_params![id, id * 10])
            });
            write.answer().unwrap();
        }
        assert_eq!(thing_ids(&db), [1, 2, 3]);
    }

    fn more_than_one_composed_statement_holds_is_split(stage: Stage) {
        let db = stage.open();
        let write = queue(&db, |tx| (0..100).try_for_each(|n| tx.later(&FACT_INSERT, owned_params![1, n])));
        write.answer().unwrap();
        let statements = if db.engine() == Engine::Postgres { 4 } else { 100 };
        assert_eq!(db.statistics().last_write_statements, statements);
    }

    fn a_queued_statement_that_fails_undoes_the_write(stage: Stage) {
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let write = queue(&db, |tx| {
            tx.execute(&COUNTER_ADD, database::params![1, 5])?;
            tx.later(&FACT_INSERT, owned_params![1, 1])?;
            tx.later(&THING_INSERT, owned_params![1, "again"])
        });
        assert!(write.answer().unwrap_err().is_constraint());
        assert_eq!(counter(&db, 1), 0);
    }

    fn only_inserts_and_one_update_may_be_queued(stage: Stage) {
        let db = stage.open();
        let not_an_insert = queue(&db, |tx| tx.later(&COUNTER_ADD, owned_params![1, 1]));
        assert!(matches!(not_an_insert.answer(), Err(Error::Misuse(_))));
        let nor_a_select = queue(&db, |tx| tx.later(&SELECT, vec![]));
        assert!(matches!(nor_a_select.answer(), Err(Error::Misuse(_))));
        let two_updates = queue(&db, |tx| {
            tx.later_update(&COUNTER_ADD, owned_params![1, 1])?;
            tx.later_update(&COUNTER_ADD, owned_params![1, 1])
        });
        assert!(matches!(two_updates.answer(), Err(Error::Misuse(_))));
        let swallowed = queue(&db, |tx| {
            let _ = tx.later(&SELECT, vec![]);
            Ok(())
        });
        assert!(matches!(swallowed.answer(), Err(Error::Poisoned(_))));
        assert_eq!(counter(&db, 1), 0);
    }
}
