//! Reactions: ours through the outbox, theirs as WhatsApp tells them.

use axum::body::Body;
use axum::http::Method;
use partyline::inbox::reactions::{record_reaction, record_refused, record_told};
use partyline::store::outbox::{OutboxBody, OutboxReaction};
use serde_json::{Value, json};
use transport::{Address, IncomingReaction, Sender};

use crate::kit::{Actor, ECHO, Engine, TestApp};
use crate::support::{OWN_PHONE, cloud_account, credits_used, events, receive, receive_on, waiting};

async fn react(actor: &Actor, uid: &str, emoji: &str) -> crate::kit::Answer {
    let body = Body::from(json!({"reaction": emoji}).to_string());
    actor.ask(Method::PATCH, &format!("/messages/{uid}/reactions"), body).await
}

async fn reactions(actor: &Actor, uid: &str) -> Value {
    actor.get(&format!("/messages/{uid}/reactions")).await.body()["data"].clone()
}

fn told(wamid: &str, to_sender: Option<&str>, from: &str, emoji: &str, at_ms: i64) -> IncomingReaction {
    IncomingReaction {
        chat: Address::from_phone(ECHO.replace(' ', "").as_str()),
        sender: Sender { address: Address::from_phone(from), name: "Maria".into() },
        wamid: wamid.to_owned(),
        to_sender: to_sender.map(Address::from_phone),
        emoji: emoji.to_owned(),
        at_ms,
    }
}

async fn hear(stage: &TestApp, told: IncomingReaction) -> bool {
    let account = stage.account;
    stage.write(stage.workspace, move |write| record_reaction(write, account, &told)).await
}

#[tokio::test]
async fn ours_shows_at_once_and_waits_its_turn_for_free() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let theirs = receive(&stage, "+12025550100", "3A01", "May I come at three?").await;
        token.send(ECHO, "Yes").await;
        let answer = react(&token, &theirs, "👍").await;
        assert_eq!(answer.body()["data"]["message_uid"], theirs);
        insta::assert_snapshot!("ours", token.get(&format!("/messages/{theirs}/reactions")).await.told());
        let shown = token.get(&format!("/messages/{theirs}")).await.body()["data"]["reactions"].clone();
        let listed = token.get("/chats/1/messages?sorting_order=asc").await.body()["data"]["messages"].clone();
        assert_eq!((&shown, listed.as_array().map(Vec::len)), (&listed[0]["reactions"], Some(2)));
        assert_eq!((&shown["total"], &listed[1]["reactions"]["total"]), (&json!(1), &json!(0)));
        let [message, reaction] = waiting(&stage, 1).await.try_into().expect("both wait, in order");
        assert!(matches!(message.body, OutboxBody::Message { .. }));
        let OutboxBody::Reaction(OutboxReaction { send, to_wamid, to_sender_jid }) = reaction.body else {
            panic!("no reaction")
        };
        assert_eq!((send.emoji.as_str(), to_wamid.as_str()), ("👍", "3A01"));
        assert_eq!(to_sender_jid, "12025550100@s.whatsapp.net");
        assert_eq!(credits_used(&stage, &token).await, 1, "the message's");
        let last = events(&stage).await.pop().expect("an event");
        assert_eq!(last, ("message:reaction", r#"{"action":"set","emoji":"👍","jid":"","name":""}"#.into()));
        assert_eq!(react(&token, &theirs, "👍").await.status, 200, "the same again");
        assert_eq!(waiting(&stage, 1).await.len(), 2, "changes nothing");
    }
}

#[tokio::test]
async fn ours_is_taken_back_and_may_be_put() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "hi").await;
        let put = Body::from(r#"{"reaction":"❤️"}"#);
        let answer = token.ask(Method::PUT, &format!("/messages/{uid}/reactions"), put).await;
        assert_eq!((answer.status.as_u16(), reactions(&token, &uid).await["total"].clone()), (200, json!(1)));
        assert_eq!(react(&token, &uid, "").await.status, 200);
        assert_eq!(reactions(&token, &uid).await, json!({"users": [], "reactions": {}, "total": 0}));
        let waits: Vec<String> = waiting(&stage, 1).await.into_iter().filter_map(emoji_of).collect();
        assert_eq!(waits, ["❤️", ""]);
        let stage = stage.restarted().await;
        let waits: Vec<String> = waiting(&stage, 1).await.into_iter().filter_map(emoji_of).collect();
        assert_eq!(waits, ["❤️", ""], "they wait through a restart");
    }
}

fn emoji_of(message: partyline::store::outbox::OutboxMessage) -> Option<String> {
    match message.body {
        OutboxBody::Reaction(reaction) => Some(reaction.send.emoji),
        OutboxBody::Message { .. } | OutboxBody::Change(_) => None,
    }
}

#[tokio::test]
async fn what_whatsapp_refuses_shows_again_as_whatsapp_has_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let uid = token.send(ECHO, "hi").await;
        for emoji in ["👍", "❤️", "🙏"] {
            assert_eq!(react(&token, &uid, emoji).await.status, 200);
        }
        let sends = waiting(&stage, 1).await.into_iter().filter_map(|message| match message.body {
            OutboxBody::Reaction(reaction) => Some(reaction.send),
            OutboxBody::Message { .. } | OutboxBody::Change(_) => None,
        });
        let [first, second, third] = sends.collect::<Vec<_>>().try_into().expect("three");
        stage.write(stage.workspace, move |write| record_told(write, &first)).await;
        stage.write(stage.workspace, move |write| record_refused(write, &second)).await;
        assert_eq!(reactions(&token, &uid).await["reactions"], json!({"🙏": 1}), "the third is still on its way");
        stage.write(stage.workspace, move |write| record_refused(write, &third)).await;
        assert_eq!(reactions(&token, &uid).await["reactions"], json!({"👍": 1}));
        let last = events(&stage).await.pop().expect("an event");
        assert!(last.1.contains("👍"), "{last:?}");
    }
}

#[tokio::test]
async fn theirs_are_heard_once_each_and_the_latest_counts() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let theirs = receive(&stage, "+12025550100", "3A01", "Look").await;
        let heard =
            |emoji: &str, at_ms: i64| hear(&stage, told("3A01", Some("+12025550100"), "+12025550100", emoji, at_ms));
        assert!(heard("😂", 2_000).await);
        assert!(!heard("😂", 2_000).await, "told twice");
        assert!(!heard("👍", 1_000).await, "told late");
        insta::assert_snapshot!("theirs", token.get(&format!("/messages/{theirs}/reactions")).await.told());
        assert!(heard("", 3_000).await);
        assert!(!heard("😂", 2_500).await, "what was taken back stays away");
        assert_eq!(reactions(&token, &theirs).await["total"], 0);
        assert!(heard("🙏", 4_000).await);
        assert!(hear(&stage, told("3A01", Some("+12025550100"), OWN_PHONE, "👍", 5_000)).await, "ours, from the phone");
        assert_eq!(reactions(&token, &theirs).await["reactions"], json!({"👍": 1, "🙏": 1}));
        assert!(!hear(&stage, told("3A99", None, "+12025550100", "👍", 9_000)).await, "nobody knows that message");
        assert!(!hear(&stage, told("3A01", None, "+12025550100", "👍", 9_000)).await, "nor did we send it");
        let told: Vec<String> = events(&stage)
            .await
            .into_iter()
            .filter(|event| event.0 == "message:reaction")
            .map(|event| event.1)
            .collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[1], r#"{"action":"clear","emoji":"","jid":"12025550100@s.whatsapp.net","name":"Maria"}"#);
    }
}

#[tokio::test]
async fn a_reaction_is_one_emoji() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let uid = token.send(ECHO, "hi").await;
    for wrong in ["ok", "👍👍", ":)", "a", "👍\u{0}"] {
        let answer = react(&token, &uid, wrong).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body()["errors"][0]["fields"]),
            (400, &json!(["reaction"])),
            "{wrong}"
        );
    }
    insta::assert_snapshot!("no_emoji", react(&token, &uid, "thanks").await.told());
    let joined = ["👍"; 26].join("\u{200d}");
    assert_eq!(joined.chars().count(), 51);
    assert!(react(&token, &uid, &joined).await.text().contains("51 characters"));
    let missing = token.ask(Method::PATCH, &format!("/messages/{uid}/reactions"), Body::from("{}")).await;
    assert_eq!(missing.body()["errors"][0]["fields"], json!(["reaction"]));
    assert_eq!(react(&token, "019b0000-0000-7000-8000-000000000000", "👍").await.status, 404);
    assert_eq!(react(&stage.outsider().await, &uid, "👍").await.status, 404);
}

#[tokio::test]
async fn what_can_bear_no_reaction_says_why() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "hi").await;
        let note = crate::support::message_uid(&token.post("/chats/1/notes", json!({"text": "kind"})).await.body());
        insta::assert_snapshot!("on_a_note", react(&token, &note, "👍").await.told());
        let account = cloud_account(&stage, "+12125550198").await;
        receive_on(&stage, account, "+12025550100", "wamid.A", "Hello").await;
        let body = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": "+12125550198"});
        let real = crate::support::message_uid(&token.post("/messages", body).await.body());
        assert_eq!(react(&token, &real, "👍").await.status, 200);
        let sandboxed = stage.token_of(stage.workspace, partyline::workspace::tokens::Scope::Full, true).await;
        assert_eq!(react(&sandboxed, &real, "❤️").await.status, 403);
    }
}
