//! Bounded queues, and the share of those nobody waits for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use database::{Error, Priority};

use crate::stage::*;

both_engines! {
    fn a_full_queue_says_busy_at_once_and_the_other_queue_is_not_full_for_it(stage: Stage) {
        stage.config.queue_max = 10;
        let db = stage.open();
        let gate = Gate::shut(&db);
        let foreground: Vec<_> = (0..10).map(|id| insert(&db, id)).collect();
        let refused = insert(&db, 99).answer().unwrap_err();
        assert!(refused.is_busy() && refused.is_retryable());

        let behind = |id| queue_as(&db, 1, Priority::Background, move |tx| tx.execute(&THING_INSERT, params_of(id)));
        let background: Vec<_> = (10..20).map(behind).collect();
        assert!(behind(99).answer().unwrap_err().is_busy());
        assert_eq!((db.statistics().foreground_queued, db.statistics().background_queued), (10, 10));
        gate.open();
        foreground.into_iter().chain(background).for_each(|write| assert_eq!(write.answer().unwrap(), 1));
        assert_eq!(thing_ids(&db), (0..20).collect::<Vec<_>>());
    }

    fn too_many_waiting_reads_are_refused(stage: Stage) {
        (stage.config.readers, stage.config.reads_max) = (1, 1);
        let db = stage.open();
        let (entered, inside) = mpsc::channel();
        let (open, opened) = mpsc::channel::<()>();
        let blocked = std::thread::spawn({
            let db = db.clone();
            move || db.read_blocking(move |_| {
                entered.send(()).unwrap();
                let _ = opened.recv();
                Ok::<_, Error>(())
            })
        });
        inside.recv().unwrap();
        let reader = db.clone();
        let waiting = std::thread::spawn(move || thing_ids(&reader));
        while db.statistics().reads_queued == 0 {
            std::thread::yield_now();
        }
        assert!(matches!(db.read_blocking(|_| Ok::<_, Error>(())), Err(Error::Busy)));
        drop(open);
        blocked.join().unwrap().unwrap();
        assert_eq!(waiting.join().unwrap(), [0; 0]);
    }

    fn background_work_moves_under_full_foreground_load(stage: Stage) {
        // 2,048 callers and batches of 16: the foreground alone always fills the next hundred batches.
        stage.config.batch_max = 16;
        let db = stage.open();
        let (stop, foreground) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        for _ in 0..2048 {
            let (db, stop, done) = (db.clone(), stop.clone(), foreground.clone());
            runtime.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let write = db.write(1, Priority::Foreground, |tx| {
                        tx.execute(&COUNTER_ADD, database::params![1, 1])
                    });
                    write.await.map_err(|error: Error| error).unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while db.statistics().foreground_queued < 100 {
            std::thread::yield_now();
        }
        let before = foreground.load(Ordering::Relaxed);
        let behind = async {
            for id in 0..20 {
                let write = db.write(1, Priority::Background, move |tx| tx.execute(&THING_INSERT, params_of(id)));
                write.await.map_err(|error: Error| error).unwrap();
                assert!(db.statistics().foreground_queued > 16, "the foreground load is still full");
            }
        };
        let moved = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), behind).await });
        stop.store(true, Ordering::Relaxed);
        assert!(moved.is_ok(), "20 background writes took longer than 30 s");
        assert!(foreground.load(Ordering::Relaxed) > before, "while the foreground went on");
    }
}

#[test]
fn the_log_of_a_busy_writer_stays_small() {
    const PAGE_BYTES: u64 = 4096 + 24;
    let mut stage = Stage::sqlite();
    stage.config.checkpoint_pages = 50;
    let db = stage.open();
    let mut longest = 0;
    for round in 0..300 {
        let writes: Vec<_> = (0..20).map(|n| insert(&db, round * 20 + n)).collect();
        writes.into_iter().for_each(|write| assert_eq!(write.answer().unwrap(), 1));
        longest = longest.max(stage.folder().join("test.db-wal").metadata().unwrap().len());
    }
    assert!(longest < 5 * 50 * PAGE_BYTES, "the log grew to {longest} bytes");
    let moved = stage.folder().join("test.db").metadata().unwrap().len();
    assert!(moved > 100 * 1024, "most of it is in the database: {moved} bytes");
}
