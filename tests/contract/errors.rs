//! Bad input on every operation, made from the document: the right refusal, in the envelope, which names the field and says
//! what to do, and nothing is stored.

use axum::body::Body;
use axum::http::Method;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};

use crate::catalogue::{self, Content};
use crate::dump::{changes, dump};
use crate::kit::{Actor, Answer, Engine, TestApp};
use crate::operations::{Half, Operation};
use crate::refusals::{Findings, Wanted};
use crate::scene::Scene;
use crate::shape::Shape;

/// Tables that also know of refused calls.
pub const LOGS: [&str; 4] = ["api_calls", "workspace_counters", "rate_slots", "tokens"];

/// As long as a JSON body may never be.
const HUGE_BYTES: usize = 3 * 1024 * 1024;

fn method(operation: &Operation) -> Method {
    operation.method.parse().expect("a method")
}

fn with_json(half: Half) -> impl Iterator<Item = (&'static Operation, &'static Shape)> {
    half.operations().filter_map(|operation| Some((operation, operation.json_body()?)))
}

async fn send(scene: &Scene, operation: &Operation, content: Content) -> Answer {
    catalogue::send(&scene.token, operation, &scene.path(operation), content).await
}

async fn with_field(scene: &Scene, operation: &Operation, name: &str, value: Value) -> Answer {
    let Content::Json(mut body) = scene.content(operation) else { panic!("{} takes JSON", operation.name) };
    body[name] = value;
    send(scene, operation, Content::Json(body)).await
}

#[tokio::test]
async fn whoever_may_not_is_told_so_on_every_operation() {
    for half in Half::BOTH {
        whoever_may_not_is_told_so_on_every_operation_for(half).await;
    }
}

async fn whoever_may_not_is_told_so_on_every_operation_for(half: Half) {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scene = Scene::second_of(&stage, half).await;
    let reader = stage.token_of(scene.workspace, Scope::Read, false).await;
    let sender = stage.token_of(scene.workspace, Scope::Send, false).await;
    let before = dump(&stage, scene.workspace).await;
    let mut found = Findings::default();
    for operation in half.operations() {
        let path = scene.path(operation);
        let ask = async |actor: &Actor| catalogue::send(actor, operation, &path, scene.content(operation)).await;
        let unknown = stage.somebody("pl_live_0000000000000000000000000000");
        let in_query = stage.stranger().ask(method(operation), &format!("{path}?token=x"), Body::empty()).await;
        found.judge(operation, "no token", &ask(&stage.stranger()).await, &Wanted::code(401, "missing_credentials"));
        found.judge(operation, "a token in the query", &in_query, &Wanted::code(401, "missing_credentials"));
        found.judge(operation, "a bad token", &ask(&unknown).await, &Wanted::code(401, "invalid_token"));
        let (actor, word) = if operation.method == "GET" { (&sender, "send") } else { (&reader, "read") };
        found.judge(operation, word, &ask(actor).await, &Wanted::code(403, "insufficient_scope"));
    }
    found.are_none();
    let changed = changes(&before, &dump(&stage, scene.workspace).await, &LOGS);
    assert!(changed.is_empty(), "{changed:#?}");
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_on_every_operation() {
    for half in Half::BOTH {
        bodies_that_are_none_are_refused_on_every_operation_for(half).await;
    }
}

async fn bodies_that_are_none_are_refused_on_every_operation_for(half: Half) {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scene = Scene::second_of(&stage, half).await;
    let before = dump(&stage, scene.workspace).await;
    let deep = format!("{{\"text\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let huge = format!("{{\"text\":\"{}\"}}", "x".repeat(HUGE_BYTES));
    let mut found = Findings::default();
    for (operation, _) in with_json(half) {
        let path = scene.path(operation);
        let ask = async |body: &[u8]| scene.token.ask(method(operation), &path, Body::from(body.to_vec())).await;
        let broken: [&[u8]; 7] =
            [b"null", b"[]", b"{", b"{\"a\":1,\"a\":2}", b"{\"a\":\"\\ud800\"}", b"{\"a\":\"\xff\"}", deep.as_bytes()];
        for body in broken {
            let what = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            found.judge(operation, &what, &ask(body).await, &Wanted::field("body"));
        }
        found.judge(operation, "a huge body", &ask(huge.as_bytes()).await, &Wanted::code(413, "file_too_large"));
        if operation.body_required {
            found.judge(operation, "no body", &ask(b"").await, &Wanted::status(400));
        }
        let form = scene.token.with_header("content-type", "multipart/form-data; boundary=x");
        let answer = form.ask(method(operation), &path, Body::from("--x--\r\n")).await;
        found.judge(operation, "a form", &answer, &Wanted::any(&[400, 415]));
    }
    for operation in half.operations().filter(|operation| operation.bodies.contains_key("multipart/form-data")) {
        // Where JSON may come as well, a form is none of the other kinds.
        if operation.json_body().is_some() {
            continue;
        }
        let answer = scene.token.ask(method(operation), &scene.path(operation), Body::from("{}")).await;
        found.judge(operation, "JSON", &answer, &Wanted::code(415, "unsupported_media_type"));
        let answer = send(&scene, operation, Content::Form(vec![("colour".into(), None, b"red".to_vec())])).await;
        found.judge(operation, "no file", &answer, &Wanted::field("file"));
    }
    found.are_none();
    let changed = changes(&before, &dump(&stage, scene.workspace).await, &LOGS);
    assert!(changed.is_empty(), "{changed:#?}");
}

/// Values that no field of this shape takes, numbers and booleans as text aside.
fn wrong(shape: &Shape) -> Vec<Value> {
    let kind = |kind: &str| shape.kinds.contains(kind);
    let mut values = vec![];
    if shape.kinds.is_empty() || kind("object") {
        return values;
    }
    values.push(json!({"a": 1}));
    if kind("string") {
        values.extend([json!(["x"]), json!("a\u{0}b")]);
    }
    if kind("integer") {
        values.extend([json!("x"), json!(1.5), json!([1])]);
    }
    if kind("boolean") {
        values.extend([json!("maybe"), json!([true])]);
    }
    if kind("array") {
        values.extend([json!("x"), json!([{"a": 1}]), json!(["a\u{0}b"])]);
    }
    if shape.choices.is_some() {
        values.push(json!("sideways"));
    }
    if let Some(most) = shape.max_length {
        values.push(json!("é".repeat(usize::try_from(most).expect("a length") + 1)));
    }
    if shape.min_length.is_some_and(|least| least > 0) {
        values.push(json!(""));
    }
    if let Some(most) = shape.items.as_ref().and_then(|items| items.max_length) {
        values.push(json!(["é".repeat(usize::try_from(most).expect("a length") + 1)]));
    }
    values
}

#[tokio::test]
async fn every_field_of_every_body_refuses_what_it_is_not() {
    for half in Half::BOTH {
        every_field_of_every_body_refuses_what_it_is_not_for(half).await;
    }
}

async fn every_field_of_every_body_refuses_what_it_is_not_for(half: Half) {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scene = Scene::second_of(&stage, half).await;
    let before = dump(&stage, scene.workspace).await;
    let mut found = Findings::default();
    for (operation, body) in with_json(half) {
        for (name, shape) in &body.properties {
            for value in wrong(shape) {
                let shown: String = value.to_string().chars().take(40).collect();
                let answer = with_field(&scene, operation, name, value.clone()).await;
                let wanted = match ["access_token", "app_secret"].contains(&name.as_str()) {
                    // Nobody's secret is told back.
                    true => Wanted::field(name),
                    false => Wanted::field(name).repeating(value),
                };
                found.judge(operation, &format!("{name} = {shown}"), &answer, &wanted);
            }
            if body.required.contains(name) {
                let answer = with_field(&scene, operation, name, Value::Null).await;
                found.judge(operation, &format!("no {name}"), &answer, &Wanted::field(name));
            }
        }
    }
    for operation in half.operations() {
        let Some(form) = operation.bodies.get("multipart/form-data").filter(|_| operation.json_body().is_none()) else {
            continue;
        };
        for (name, most) in form.properties.iter().filter_map(|(name, shape)| Some((name, shape.max_length?))) {
            for value in ["é".repeat(usize::try_from(most).expect("a length") + 1), "a\u{0}b".to_owned()] {
                let Content::Form(mut parts) = scene.content(operation) else { panic!("{}", operation.name) };
                parts.insert(0, (name.clone(), None, value.clone().into_bytes()));
                let answer = send(&scene, operation, Content::Form(parts)).await;
                found.judge(operation, &format!("a bad {name}"), &answer, &Wanted::field(name).repeating(value));
            }
        }
    }
    found.are_none();
    let changed = changes(&before, &dump(&stage, scene.workspace).await, &LOGS);
    assert!(changed.is_empty(), "{changed:#?}");
}

/// What a parameter of the query doesn't take.
fn wrong_in_query(name: &str, shape: &Shape) -> Vec<&'static str> {
    let kind = |kind: &str| shape.kinds.contains(kind);
    let mut values = vec![];
    if kind("integer") {
        values.extend(["x", "1.5", "-1", "99999999999999999999"]);
        // A cursor may stand before the first event.
        if name != "after" {
            values.push("0");
        }
    }
    if kind("boolean") {
        values.push("maybe");
    }
    if shape.choices.is_some() {
        values.push("sideways");
    }
    if shape.format.as_deref() == Some("date-time") || name == "after" || name == "before" {
        values.extend(["yesterday", "2026-13-45", "2026-01-15T25:00:00Z"]);
    }
    if name == "after_message" || name == "before_message" {
        values.push("5");
    }
    values
}

#[tokio::test]
async fn parameters_say_what_is_wrong_with_them() {
    for half in Half::BOTH {
        parameters_say_what_is_wrong_with_them_for(half).await;
    }
}

async fn parameters_say_what_is_wrong_with_them_for(half: Half) {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scene = Scene::second_of(&stage, half).await;
    let mut found = Findings::default();
    for operation in half.operations() {
        for parameter in operation.query_parameters() {
            for value in wrong_in_query(&parameter.name, &parameter.shape) {
                let path = format!("{}?{}={value}", scene.path(operation), parameter.name);
                let answer = catalogue::send(&scene.token, operation, &path, scene.content(operation)).await;
                found.judge(operation, &path, &answer, &Wanted::field(&parameter.name).repeating(value));
            }
            let path = format!("{}?{}=a%00b", scene.path(operation), parameter.name);
            let answer = catalogue::send(&scene.token, operation, &path, scene.content(operation)).await;
            found.judge(operation, &path, &answer, &Wanted::status(400));
        }
        for odd in ["x", "-1", "0", "1.0", "99999999999999999999", "%00", "a%20b", "%ff", "..%2f1"] {
            if operation.path_parameters().count() > 0 {
                let path = catalogue::path(operation, |_| odd.to_owned());
                let answer = catalogue::send(&scene.token, operation, &path, scene.content(operation)).await;
                let name = operation.path_parameters().next().unwrap_or_default();
                let is_text = !odd.contains('%');
                let wanted = if is_text { Wanted::in_path(name, odd) } else { Wanted::any(&[400, 404]) };
                found.judge(operation, &path, &answer, &wanted);
            }
        }
    }
    found.are_none();
}

/// A text of just this length that the field takes, where one is known.
fn longest(operation: &Operation, name: &str, most: usize) -> Option<String> {
    match name {
        // No part between dots has more than 63 characters.
        "email" => {
            let (local, part) = ("a".repeat(64), "b".repeat(63));
            Some(format!("{local}@{part}.{part}.{}.example", "c".repeat(most - 65 - 64 - 64 - 8)))
        }
        // No two webhooks have the same.
        "url" => Some(format!("https://crm.example/{:03}{}", operation.path.len(), "a".repeat(most - 23))),
        "content_type" => Some(format!("image/{}", "x".repeat(most - 6))),
        // One emoji never has so many characters.
        "reaction" => None,
        _ => Some("é".repeat(most)),
    }
}

/// The longest values of a form's fields that the contract limits.
async fn longest_fit_into_forms(scene: &Scene, found: &mut Findings) {
    let contract = |operation: &Operation| crate::operations::find(crate::operations::contract(), &operation.name);
    for operation in scene.operations() {
        let form = contract(operation).and_then(|theirs| theirs.bodies.get("multipart/form-data"));
        for (name, most) in form
            .into_iter()
            .flat_map(|form| &form.properties)
            .filter_map(|(name, shape)| Some((name, shape.max_length?)))
        {
            let Content::Form(mut parts) = scene.content(operation) else { panic!("{} takes a form", operation.name) };
            let value = longest(operation, name, usize::try_from(most).expect("a length")).expect("one is known");
            parts.insert(0, (name.clone(), None, value.into_bytes()));
            let answer = send(scene, operation, Content::Form(parts)).await;
            found.expect_success(operation, &format!("the longest {name}"), &answer);
        }
    }
}

#[tokio::test]
async fn limits_are_kept_to_the_character_and_more_is_tolerated() {
    for half in Half::BOTH {
        limits_are_kept_to_the_character_and_more_is_tolerated_for(half).await;
    }
}

async fn limits_are_kept_to_the_character_and_more_is_tolerated_for(half: Half) {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scene = Scene::second_of(&stage, half).await;
    let mut found = Findings::default();
    longest_fit_into_forms(&scene, &mut found).await;
    for (operation, body) in with_json(half) {
        let contract = crate::operations::find(crate::operations::contract(), &operation.name);
        let limits = contract.and_then(Operation::json_body).map(|body| &body.properties);
        for (name, shape) in limits.into_iter().flatten() {
            let longest =
                shape.max_length.and_then(|most| longest(operation, name, usize::try_from(most).expect("a length")));
            if let Some(longest) = longest {
                let answer = with_field(&scene, operation, name, json!(longest)).await;
                found.expect_success(operation, &format!("the longest {name}"), &answer);
            }
            let most = shape.items.as_ref().and_then(|items| items.max_length);
            if let Some(most) = most {
                let label = "é".repeat(usize::try_from(most).expect("a length"));
                let answer = with_field(&scene, operation, name, json!([label])).await;
                found.expect_success(operation, &format!("the longest of {name}"), &answer);
            }
        }
        for (name, _) in body.properties.iter().filter(|(name, _)| !body.required.contains(*name)) {
            let Content::Json(whole) = scene.content(operation) else { continue };
            if whole.get(name).is_none() {
                let answer = with_field(&scene, operation, name, Value::Null).await;
                found.expect_success(operation, &format!("{name} = null"), &answer);
            }
        }
        let answer = with_field(&scene, operation, "colour", json!("red")).await;
        if body.closed {
            found.judge(operation, "a key that is refused", &answer, &Wanted::field("colour"));
            continue;
        }
        found.expect_success(operation, "a key that nobody asked for", &answer);
        if !answer.header("partyline-ignored").contains("colour") {
            found.add(operation, "an ignored key isn't named");
        }
    }
    for operation in half.operations().filter(|operation| operation.method == "GET") {
        let answer = scene.token.get(&format!("{}?colour=red", scene.path(operation))).await;
        found.expect_success(operation, "?colour=red", &answer);
        if !answer.header("partyline-ignored").contains("colour") {
            found.add(operation, "an ignored parameter isn't named");
        }
    }
    found.are_none();
}
