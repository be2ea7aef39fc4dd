//! Limits of one node: exact at once, over a restart, at the change of a cycle; and what a failure gives back.

use std::time::Duration;

use database::Priority;
use partyline::clock::Time;
use partyline::inbox::status::record_receipt;
use partyline::message::Status;
use partyline::workspace::settings::LimitChange;
use serde_json::json;

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::support::{both_engines, counters, limited, queue};

/// How many of `all` requests, from 32 tasks at once, pass.
pub async fn passing(actors: &[Actor], all: usize) -> i64 {
    let callers: Vec<_> = (0..32)
        .map(|number| {
            let actor = actors[number % actors.len()].clone();
            let mine = all / 32 + usize::from(number < all % 32);
            tokio::spawn(async move {
                let mut passed = 0;
                for turn in 0..mine {
                    let answer = if (turn + number) % 2 == 0 {
                        actor.get("/chats").await
                    } else {
                        actor.post("/messages", json!({"phone": ECHO, "text": "hi"})).await
                    };
                    assert!(matches!(answer.status.as_u16(), 200 | 403 | 429), "{}", answer.text());
                    passed += i64::from(answer.status == 200);
                }
                passed
            })
        })
        .collect();
    let mut passed = 0;
    for caller in callers {
        passed += caller.await.expect("answers");
    }
    passed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_at_once_get_exactly_the_rate() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = [stage.token().await];
    let first = passing(&token, 200).await;
    assert_eq!(first, 49, "the first minute after a start holds one for what a crash may have forgotten");
    stage.advance(Duration::from_secs(60));
    assert_eq!(passing(&token, 200).await, 50);
    stage.advance(Duration::from_millis(59_999));
    assert_eq!(passing(&token, 64).await, 0);
    stage.advance(Duration::from_millis(1));
    assert_eq!(passing(&token, 200).await, 50);
}

#[tokio::test]
async fn a_restart_forgets_no_call_of_the_last_minute() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = [stage.token().await];
    passing(&token, 30).await;
    stage.advance(Duration::from_secs(30));
    let stage = stage.restarted().await;
    let token = [stage.token().await];
    assert_eq!(passing(&token, 64).await, 19, "30 are of the last minute, 1 may have been forgotten");
    stage.advance(Duration::from_millis(30_001));
    assert_eq!(passing(&token, 64).await, 30);
    stage.flush().await;
    assert_eq!(counters(&stage, stage.workspace).await.calls_used, 79);
}

#[tokio::test]
async fn changed_limits_hold_from_the_next_call_on() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = [stage.token().await];
    assert_eq!(passing(&token, 64).await, 49);
    limited(&stage, LimitChange { rate_per_minute: Some(60), ..LimitChange::default() }).await;
    assert_eq!(passing(&token, 64).await, 10);
    limited(&stage, LimitChange { rate_per_minute: Some(5), ..LimitChange::default() }).await;
    assert_eq!(passing(&token, 64).await, 0);
    stage.advance(Duration::from_secs(60));
    assert_eq!(passing(&token, 64).await, 5);
    limited(&stage, LimitChange { rate_per_minute: Some(1000), calls_per_cycle: Some(70), ..LimitChange::default() })
        .await;
    assert_eq!(passing(&token, 64).await, 6, "64 were made in this cycle");
}

#[tokio::test]
async fn a_call_whose_caller_went_away_is_used_all_the_same() {
    let stage = TestApp::on(Engine::Sqlite).await;
    limited(&stage, LimitChange { calls_per_cycle: Some(3), ..LimitChange::default() }).await;
    let token = stage.token().await;
    assert_eq!(token.get("/chats").await.status, 200);
    let (open, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let writer = stage.app.clone();
    let workspace = stage.workspace;
    let blocked = tokio::spawn(async move {
        let wait = move |_: &mut partyline::store::Write<'_, '_>| {
            let _released = held.lock().expect("a lock").recv();
            Ok(())
        };
        writer.write(workspace, Priority::Foreground, wait).await.expect("a write");
    });
    while stage.app.database.statistics().batches == 0 || stage.app.database.statistics().foreground_queued > 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gone = tokio::spawn(async move { token.post("/messages", json!({"phone": ECHO, "text": "hi"})).await });
    while stage.app.database.statistics().foreground_queued == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.expect_err("it was given up").is_cancelled());
    open.send(()).expect("somebody waits");
    blocked.await.expect("a write");
    stage.write(workspace, |_| Ok(())).await;
    stage.flush().await;
    assert_eq!(counters(&stage, workspace).await.calls_used, 2, "the message was accepted and counted");
    let other = [stage.token().await];
    assert_eq!(passing(&other, 32).await, 1, "one of three is left");
}

#[tokio::test]
async fn calls_and_credits_begin_again_at_the_end_of_the_cycle_and_not_before() {
    both_engines(|stage| async move {
        let change = LimitChange {
            calls_per_cycle: Some(6),
            credits_per_cycle: Some(2),
            top_up: Some(1),
            ..LimitChange::default()
        };
        limited(&stage, change).await;
        let token = stage.token().await;
        let ends_at = counters(&stage, stage.workspace).await.cycle_ends_at;
        stage.advance(ends_at.since(stage.clock.now()) - Duration::from_millis(1));
        for text in ["recurring", "recurring", "topped up"] {
            token.send(ECHO, text).await;
        }
        assert_eq!(token.post("/messages", json!({"phone": ECHO, "text": "x"})).await.status, 403, "no credit");
        for _ in 0..3 {
            assert_eq!(token.get("/chats").await.status, 200);
        }
        assert_eq!(token.get("/chats").await.status, 403, "no call");
        let old = counters(&stage, stage.workspace).await;
        assert_eq!((old.credits_used, old.topped_up, old.cycle_ends_at), (2, 0, ends_at));
        stage.advance(Duration::from_millis(1));
        // The reads of the old cycle may reach the database only now.
        for _ in 0..2 {
            token.send(ECHO, "again").await;
        }
        stage.flush().await;
        assert_eq!(
            token.post("/messages", json!({"phone": ECHO, "text": "x"})).await.status,
            403,
            "topped up credits do not come back"
        );
        let new = counters(&stage, stage.workspace).await;
        assert_eq!((new.calls_used, new.credits_used, new.topped_up, new.cycle_starts_at), (2, 2, 0, ends_at));
        assert_eq!(new.call_last, 3 + 3 + 2 + 2, "refusals that only repeat are folded");
    })
    .await;
}

#[tokio::test]
async fn a_failure_gives_credits_back_to_the_bucket_and_the_cycle_they_came_from() {
    both_engines(|stage| async move {
        limited(&stage, LimitChange { credits_per_cycle: Some(2), top_up: Some(3), ..LimitChange::default() }).await;
        let mut sent = Vec::new();
        for number in 0..5 {
            sent.push(queue(&stage, ECHO, &number.to_string()).await.1);
        }
        assert_eq!(purse(&stage).await, (2, 0));
        fail(&stage, &sent[0]).await;
        assert_eq!(purse(&stage).await, (1, 0), "recurring, in its cycle");
        fail(&stage, &sent[0]).await;
        assert_eq!(purse(&stage).await, (1, 0), "once");
        fail(&stage, &sent[2]).await;
        assert_eq!(purse(&stage).await, (1, 1), "topped up");
        let ends_at: Time = counters(&stage, stage.workspace).await.cycle_ends_at;
        stage.advance(ends_at.since(stage.clock.now()));
        queue(&stage, ECHO, "of the next cycle").await;
        assert_eq!(purse(&stage).await, (1, 1));
        fail(&stage, &sent[1]).await;
        assert_eq!(purse(&stage).await, (1, 1), "its cycle is over, and its bucket with it");
        fail(&stage, &sent[3]).await;
        assert_eq!(purse(&stage).await, (1, 2), "topped up credits outlive cycles");
    })
    .await;
}

/// Recurring credits used, and the topped-up balance.
async fn purse(stage: &TestApp) -> (i64, i64) {
    let counters = counters(stage, stage.workspace).await;
    (counters.credits_used, counters.topped_up)
}

async fn fail(stage: &TestApp, wamid: &str) {
    let (account, wamid, at) = (stage.account, wamid.to_owned(), stage.clock.now());
    stage.write(stage.workspace, move |write| record_receipt(write, account, &wamid, Status::Failed, None, at)).await;
}
