//! What stands before every operation: the rate, the quota of calls, and on every POST the `Idempotency-Key`.

use partyline::store::idempotency::{ClaimId, IdempotencyKey, idempotency_claim};
use partyline::workspace::settings::{LimitChange, set_limits};
use serde_json::{Value, json};

use crate::catalogue::{self, Content};
use crate::dump::{changes, dump};
use crate::errors::LOGS;
use crate::kit::{Answer, Engine, TestApp};
use crate::operations::{Half, Operation, ours};
use crate::refusals::{Findings, Wanted};
use crate::scene::Scene;
use crate::shape::Shape;

/// Partyline's own, for tests of other people: outside of rate and calls.
pub const NOT_COUNTED: &str = "/sandbox/";

pub fn counted(half: Half) -> impl Iterator<Item = &'static Operation> {
    half.operations().filter(|operation| !operation.path.starts_with(NOT_COUNTED))
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
    for half in Half::BOTH {
        a_used_up_quota_stops_every_operation_for(half).await;
    }
}

async fn a_used_up_quota_stops_every_operation_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second_of(&stage, half).await;
        limited(&stage, &scene, LimitChange { calls_per_cycle: Some(0), ..LimitChange::default() }).await;
        let mut found = Findings::default();
        for operation in counted(half) {
            let wanted = Wanted::code(403, "quota_exceeded");
            found.judge(operation, "no calls left", &scene.answer(operation).await, &wanted);
        }
        found.are_none();
    }
}

/// Four ways to send a message, two of them in a second version, a file and a recording; two from official accounts.
fn paid_min(half: Half) -> usize {
    match half {
        Half::Any => 8,
        Half::Official => 2,
    }
}

/// Whether it sends something that is paid for: a POST that answers with a new message, and may find that
/// WhatsApp can't do it.
fn costs(operation: &Operation) -> bool {
    let makes_message = operation.success().is_some_and(|shape| {
        let is_new = |data: &Shape| data.properties.keys().eq(["message_uid"]) || data.properties.contains_key("uid");
        shape.properties.get("data").is_some_and(is_new)
    });
    makes_message && operation.method == "POST" && operation.answers.contains_key("405")
}

#[tokio::test]
async fn used_up_credits_stop_what_costs_and_nothing_else() {
    for half in Half::BOTH {
        used_up_credits_stop_what_costs_and_nothing_else_for(half).await;
    }
}

async fn used_up_credits_stop_what_costs_and_nothing_else_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second_of(&stage, half).await;
        limited(&stage, &scene, LimitChange { credits_per_cycle: Some(0), ..LimitChange::default() }).await;
        let empty = |write: &mut partyline::store::Write<'_, '_>| {
            write.counters.topped_up = 0;
            Ok(())
        };
        stage.write(scene.workspace, empty).await;
        let before = dump(&stage, scene.workspace).await;
        let mut found = Findings::default();
        let (paid, free): (Vec<_>, Vec<_>) = counted(half).partition(|operation| costs(operation));
        for operation in &paid {
            let wanted = Wanted::code(403, "quota_exceeded");
            found.judge(operation, "no credits left", &scene.answer(operation).await, &wanted);
        }
        assert!(
            paid.len() >= paid_min(half),
            "{:#?}",
            paid.iter().map(|operation| &operation.name).collect::<Vec<_>>()
        );
        let changed = changes(&before, &dump(&stage, scene.workspace).await, &LOGS);
        assert!(changed.is_empty(), "{changed:#?}");
        for operation in free.iter().filter(|operation| operation.method != "DELETE") {
            found.expect_success(operation, "without credits", &scene.answer(operation).await);
        }
        found.are_none();
    }
}

#[tokio::test]
async fn whoever_is_too_fast_waits_on_every_operation() {
    for half in Half::BOTH {
        whoever_is_too_fast_waits_on_every_operation_for(half).await;
    }
}

async fn whoever_is_too_fast_waits_on_every_operation_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second_of(&stage, half).await;
        limited(&stage, &scene, LimitChange { rate_per_minute: Some(1), ..LimitChange::default() }).await;
        let mut found = Findings::default();
        for operation in counted(half) {
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
fn altered(operation: &Operation, content: Content) -> Option<Content> {
    match content {
        // Such a part is refused there.
        Content::Json(mut body) if operation.json_body().is_some_and(|shape| shape.closed) => {
            body["dimensions"] = json!("COUNTRY");
            Some(Content::Json(body))
        }
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
    if let Some(data) = body.get_mut("data").and_then(Value::as_object_mut) {
        data.retain(|key, _| !["secret", "verify_token", "access_token", "app_secret"].contains(&key.as_str()));
    }
    body
}

#[tokio::test]
async fn every_post_is_done_once_under_its_key() {
    for half in Half::BOTH {
        every_post_is_done_once_under_its_key_for(half).await;
    }
}

async fn every_post_is_done_once_under_its_key_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second_of(&stage, half).await;
        let mut found = Findings::default();
        for operation in half.operations().filter(|operation| operation.method == "POST") {
            let first = keyed(&scene, operation, scene.content(operation)).await;
            let again = keyed(&scene, operation, scene.content(operation)).await;
            found.expect_success(operation, "under a key", &first);
            if again.header("idempotent-replayed") != "true" || again.body() != kept(&first) {
                found.add(operation, &format!("again: {}, not {}", again.told(), first.told()));
            }
            if let Some(other) = altered(operation, scene.content(operation)) {
                let answer = keyed(&scene, operation, other).await;
                found.judge(operation, "another body", &answer, &Wanted::code(422, "idempotency_mismatch"));
            }
        }
        found.are_none();
    }
}

/// Operations that do something outside of the database first, and claim their key meanwhile.
fn claiming(half: Half) -> impl Iterator<Item = &'static Operation> {
    counted(half).filter(|operation| operation.method == "POST" && operation.answers.contains_key("409"))
}

#[tokio::test]
async fn a_key_that_is_being_worked_on_says_so_on_every_operation_that_claims_it() {
    for half in Half::BOTH {
        a_key_that_is_being_worked_on_says_so_on_every_operation_that_claims_it_for(half).await;
    }
}

async fn a_key_that_is_being_worked_on_says_so_on_every_operation_that_claims_it_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let scene = Scene::second_of(&stage, half).await;
        let mut found = Findings::default();
        for operation in claiming(half) {
            let key = IdempotencyKey {
                key: "order-17".into(),
                method: operation.method.clone(),
                path: scene.path(operation),
                fingerprint: [0; 32],
            };
            let claim = ClaimId::generate();
            stage.write(scene.workspace, move |write| idempotency_claim(write, &key, &claim)).await;
            let before = dump(&stage, scene.workspace).await;
            let answer = keyed(&scene, operation, scene.content(operation)).await;
            found.judge(operation, "a claimed key", &answer, &Wanted::code(409, "idempotency_in_flight"));
            if answer.header("retry-after").is_empty() {
                found.add(operation, "it doesn't say when to try again");
            }
            let changed = changes(&before, &dump(&stage, scene.workspace).await, &LOGS);
            assert!(changed.is_empty(), "{changed:#?}");
        }
        found.are_none();
        assert!(half == Half::Official || claiming(half).count() >= 4);
    }
}

#[test]
fn every_post_that_takes_a_key_says_so() {
    for operation in ours() {
        let takes = operation.parameters.iter().any(|it| it.place == "header" && it.name == "Idempotency-Key");
        assert_eq!(takes, operation.method == "POST", "{}", operation.name);
    }
}
