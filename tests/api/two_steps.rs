//! `Call::write_after`: a step outside of the database, then the one write. Told with an operation of the test's own,
//! whose first step waits until it is let through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::response::Response;
use axum::routing::post;
use partyline::error::{Code, Error};
use partyline::http::call::{Call, Done, PublicState, RawBody, Streamed};
use partyline::store::api_calls::api_call_list;
use partyline::workspace::settings::{LimitChange, set_limits};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::kit::{Actor, Engine, TestApp};

/// The first step: how often it ran, and its leave to go on.
struct Step {
    runs: AtomicUsize,
    entered: Semaphore,
    leave: Semaphore,
    /// The leave of the first request with the word "slow".
    late: Semaphore,
}

impl Step {
    async fn run(&self, word: &str) -> Result<String, Error> {
        let is_first = self.runs.fetch_add(1, Ordering::Relaxed) == 0;
        self.entered.add_permits(1);
        let leave = if is_first && word == "slow" { &self.late } else { &self.leave };
        leave.acquire().await.expect("open").forget();
        match word {
            "bad" => Err(Error::invalid("word", "The word is bad")),
            "broken" => Err(Error::internal("broken")),
            word => Ok(word.to_owned()),
        }
    }

    async fn is_entered(&self) {
        self.entered.acquire().await.expect("open").forget();
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }
}

async fn fetch(step: Extension<Arc<Step>>, mut call: Call, body: RawBody) -> Response {
    let request = call.body(body, |fields| fields.text("word"));
    call.write_after(request, |word: String| async move { step.run(&word).await }, |_, _, word| done(word)).await
}

async fn stream(step: Extension<Arc<Step>>, call: Call, RawBody(body): RawBody) -> Response {
    let prepare = |body: axum::body::Bytes| async move {
        let prepared = step.run(&String::from_utf8_lossy(&body)).await?;
        Ok(Streamed { prepared, fingerprint: Sha256::digest(&body).into(), ignored: Vec::new() })
    };
    call.write_after_stream(body, prepare, |_, _, word| done(word)).await
}

fn done(word: &str) -> Result<Done<String>, Error> {
    match word {
        "poor" => Err(Error::new(Code::QuotaExceeded, "No credits are left")),
        "wrong" => Err(Error::invalid("word", "The word is wrong")),
        word => Ok(Done::with(word.to_owned())),
    }
}

/// A stage with the operation, and somebody who has a key for it.
async fn told(engine: Engine) -> (TestApp, Arc<Step>, Actor) {
    let stage = TestApp::on(engine).await;
    let [entered, leave, late] = [0; 3].map(Semaphore::new);
    let step = Arc::new(Step { runs: AtomicUsize::new(0), entered, leave, late });
    let router = Router::new()
        .route("/fetch", post(fetch))
        .route("/stream", post(stream))
        .layer(Extension(Arc::clone(&step)))
        .with_state(PublicState::new(stage.app.clone()));
    let token = stage.token().await.talking_to(router).with_header("idempotency-key", "order-17");
    (stage, step, token)
}

async fn calls_used(stage: &TestApp) -> u64 {
    stage.flush().await;
    let workspace = stage.workspace;
    let found = stage.app.read(move |tx| Ok(partyline::store::counters::counters_find(tx, workspace)?)).await;
    u64::try_from(found.expect("a read").expect("a workspace").1.calls_used).expect("not below zero")
}

fn word(word: &str) -> String {
    json!({ "word": word }).to_string()
}

#[tokio::test]
async fn while_one_works_another_with_its_key_is_told_to_wait() {
    for engine in Engine::all() {
        let (stage, step, token) = told(engine).await;
        for (path, body) in [("//fetch", word("hi")), ("//stream", "hi".to_owned())] {
            let (working, sent) = (token.clone(), body.clone());
            let first = tokio::spawn(async move { working.post_raw(path, sent).await });
            step.is_entered().await;
            let second = token.post_raw(path, body.clone()).await;
            assert_eq!((second.status.as_u16(), second.header("retry-after")), (409, "5"), "{}", second.text());
            assert_eq!(second.body()["error_code"], "idempotency_in_flight");
            step.leave.add_permits(1);
            assert_eq!(first.await.expect("an answer").text(), r#"{"status":"ok","data":"hi"}"#);
            let runs = step.runs();
            step.leave.add_permits(2);
            let again = token.post_raw(path, body).await;
            assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (200, "true"));
            assert_eq!(token.post_raw(path, word("other")).await.status, 422);
            // A known request is answered without its first step.
            assert_eq!(step.runs() - runs, if path == "//fetch" { 0 } else { 2 });
            step.leave.forget_permits(2);
            step.entered.forget_permits(2);
        }
        assert_eq!(calls_used(&stage).await, 8, "each was a call, on {engine:?}");
    }
}

#[tokio::test]
async fn what_failed_may_be_tried_again_at_once() {
    for engine in Engine::all() {
        let (stage, step, token) = told(engine).await;
        step.leave.add_permits(100);
        for (sent, status) in [("bad", 400), ("broken", 500), ("poor", 403), ("hi", 200)] {
            assert_eq!(token.post_raw("//fetch", word(sent)).await.status, status, "{sent} on {engine:?}");
        }
        assert_eq!(step.runs(), 4);
        assert_eq!(calls_used(&stage).await, 3, "a quota refusal is no call");
        let workspace = stage.workspace;
        let rows = stage.app.read(move |tx| Ok(api_call_list(tx, workspace, 9)?)).await.expect("a read");
        let mut statuses: Vec<_> = rows.iter().map(|row| row.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400, 403, 500], "each is logged once");
    }
}

#[tokio::test]
async fn what_the_write_refused_is_kept_as_an_answer() {
    let (_stage, step, token) = told(Engine::Sqlite).await;
    step.leave.add_permits(100);
    let first = token.post_raw("//fetch", word("wrong")).await;
    let again = token.post_raw("//fetch", word("wrong")).await;
    assert_eq!((first.status.as_u16(), again.header("idempotent-replayed"), step.runs()), (400, "true", 1));
}

#[tokio::test]
async fn a_client_that_leaves_lets_go_of_its_key() {
    for engine in Engine::all() {
        let (_stage, step, token) = told(engine).await;
        let leaving = token.clone();
        let gone = tokio::spawn(async move { leaving.post_raw("//fetch", word("hi")).await });
        step.is_entered().await;
        gone.abort();
        step.leave.add_permits(100);
        while token.post_raw("//fetch", word("hi")).await.status == 409 {
            tokio::task::yield_now().await;
        }
        assert_eq!(step.runs(), 2, "the second did it anew");
    }
}

#[tokio::test]
async fn a_claim_that_a_crash_left_behind_expires() {
    for engine in Engine::all() {
        let (stage, step, token) = told(engine).await;
        let dying = token.clone();
        let first = tokio::spawn(async move { dying.post_raw("//fetch", word("slow")).await });
        step.is_entered().await;
        stage.advance(Duration::from_secs(119));
        assert_eq!(token.post_raw("//fetch", word("slow")).await.status, 409);
        stage.advance(Duration::from_secs(1));
        step.leave.add_permits(1);
        let second = token.post_raw("//fetch", word("slow")).await;
        assert_eq!((second.status.as_u16(), second.header("idempotent-replayed")), (200, ""));
        // The first, which was only slow, finds the answer there when it wakes.
        step.late.add_permits(1);
        let late = first.await.expect("an answer");
        assert_eq!((late.text(), late.header("idempotent-replayed")), (second.text(), "true"));
    }
}

#[tokio::test]
async fn the_gate_stands_before_the_first_step() {
    for engine in Engine::all() {
        let (stage, step, token) = told(engine).await;
        step.leave.add_permits(100);
        let change = LimitChange { calls_per_cycle: Some(1), ..LimitChange::default() };
        stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
        assert_eq!(token.post_raw("//fetch", word("hi")).await.status, 200);
        assert_eq!(token.with_header("x", "y").post_raw("//fetch", word("hi")).await.status, 403);
        assert_eq!(step.runs(), 1);
    }
}
