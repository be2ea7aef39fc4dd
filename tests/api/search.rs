//! Looking for messages: by words of any script, newest first, in one workspace only, as they are now.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use partyline::indexer::catch_up;
use serde_json::{Value, json};

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::support::{message_uid, receive};

const OTHER: &str = "+1 202 555 0102";

async fn look(actor: &Actor, query: &str) -> Value {
    let encoded: String = query
        .bytes()
        .map(|byte| match byte {
            b'&' | b'=' | b'_' | b'-' | b':' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let answer = actor.get(&format!("/messages/search?{encoded}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.body()["data"].clone()
}

async fn texts(actor: &Actor, query: &str) -> Vec<String> {
    let found = look(actor, query).await;
    let results = found["results"].as_array().expect("results");
    results.iter().map(|result| result["message"]["text"].as_str().expect("a text").to_owned()).collect()
}

async fn read_on(stage: &TestApp) {
    catch_up(&stage.app).await.expect("the search reads on");
}

#[tokio::test]
async fn messages_are_found_by_their_words_newest_first() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        for text in ["Your bike is ready", "The BIKES are <late>", "Olá! Está pronta?", "自行车好了", "Тандем готов"]
        {
            token.send(ECHO, text).await;
        }
        read_on(&stage).await;
        assert_eq!(
            texts(&token, "q=bike").await,
            ["The BIKES are <late>", "Your bike is ready"],
            "the word may be begun"
        );
        assert_eq!(texts(&token, "q=bike ").await, ["Your bike is ready"], "but not with a blank behind it");
        assert_eq!(texts(&token, "q=ready bi").await, ["Your bike is ready"]);
        assert_eq!(texts(&token, "q=OLA esta").await, ["Olá! Está pronta?"]);
        assert_eq!(texts(&token, "q=行车").await, ["自行车好了"]);
        assert_eq!(texts(&token, "q=了").await, ["自行车好了"]);
        assert_eq!(texts(&token, "q=тандем").await, ["Тандем готов"]);
        assert_eq!(texts(&token, "q=bike late nothing").await, [""; 0]);
        assert_eq!(texts(&token, "q=\"bike\" OR *").await, [""; 0], "words are words and no commands");
        assert_eq!(texts(&token, "").await.len(), 5, "without words: all there are");
        insta::assert_snapshot!("found", token.get("/messages/search?q=late").await.told());
    }
}

#[tokio::test]
async fn the_filters_narrow_what_is_found() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.post("/messages", json!({"phone": ECHO, "text": "bike one", "label": "vip"})).await;
        stage.advance(Duration::from_secs(3600));
        token.send(OTHER, "bike two").await;
        receive(&stage, "+12025550102", "3A01", "bike three").await;
        let note = token.post("/chats/1/notes", json!({"text": "bike note"})).await;
        assert_eq!(note.status, 200);
        read_on(&stage).await;
        for (query, expected) in [
            ("chat_id=1", vec!["bike note", "bike one"]),
            ("from_me=false", vec!["bike three"]),
            ("label=vip", vec!["bike note", "bike one"]),
            ("label=late", vec![]),
            ("after=2026-01-15 09:30", vec!["bike note", "bike three", "bike two"]),
            ("before=2026-01-15T09:30:00Z", vec!["bike one"]),
            ("whatsapp_account_phone=12025550198&from_me=true&chat_id=2", vec!["bike two"]),
        ] {
            assert_eq!(texts(&token, &format!("q=bike&{query}")).await, expected, "{engine:?} {query}");
        }
        assert_eq!(token.get("/messages/search?q=bike&chat_id=9").await.status, 404);
        for wrong in
            ["q=%3F%3F", "limit=0", "limit=101", "cursor=0", "after=soon", "whatsapp_account_phone=%2B351912345678"]
        {
            assert_eq!(token.get(&format!("/messages/search?{wrong}")).await.status, 400, "{wrong}");
        }
        let long = format!("/messages/search?q={}", "x".repeat(257));
        assert_eq!(token.get(&long).await.status, 400);
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_double() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        for number in 0..25 {
            token.send(if number % 5 == 0 { OTHER } else { ECHO }, &format!("bike {number:02}")).await;
        }
        read_on(&stage).await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = look(&token, &format!("q=bike&limit=10{cursor}")).await;
            let results = page["results"].as_array().expect("results").clone();
            seen.extend(results.iter().map(|result| result["message"]["text"].as_str().expect("text").to_owned()));
            // What comes meanwhile is newer than what is left.
            token.send(ECHO, "bike later").await;
            read_on(&stage).await;
            match page["next_cursor"].as_i64() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let expected: Vec<String> = (0..25).rev().map(|number| format!("bike {number:02}")).collect();
        assert_eq!(seen, expected);
        assert_eq!(texts(&token, "q=bike&label=none").await, [""; 0]);
    }
}

#[tokio::test]
async fn edited_and_deleted_messages_are_found_as_they_are_now() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hello").await;
        let note = message_uid(&token.post("/chats/1/notes", json!({"text": "secret plan"})).await.body());
        let uid = receive(&stage, "+12025550100", "3A01", "see you thusday").await;
        read_on(&stage).await;
        assert_eq!(texts(&token, "q=thusday").await.len(), 1);
        let (account, now) = (stage.account, stage.clock.now().ms());
        let edit = move |write: &mut partyline::store::Write<'_, '_>| {
            let chat = transport::Address::from_phone("+12025550100");
            let sender = transport::Sender { address: chat.clone(), name: String::new() };
            let text = "see you thursday".to_owned();
            let edit = transport::IncomingEdit { chat, sender, wamid: "3A01".into(), text, at_ms: now + 1 };
            partyline::inbox::changes::record_edit(write, account, &edit)
        };
        assert!(stage.write(stage.workspace, edit).await);
        let gone = token.ask(Method::DELETE, &format!("/chats/1/notes/{note}"), Body::empty()).await;
        assert_eq!(gone.status, 200);
        read_on(&stage).await;
        assert_eq!(texts(&token, "q=thusday").await, [""; 0]);
        let found = look(&token, "q=thursday").await;
        assert_eq!(found["results"][0]["message"]["uid"], json!(uid));
        assert_eq!(texts(&token, "q=secret").await, [""; 0]);
        let revoke = move |write: &mut partyline::store::Write<'_, '_>| {
            let chat = transport::Address::from_phone("+12025550100");
            let sender = transport::Sender { address: chat.clone(), name: String::new() };
            let revoke = transport::IncomingRevoke { chat, sender, wamid: "3A01".into(), at_ms: now + 2 };
            partyline::inbox::changes::record_revoke(write, account, &revoke)
        };
        assert!(stage.write(stage.workspace, revoke).await);
        read_on(&stage).await;
        assert_eq!(texts(&token, "q=thursday").await, [""; 0]);
        assert_eq!(texts(&token, "").await, ["hello"]);
    }
}

#[tokio::test]
async fn nobody_finds_what_is_another_workspaces() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "our bike").await;
        let outsider = stage.outsider().await;
        outsider.send(ECHO, "their bike").await;
        read_on(&stage).await;
        assert_eq!(texts(&token, "q=bike").await, ["our bike"]);
        assert_eq!(texts(&outsider, "q=bike").await, ["their bike"]);
        assert_eq!(texts(&outsider, "").await, ["their bike"]);
    }
}

#[tokio::test]
async fn a_search_that_fell_behind_goes_through_the_messages_themselves() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "from before the search").await;
        let found = look(&token, "q=before").await;
        assert_eq!((&found["is_complete"], &found["results"]), (&json!(false), &json!([])));
        read_on(&stage).await;
        assert_eq!(look(&token, "q=before").await["is_complete"], true);
        assert_eq!(texts(&token, "q=before").await.len(), 1);
        token.send(ECHO, "while nobody was looking").await;
        stage.advance(Duration::from_secs(31 * 24 * 3600));
        assert!(partyline::sweeper::sweep(&stage.app).await.expect("swept") > 0, "the log has forgotten");
        token.send(ECHO, "after that").await;
        read_on(&stage).await;
        assert_eq!(texts(&token, "q=nobody").await, ["while nobody was looking"]);
        assert_eq!(texts(&token, "").await, ["after that", "while nobody was looking", "from before the search"]);
        let (other, actor) = stage.other_node(&token);
        token.send(ECHO, "one more").await;
        let (one, two) = tokio::join!(catch_up(&stage.app), catch_up(&other));
        one.and(two).expect("both read on");
        assert_eq!(texts(&actor, "q=more").await, ["one more"], "several nodes take it in once");
    }
}
