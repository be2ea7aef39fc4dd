//! Limits where nodes share a PostgreSQL: exact among all threads of all nodes, by the database's clock.

use std::sync::Arc;
use std::time::Duration;

use database::{Priority, Sql, params};
use partyline::app::App;
use partyline::workspace::limits::enter_shared;
use partyline::workspace::settings::{LimitChange, set_limits};

use crate::kit::{Engine, TestApp};
use crate::limits::passing;
use crate::support::{counters, limited};

const MOVE_BACK: Sql = Sql::both("UPDATE rate_slots SET at_ms = at_ms - $2 WHERE workspace_id = $1");

/// The stage, where there is one.
async fn shared() -> Option<TestApp> {
    if !Engine::all().contains(&Engine::Postgres) {
        return None;
    }
    Some(TestApp::on(Engine::Postgres).await)
}

/// Lets time pass for the calls already made: the database's clock can't be moved.
async fn pass(stage: &TestApp, ms: i64) {
    stage.write(stage.workspace, move |write| Ok(write.tx.execute(&MOVE_BACK, params![write.workspace.id, ms])?)).await;
}

/// How many of `all` takes, from 32 tasks on these nodes, pass the gate.
async fn taking(stage: &TestApp, nodes: &[App], all: usize) -> i64 {
    let workspace = stage.workspace;
    let takers: Vec<_> = (0..32)
        .map(|number| {
            let (app, mine) = (nodes[number % nodes.len()].clone(), all / 32 + usize::from(number < all % 32));
            tokio::spawn(async move {
                let mut passed = 0;
                for _ in 0..mine {
                    let take = |write: &mut partyline::store::Write<'_, '_>| Ok(enter_shared(write).is_ok());
                    passed += i64::from(app.write(workspace, Priority::Foreground, take).await.expect("a write"));
                }
                passed
            })
        })
        .collect();
    let mut passed = 0;
    for taker in takers {
        passed += taker.await.expect("takes");
    }
    passed
}

fn assert_undisturbed(nodes: &[&App]) {
    for node in nodes {
        let statistics = node.database.statistics();
        assert_eq!((statistics.reruns, statistics.failed_writes), (0, 0), "no deadlocks, no conflicts");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_let_exactly_the_rate_through() {
    let Some(stage) = shared().await else { return };
    let token = stage.token().await;
    let (other, there) = stage.other_node(&token);
    let actors = [token.clone(), there.clone()];
    assert_eq!(passing(&actors, 200).await, 50);
    for actor in &actors {
        let refused = actor.get("/chats").await;
        let wait: u64 = refused.header("retry-after").parse().expect("whole seconds");
        assert!((30..=60).contains(&wait), "{wait} s: the oldest call is a few seconds old");
    }
    pass(&stage, 40_000).await;
    let wait: u64 = there.get("/chats").await.header("retry-after").parse().expect("whole seconds");
    assert!((1..=20).contains(&wait), "{wait} s");
    pass(&stage, 20_000).await;
    assert_eq!(passing(&actors, 200).await, 50);
    assert_undisturbed(&[&stage.app, &other]);
    stage.flush().await;
    other.ledger.flush(&other.database, stage.clock.now(), true).await.expect("flushed");
    assert_eq!(counters(&stage, stage.workspace).await.calls_used, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_share_the_calls_of_a_cycle() {
    let Some(stage) = shared().await else { return };
    let change = LimitChange { rate_per_minute: Some(1000), calls_per_cycle: Some(77), ..LimitChange::default() };
    limited(&stage, change).await;
    let token = stage.token().await;
    let (other, there) = stage.other_node(&token);
    assert_eq!(passing(&[token, there], 200).await, 77);
    stage.flush().await;
    other.ledger.flush(&other.database, stage.clock.now(), true).await.expect("flushed");
    assert_eq!(counters(&stage, stage.workspace).await.calls_used, 77);
    assert_undisturbed(&[&stage.app, &other]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn above_a_thousand_the_rate_errs_low_and_never_over() {
    let Some(stage) = shared().await else { return };
    limited(&stage, LimitChange { rate_per_minute: Some(1_100), ..LimitChange::default() }).await;
    let nodes = [stage.app.clone(), stage.other_node(&stage.stranger()).0];
    assert_eq!(taking(&stage, &nodes, 1_300).await, 1_100);
    // The seconds of the first takes have passed for the most part, but no call may come before its time.
    pass(&stage, 20_000).await;
    assert_eq!(taking(&stage, &nodes, 32).await, 0);
    pass(&stage, 42_000).await;
    assert_eq!(taking(&stage, &nodes, 64).await, 64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_limit_that_passes_a_thousand_forgets_no_call() {
    let Some(stage) = shared().await else { return };
    let nodes = [stage.app.clone()];
    let rate = |rate| LimitChange { rate_per_minute: Some(rate), ..LimitChange::default() };
    limited(&stage, rate(40)).await;
    assert_eq!(taking(&stage, &nodes, 64).await, 40);
    limited(&stage, rate(1_001)).await;
    assert_eq!(taking(&stage, &nodes, 200).await, 200);
    limited(&stage, rate(100)).await;
    assert_eq!(taking(&stage, &nodes, 32).await, 0, "240 are taken");
    limited(&stage, rate(300)).await;
    assert_eq!(taking(&stage, &nodes, 200).await, 60);
    pass(&stage, 62_000).await;
    assert_eq!(taking(&stage, &nodes, 400).await, 300);
}

/// Two operators change two limits at the same moment, each through a node of his own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn settings_changed_at_once_on_two_nodes_are_both_kept() {
    let Some(stage) = shared().await else { return };
    let (other, _) = stage.other_node(&stage.stranger());
    let (begun, first_has_begun) = std::sync::mpsc::channel();
    let begun = Arc::new(std::sync::Mutex::new(begun));
    let (workspace, app) = (stage.workspace, stage.app.clone());
    let first = tokio::spawn(async move {
        let work = move |write: &mut partyline::store::Write<'_, '_>| {
            set_limits(write, &LimitChange { rate_per_minute: Some(70), ..LimitChange::default() })?;
            begun.lock().expect("a lock").send(()).expect("somebody waits");
            // The other write reads its settings and waits for the lock meanwhile.
            std::thread::sleep(Duration::from_millis(500));
            Ok(())
        };
        app.write(workspace, Priority::Foreground, work).await.expect("a write");
    });
    tokio::task::spawn_blocking(move || first_has_begun.recv()).await.expect("a thread").expect("it begins");
    let work = |write: &mut partyline::store::Write<'_, '_>| {
        set_limits(write, &LimitChange { calls_per_cycle: Some(7), ..LimitChange::default() })
    };
    other.write(workspace, Priority::Foreground, work).await.expect("a write");
    first.await.expect("a write");
    let settings = stage.write(workspace, |write| Ok(write.workspace.clone())).await;
    assert_eq!((settings.rate_per_minute, settings.calls_per_cycle), (70, 7));
}
