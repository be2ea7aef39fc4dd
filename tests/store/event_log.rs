//! Reading the log: behind a cursor, live, and with places that outlive a restart.

use std::time::Duration;

use partyline::error::Error;
use partyline::event_kind::{Cause, Kind};
use partyline::events::live::{Listener, Next};
use partyline::events::log::{Behind, behind, bounds};
use partyline::id::{ChatId, TokenId};
use partyline::store::Write;
use partyline::store::event_cursors::{Consumer, cursor_find, cursor_forget, cursor_move};
use partyline::store::events::{EventBounds, NewEvent, event_append, event_prune};

use crate::kit::{START, TestApp};
use crate::support::{both_engines, events};

fn note(write: &mut Write<'_, '_>) -> Result<i64, Error> {
    event_append(write, NewEvent { kind: Kind::QuotaUsed, chat: ChatId(0), message: None, detail: String::new() })
}

async fn notes(stage: &TestApp, count: usize) {
    stage
        .write(stage.workspace, move |write| {
            for _ in 0..count {
                note(write)?;
            }
            Ok(())
        })
        .await;
}

async fn look(stage: &TestApp, after: i64) -> Behind {
    let workspace = stage.workspace;
    stage.app.read(move |tx| behind(tx, workspace, after, 100)).await.expect("a read")
}

async fn kept(stage: &TestApp) -> EventBounds {
    let workspace = stage.workspace;
    stage.app.read(move |tx| bounds(tx, workspace)).await.expect("a read")
}

async fn heard(listener: &mut Listener, count: usize) -> Vec<i64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        match listener.next().await.expect("it is read") {
            Next::Event(event) => seqs.push(event.seq),
            Next::Reset { oldest } => panic!("reset to {oldest}"),
        }
    }
    seqs
}

#[tokio::test]
async fn a_cursor_knows_whether_something_behind_it_is_gone() {
    both_engines(|stage| async move {
        notes(&stage, 3).await;
        let newest = kept(&stage).await.newest;
        stage.advance(Duration::from_secs(60));
        notes(&stage, 2).await;
        let gone = stage.write(stage.workspace, |write| Ok(event_prune(write, START + Duration::from_secs(1), 100)?));
        assert_eq!(gone.await, u64::try_from(newest).expect("few"));
        let bounds = kept(&stage).await;
        assert_eq!(bounds, EventBounds { oldest: newest + 1, newest: newest + 2 });
        assert_eq!(look(&stage, newest - 1).await, Behind::Lost(bounds));
        assert!(matches!(look(&stage, newest).await, Behind::Events(rows) if rows.len() == 2));
        assert_eq!(look(&stage, newest + 2).await, Behind::Events(Vec::new()));
        assert_eq!(look(&stage, newest + 3).await, Behind::Lost(bounds), "a cursor of another log");
        stage.write(stage.workspace, |write| Ok(event_prune(write, START + Duration::from_secs(99), 100)?)).await;
        assert_eq!(kept(&stage).await, EventBounds { oldest: newest + 3, newest: newest + 2 }, "an empty log");
        assert_eq!(look(&stage, newest + 2).await, Behind::Events(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn what_is_forgotten_leaves_no_hole_also_where_the_clock_went_back() {
    both_engines(|stage| async move {
        let first = kept(&stage).await.newest + 1;
        let at = |ms: i64| {
            move |write: &mut Write<'_, '_>| {
                write.now = START + Duration::from_millis(u64::try_from(ms).expect("after the start"));
                note(write)
            }
        };
        for ms in [1, 500, 2, 3] {
            stage.write(stage.workspace, at(ms)).await;
        }
        stage.write(stage.workspace, |write| Ok(event_prune(write, START + Duration::from_millis(100), 100)?)).await;
        assert_eq!(kept(&stage).await.oldest, first + 1, "what is newer keeps what lies behind it");
        let seqs: Vec<i64> = events(&stage, stage.workspace).await.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, [first + 1, first + 2, first + 3]);
    })
    .await;
}

#[tokio::test]
async fn an_event_bears_who_caused_it() {
    both_engines(|stage| async move {
        let cause = Cause::Token(TokenId(3));
        stage
            .write(stage.workspace, move |write| {
                write.cause = cause;
                note(write)
            })
            .await;
        let last = events(&stage, stage.workspace).await.pop().expect("an event");
        assert_eq!(last.cause, cause);
    })
    .await;
}

#[tokio::test]
async fn a_consumers_place_only_moves_forward_and_outlives_a_restart() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let place = async |stage: &TestApp| {
            stage
                .app
                .read(move |tx| Ok::<_, Error>(cursor_find(tx, workspace, Consumer::Search)?))
                .await
                .expect("a read")
        };
        assert_eq!(place(&stage).await, None);
        for seq in [5, 9, 7] {
            stage.write(workspace, move |write| cursor_move(write, Consumer::Search, seq)).await;
        }
        let stage = stage.restarted().await;
        assert_eq!(place(&stage).await, Some(9));
        stage.write(workspace, |write| Ok(cursor_forget(write, Consumer::Search)?)).await;
        assert_eq!(place(&stage).await, None);
    })
    .await;
}

#[tokio::test]
async fn listeners_share_one_reader_which_ends_with_the_last_of_them() {
    both_engines(|stage| async move {
        let newest = kept(&stage).await.newest;
        let mut many = Vec::new();
        for _ in 0..20 {
            many.push(stage.app.listen(stage.workspace, None).await.expect("it listens"));
        }
        notes(&stage, 3).await;
        for listener in &mut many {
            assert_eq!(heard(listener, 3).await, [newest + 1, newest + 2, newest + 3]);
        }
        assert_eq!(stage.app.live.readers(), 1);
        drop(many);
        // It notices at its next look.
        while stage.app.live.readers() > 0 {
            notes(&stage, 1).await;
            tokio::task::yield_now().await;
        }
        let mut again = stage.app.listen(stage.workspace, Some(newest)).await.expect("it listens");
        assert_eq!(heard(&mut again, 3).await, [newest + 1, newest + 2, newest + 3]);
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_falls_far_behind_still_hears_all_of_it_in_order() {
    both_engines(|stage| async move {
        let newest = kept(&stage).await.newest;
        let mut slow = stage.app.listen(stage.workspace, None).await.expect("it listens");
        let mut quick = stage.app.listen(stage.workspace, None).await.expect("it listens");
        for _ in 0..30 {
            notes(&stage, 100).await;
        }
        let all: Vec<i64> = (newest + 1..=newest + 3_000).collect();
        assert_eq!(heard(&mut quick, 3_000).await, all);
        assert_eq!(heard(&mut slow, 3_000).await, all);
        notes(&stage, 1).await;
        assert_eq!(heard(&mut slow, 1).await, [newest + 3_001], "and goes on with the others");
    })
    .await;
}

#[tokio::test]
async fn giving_up_to_wait_loses_nothing() {
    both_engines(|stage| async move {
        let newest = kept(&stage).await.newest;
        let mut listener = stage.app.listen(stage.workspace, None).await.expect("it listens");
        let mut seqs = Vec::new();
        for round in 0..40_i64 {
            notes(&stage, 1).await;
            // Asked and given up at whatever point it is, over and over.
            for _ in 0..round % 5 {
                tokio::select! {
                    biased;
                    next = listener.next() => {
                        let Ok(Next::Event(event)) = next else { panic!("{next:?}") };
                        seqs.push(event.seq);
                    }
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        let rest = 40 - seqs.len();
        seqs.extend(heard(&mut listener, rest).await);
        assert_eq!(seqs, (newest + 1..=newest + 40).collect::<Vec<_>>());
    })
    .await;
}
