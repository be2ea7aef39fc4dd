//! Hints follow a commit, and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use database::Error;
use tokio::sync::Notify;

use crate::stage::*;

fn is_woken(notify: &Notify) -> bool {
    let mut waiting = std::pin::pin!(notify.notified());
    waiting.as_mut().enable()
}

both_engines! {
    fn hints_come_after_the_commit_and_before_the_answer(stage: Stage) {
        let db = stage.open();
        let notify = Arc::new(Notify::new());
        let (hint, hinted) = mpsc::channel();
        let write = queue(&db, {
            let (notify, hint) = (notify.clone(), Mutex::new(hint));
            move |tx| {
                tx.wake(&notify);
                let hint = hint.lock().unwrap().clone();
                tx.after_commit(move || hint.send(()).unwrap());
                tx.execute(&THING_INSERT, params_of(1))
            }
        });
        hinted.recv().unwrap();
        assert_eq!(thing_ids(&db), [1], "whoever follows the hint sees the committed row");
        write.answer().unwrap();
        assert!(is_woken(&notify));
    }

    fn a_write_that_fails_gives_no_hints_and_one_run_twice_gives_them_once(stage: Stage) {
        let db = stage.open();
        let (failed, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let gate = Gate::shut(&db);
        let neighbour = queue(&db, {
            let done = done.clone();
            move |tx| {
                let done = done.clone();
                tx.after_commit(move || {
                    done.fetch_add(1, Ordering::SeqCst);
                });
                tx.execute(&THING_INSERT, params_of(1))
            }
        });
        let failing = queue(&db, {
            let failed = failed.clone();
            move |tx| {
                tx.wake(&failed);
                tx.execute(&THING_INSERT, params_of(1))
            }
        });
        gate.open();
        neighbour.answer().unwrap();
        failing.answer().unwrap_err();
        assert_eq!(done.load(Ordering::SeqCst), 1);
        assert!(!is_woken(&failed));
    }

    fn a_hint_that_panics_hurts_nobody(stage: Stage) {
        let db = stage.open();
        let write = queue(&db, |tx| {
            tx.after_commit(|| panic!("in a hint"));
            tx.execute(&THING_INSERT, params_of(1))
        });
        assert_eq!(write.answer().unwrap(), 1);
        let next: Result<_, Error> = insert(&db, 2).answer();
        assert!(next.is_ok());
    }
}
