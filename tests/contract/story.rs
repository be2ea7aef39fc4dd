//! Every operation is called and answers as the contract and our own document say.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalogue;
use crate::conform::faults;
use crate::kit::{Engine, TestApp};
use crate::operations::{Half, Operation, contract, find, ours};
use crate::scene::Scene;

/// Holds an answer to both: the contract, which clients read with more keys than it names, and our document, which names
/// all that we send.
fn hold(operation: &Operation, body: &Value) {
    let own = operation.success().unwrap_or_else(|| panic!("{} has no answer in the document", operation.name));
    let mut found = faults(body, own, true);
    if let Some(shape) = find(contract(), &operation.name).and_then(Operation::success) {
        found.extend(faults(body, shape, false).into_iter().map(|fault| format!("by the contract, {fault}")));
    }
    assert!(found.is_empty(), "{}: {found:#?}\n{body:#}", operation.name);
}

/// Those that end something come last.
fn in_order(half: Half) -> Vec<&'static Operation> {
    let (ending, others): (Vec<_>, Vec<_>) = half.operations().partition(|operation| operation.method == "DELETE");
    others.into_iter().chain(ending).collect()
}

#[tokio::test]
async fn every_operation_succeeds_and_answers_in_its_shape() {
    for (engine, half) in Engine::all().into_iter().flat_map(|engine| Half::BOTH.map(|half| (engine, half))) {
        let stage = TestApp::on(engine).await;
        let scene = Scene::first_of(&stage, half).await;
        scene.fail(&stage, Some(131_026)).await;
        let failed = scene.fail(&stage, None).await;
        let mut told = BTreeSet::new();
        for operation in in_order(half) {
            if operation.is_stream() {
                let answer = scene.answer(operation).await;
                assert!(answer.text().starts_with("retry: "), "{}: {}", operation.name, answer.text());
            } else {
                hold(operation, &scene.ask(operation).await);
            }
            told.insert(&operation.name);
        }
        partyline::indexer::catch_up(&stage.app).await.expect("what is there can be found");
        // Once more, now that there is something of everything: lists with what they list.
        for operation in half.operations().filter(|operation| operation.method == "GET" && !operation.is_stream()) {
            let gone = operation.path_parameters().any(|name| name != "chat_id" && name != "message_uid");
            if !gone {
                hold(operation, &scene.ask(operation).await);
            }
        }
        let name = match half {
            Half::Any => "GET /messages/{message_uid}",
            Half::Official => "GET /waba/messages/{message_uid}",
        };
        let get = find(ours(), name).expect("it is served");
        let path = catalogue::path(get, |_| failed.clone());
        hold(get, &scene.token.get(&path).await.body());
        assert_eq!(told.len(), half.operations().count());
    }
}

#[tokio::test]
async fn a_list_is_told_with_what_it_lists() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scene = Scene::first(&stage).await;
    let stage = TestApp::on(Engine::Sqlite).await;
    let official = Scene::first_of(&stage, Half::Official).await;
    for (name, query) in [
        ("GET /waba/chats", "?with_msg=true"),
        ("GET /waba/chats/{chat_id}/messages", "?size=1"),
        ("GET /waba/templates", ""),
        ("GET /waba/accounts", ""),
        ("GET /chats", "?with_msg=true"),
        ("GET /v2/chats", "?with_msg=true"),
        ("GET /chats/{chat_id}/messages", "?limit=1"),
        ("GET /events", "?limit=500"),
    ] {
        let Some(operation) = find(ours(), name) else { continue };
        let scene = if Half::of(operation) == Half::Official { &official } else { &scene };
        let body = scene.token.get(&format!("{}{query}", scene.path(operation))).await.body();
        hold(operation, &body);
        let rows = body["data"].as_object().expect("data").values().find_map(Value::as_array).expect("a list");
        assert!(!rows.is_empty(), "{name}{query}: {body}");
    }
}
