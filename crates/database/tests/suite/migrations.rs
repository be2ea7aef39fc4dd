//! Schemas move forward, as a whole, once.

use std::sync::{Arc, Barrier};

use database::{Config, Database, Error, Location, Migrated, Migration, Priority, Read, Sql, params};

use crate::stage::*;

const fn step(version: i64, name: &'static str, text: &'static str) -> Migration {
    Migration { version, name, sqlite: text, postgres: text }
}

const SECOND: Migration = step(2, "colours", "CREATE TABLE colours (id BIGINT PRIMARY KEY); DELETE FROM things;");

fn things_and(more: &[Migration]) -> Vec<Migration> {
    [THINGS, more].concat()
}

both_engines! {
    fn migrations_are_applied_once_and_in_order(stage: Stage) {
        let db = Database::open(stage.config.clone()).unwrap();
        assert_eq!(db.migrate(THINGS).unwrap(), Migrated { from: 0, to: 1, applied: 1 });
        insert(&db, 1).answer().unwrap();
        assert_eq!(db.migrate(THINGS).unwrap(), Migrated { from: 1, to: 1, applied: 0 });
        assert_eq!(db.migrate(&things_and(&[SECOND])).unwrap(), Migrated { from: 1, to: 2, applied: 1 });
        assert_eq!(thing_ids(&db), [0; 0]);
    }

    fn an_older_program_refuses_a_newer_schema_and_names_both_versions(stage: Stage) {
        let db = stage.open();
        db.migrate(&things_and(&[SECOND])).unwrap();
        let refused = db.migrate(THINGS).unwrap_err();
        assert!(matches!(refused, Error::NewerSchema { found: 2, known: 1 }));
        assert!(refused.to_string().contains("version 2") && refused.to_string().contains("up to 1"));
    }

    fn a_migration_that_fails_leaves_nothing_of_itself(stage: Stage) {
        let db = stage.open();
        insert(&db, 1).answer().unwrap();
        let broken = step(3, "broken", "DELETE FROM things; CREATE TABLE half (id BIGINT); INSERT INTO nowhere VALUES (1)");
        let why = db.migrate(&things_and(&[step(2, "fine", "CREATE TABLE fine (id BIGINT)"), broken])).unwrap_err();
        assert!(why.to_string().contains("migration 3 (broken)"), "{why}");
        assert_eq!(thing_ids(&db), [1]);
        let repaired = step(3, "repaired", "CREATE TABLE half (id BIGINT)");
        let migrated = db.migrate(&things_and(&[step(2, "fine", ""), repaired])).unwrap();
        assert_eq!(migrated, Migrated { from: 2, to: 3, applied: 1 });
    }

    fn two_nodes_that_start_at_once_apply_each_migration_once(stage: Stage) {
        const MANY: [Migration; 4] = [
            step(2, "a", "CREATE TABLE a (id BIGINT); UPDATE counters SET total = total + 1"),
            step(3, "b", "CREATE TABLE b (id BIGINT); UPDATE counters SET total = total + 1"),
            step(4, "c", "CREATE TABLE c (id BIGINT); UPDATE counters SET total = total + 1"),
            step(5, "d", "CREATE TABLE d (id BIGINT); UPDATE counters SET total = total + 1"),
        ];
        let start = Arc::new(Barrier::new(4));
        let nodes: Vec<_> = (0..4).map(|_| {
            let (config, start) = (stage.config.clone(), start.clone());
            std::thread::spawn(move || {
                let db = Database::open(config).unwrap();
                start.wait();
                db.migrate(&things_and(&MANY)).map(|migrated| (migrated.to, migrated.applied))
            })
        }).collect();
        let done: Vec<_> = nodes.into_iter().map(|node| node.join().unwrap().unwrap()).collect();
        assert!(done.iter().all(|(to, _)| *to == 5), "{done:?}");
        assert_eq!(done.iter().map(|(_, applied)| applied).sum::<usize>(), 5, "{done:?}");
        assert_eq!(counter(&Database::open(stage.config.clone()).unwrap(), 1), 4);
    }

    fn versions_that_do_not_ascend_are_refused(stage: Stage) {
        let db = Database::open(stage.config.clone()).unwrap();
        assert!(matches!(db.migrate(&[SECOND, SECOND]), Err(Error::Misuse(_))));
        assert!(matches!(db.migrate(&[step(0, "none", "")]), Err(Error::Misuse(_))));
    }

    fn a_database_lives_and_dies_inside_an_asynchronous_runtime(stage: Stage) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let config = stage.config.clone();
        let life = runtime.spawn(async move {
            let db = Database::open(config)?;
            db.migrate(THINGS)?;
            db.write(1, Priority::Foreground, |tx| tx.execute(&THING_INSERT, params_of(1))).await?;
            let ids = db.read(|view| view.query(&THING_IDS, params![], first_int)).await;
            db.close();
            drop(db);
            ids
        });
        assert_eq!(runtime.block_on(life).unwrap().map_err(|error: Error| error).unwrap(), [1]);
    }
}

#[test]
fn an_existing_file_is_backed_up_before_each_migration_and_a_new_one_is_not() {
    let stage = Stage::sqlite();
    let db = stage.open();
    let backup = |version| stage.folder().join(format!("test.db.before-{version:04}.backup"));
    assert!(!backup(1).exists());
    insert(&db, 7).answer().unwrap();
    db.migrate(&things_and(&[SECOND, step(3, "more", "CREATE TABLE more (id BIGINT)")])).unwrap();
    assert!(backup(3).exists());
    let before = Database::open(Config::new(Location::File(backup(2)))).unwrap();
    assert_eq!(thing_ids(&before), [7], "what the migration deleted");
    assert_eq!(before.migrate(THINGS).unwrap(), Migrated { from: 1, to: 1, applied: 0 });
}

#[test]
fn a_backup_is_whole_while_writes_go_on_and_replaces_nothing() {
    let stage = Stage::sqlite();
    let db = stage.open();
    for id in 0..100 {
        insert(&db, id).answer().unwrap();
    }
    let writes: Vec<_> = (100..200).map(|id| insert(&db, id)).collect();
    let path = stage.folder().join("copy.db");
    db.backup_to(&path, &[]).unwrap();
    writes.into_iter().for_each(|write| assert_eq!(write.answer().unwrap(), 1));
    assert!(matches!(db.backup_to(&path, &[]), Err(Error::Misuse(_))));
    let ids = thing_ids(&Database::open(Config::new(Location::File(path))).unwrap());
    assert!(ids.len() >= 100);
    assert_eq!(ids, (0..ids.len() as i64).collect::<Vec<_>>(), "a prefix of what was written");
}

#[test]
fn what_a_backup_leaves_out_is_nowhere_in_its_file() {
    const SECRET: Sql = Sql::both("UPDATE things SET name = 'a secret that stays at home' WHERE id = 1");
    const LEFT_OUT: Sql = Sql::both("DELETE FROM things WHERE name = 'a secret that stays at home'");
    let stage = Stage::sqlite();
    let db = stage.open();
    insert(&db, 1).answer().unwrap();
    db.write_blocking(1, Priority::Foreground, |tx| tx.execute(&SECRET, []).map(drop)).unwrap();
    insert(&db, 2).answer().unwrap();
    let holds = |path: &std::path::Path| std::fs::read(path).unwrap().windows(13).any(|some| some == b"stays at home");
    let (whole, without) = (stage.folder().join("whole.db"), stage.folder().join("without.db"));
    db.backup_to(&whole, &[]).unwrap();
    assert!(holds(&whole));
    db.backup_to(&without, &[LEFT_OUT]).unwrap();
    assert!(!holds(&without));
    assert_eq!(thing_ids(&db).len(), 2, "the database has it still");
    assert_eq!(thing_ids(&Database::open(Config::new(Location::File(without))).unwrap()), [2]);
}

#[test]
fn a_folder_that_is_not_there_and_an_address_that_is_none_are_said_at_opening() {
    let nowhere = Config::new(Location::File("/nowhere/at/all.db".into()));
    assert!(matches!(Database::open(nowhere), Err(Error::Unavailable(_))));
    let nonsense = Config::new(Location::Postgres("port=many".to_owned()));
    assert!(matches!(Database::open(nonsense), Err(Error::Misuse(_))));
    let nobody = Config::new(Location::Postgres("host=127.0.0.1 port=1 user=nobody".to_owned()));
    assert!(matches!(Database::open(nobody), Err(Error::Unavailable(_))));
}
