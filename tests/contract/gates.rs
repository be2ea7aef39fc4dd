//! What stands before every operation: the rate, the quota of calls, and on every POST the `Idempotency-Key`.

use partyline::workspace::settings::{LimitChange, set_limits};
use serde_json::{Value, json};

use crate::catalogue::{self, Content};
use crate::kit::{Answer, Engine, TestApp};
use crate::operations::{Operation, ours};
use crate::refusals::{Findings, Wanted};
use crate::scene::Scene;

/// Partyline's own, for tests of other people: outside of rate and calls, and without effects that could be doubled.
const NOT_COUNTED: &str = "/sandbox/";

fn counted() -> impl Iterator<Item = &'static Operation> {
    ours().iter().filter(|operation| !operation.path.starts_with(NOT_COUNTED))
}

async fn limited(stage: &TestApp, scene: &Scene, change: LimitChange) {
    let work = move |write: &mut partyline::store::Write<'_, '_>| {
        set_limits(write, &change)?;
        Ok(write.workspace.clone())
    };
    let workspace = stage.write(scene.workspace, work).await;
    stage.app.limits.changed(&workspace);
}

#[tokio::test]
async fn a_used_up_quota_stops_every_operation() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second(&stage).await;
        limited(&stage, &scene, LimitChange { calls_per_cycle: Some(0), ..LimitChange::default() }).await;
        let mut found = Findings::default();
        for operation in counted() {
            let wanted = Wanted::code(403, "quota_exceeded");
            found.judge(operation, "no calls left", &scene.answer(operation).await, &wanted);
        }
        found.are_none();
    }
}

#[tokio::test]
async fn whoever_is_too_fast_waits_on_every_operation() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second(&stage).await;
        limited(&stage, &scene, LimitChange { rate_per_minute: Some(1), ..LimitChange::default() }).await;
        let mut found = Findings::default();
        for operation in counted() {
            let answer = scene.answer(operation).await;
            found.judge(operation, "too fast", &answer, &Wanted::code(429, "rate_limit_exceeded"));
            let wait: u64 = answer.header("retry-after").parse().unwrap_or_default();
            if !(1..=60).contains(&wait) {
                found.add(operation, &format!("Retry-After: {}", answer.header("retry-after")));
            }
        }
        found.are_none();
    }
}

async fn keyed(scene: &Scene, operation: &Operation, content: Content) -> Answer {
    let actor = scene.token.with_header("idempotency-key", "order-17");
    catalogue::send(&actor, operation, &scene.path(operation), content).await
}

/// The same request, but for a part that nobody asked for.
fn altered(content: Content) -> Option<Content> {
    match content {
        Content::Nothing => None,
        Content::Json(mut body) => {
            body["colour"] = json!("red");
            Some(Content::Json(body))
        }
        Content::Form(mut parts) => {
            parts.push(("colour".to_owned(), None, b"red".to_vec()));
            Some(Content::Form(parts))
        }
    }
}

/// An answer as it is kept: a secret is told once and never kept.
fn kept(answer: &Answer) -> Value {
    let mut body = answer.body();
    if let Some(data) = body["data"].as_object_mut() {
        data.remove("secret");
    }
    body
}

#[tokio::test]
async fn every_post_is_done_once_under_its_key() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second(&stage).await;
        let mut found = Findings::default();
        for operation in counted().filter(|operation| operation.method == "POST") {
            let first = keyed(&scene, operation, scene.content(operation)).await;
            let again = keyed(&scene, operation, scene.content(operation)).await;
            found.expect_success(operation, "under a key", &first);
            if again.header("idempotent-replayed") != "true" || again.body() != kept(&first) {
                found.add(operation, &format!("again: {}, not {}", again.told(), first.told()));
            }
            if let Some(other) = altered(scene.content(operation)) {
                let answer = keyed(&scene, operation, other).await;
                found.judge(operation, "another body", &answer, &Wanted::code(422, "idempotency_mismatch"));
            }
        }
        found.are_none();
    }
}
