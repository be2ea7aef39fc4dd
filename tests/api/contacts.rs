//! One contact by a phone and by the id that hides it: one chat from then on, both addresses everywhere, and nothing lost.

use std::time::Duration;

use partyline::accounts::Supervisor;
use partyline::inbox::changes::record_edit;
use partyline::inbox::contacts::join_addresses;
use partyline::inbox::reactions::record_reaction;
use partyline::inbox::receive::receive_message;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use transport::{Address, Incoming, IncomingBody, IncomingEdit, IncomingReaction, SameContact, Sender};

use crate::kit::{Actor, Engine, TestApp};
use crate::support::{events, message_uid};

const PHONE: &str = "+12025550177";
const LID: &str = "202555011770099@lid";
const OTHER_LID: &str = "202555011770077@lid";

fn address(of: &str) -> Address {
    if of.contains('@') { Address::from_jid(of) } else { Address::from_phone(of) }
}

fn sender(of: &str) -> Sender {
    Sender { address: address(of), name: "Ines".into() }
}

/// They write from this address of theirs.
async fn says(stage: &TestApp, from: &str, wamid: &str, text: &str) -> String {
    let incoming = Incoming {
        chat: address(from),
        chat_name: String::new(),
        sender: sender(from),
        wamid: wamid.to_owned(),
        at_ms: stage.clock.now().ms(),
        body: IncomingBody::Text(text.to_owned()),
        reply_to: None,
    };
    let (account, uid) = (stage.account, stage.app.ids.message_uid(stage.clock.now()));
    stage.write(stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await.to_string()
}

/// WhatsApp tells that both are one person.
async fn told(stage: &TestApp, phone: &str, lid: &str) {
    let same = SameContact { phone: address(phone), lid: address(lid) };
    stage.write(stage.workspace, move |write| join_addresses(write, &same)).await;
}

async fn chats(token: &Actor) -> Vec<(i64, String, String)> {
    let told = token.get("/chats").await.body();
    let rows = told["data"]["chats"].as_array().expect("chats").clone();
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    let mut rows: Vec<_> =
        rows.iter().map(|row| (row["id"].as_i64().expect("a number"), text(row, "jid"), text(row, "phone"))).collect();
    rows.sort_unstable();
    rows
}

async fn texts(token: &Actor, chat: i64) -> Vec<String> {
    let told = token.get(&format!("/chats/{chat}/messages?sorting_order=asc")).await.body();
    let rows = told["data"]["messages"].as_array().expect("messages");
    rows.iter().map(|row| row["text"].as_str().expect("text").to_owned()).collect()
}

fn phone_jid() -> String {
    address(PHONE).jid().to_owned()
}

#[tokio::test]
async fn a_hidden_chat_becomes_the_phones_with_all_that_is_in_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let first = says(&stage, LID, "M1", "Is it ready?").await;
        assert_eq!(chats(&token).await, [(1, LID.to_owned(), String::new())]);
        told(&stage, PHONE, LID).await;
        let before = events(&stage).await;
        assert_eq!(before.last(), Some(&("chat:contact", String::new())));
        told(&stage, PHONE, LID).await;
        assert_eq!(events(&stage).await.len(), before.len(), "told again it is no news");
        assert_eq!(chats(&token).await, [(1, phone_jid(), PHONE.to_owned())]);
        // From whichever address, also the same message once more.
        assert_eq!(says(&stage, PHONE, "M1", "Is it ready?").await, first);
        assert_eq!(says(&stage, LID, "M1", "Is it ready?").await, first);
        says(&stage, LID, "M2", "Hello?").await;
        says(&stage, PHONE, "M3", "I come by").await;
        let to = json!({"jid": LID, "text": "It is"});
        let sent = message_uid(&token.post("/messages/to_jid", to).await.body());
        token.send(PHONE, "See you").await;
        assert_eq!(texts(&token, 1).await, ["Is it ready?", "Hello?", "I come by", "It is", "See you"]);
        assert_eq!(chats(&token).await.len(), 1);
        let explained = token.get(&format!("/messages/{sent}/explain")).await.body();
        let contact = json!({"name": "Ines", "phone": PHONE, "lid": LID});
        assert_eq!(explained["data"]["contact"], contact);
    }
}

#[tokio::test]
async fn where_both_have_a_chat_both_stay_and_the_phones_goes_on() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        says(&stage, LID, "M1", "Is it ready?").await;
        says(&stage, PHONE, "M2", "My other phone").await;
        assert_eq!(token.post("/chats/1/notes", json!({"text": "Prefers mornings"})).await.status, 200);
        assert_eq!(token.post("/chats/1/labels", json!({"labels": ["vip"]})).await.status, 200);
        told(&stage, PHONE, LID).await;
        assert_eq!(chats(&token).await, [(1, LID.to_owned(), PHONE.to_owned()), (2, phone_jid(), PHONE.to_owned())]);
        let named: Vec<_> = events(&stage).await.into_iter().filter(|event| event.0 == "chat:contact").collect();
        assert_eq!(named, [("chat:contact", "2".to_owned()), ("chat:contact", "1".to_owned())]);
        says(&stage, LID, "M1", "Is it ready?").await;
        says(&stage, PHONE, "M1", "Is it ready?").await;
        says(&stage, LID, "M3", "It's me again").await;
        assert_eq!(texts(&token, 1).await, ["Is it ready?", "Prefers mornings"]);
        assert_eq!(texts(&token, 2).await, ["My other phone", "It's me again"]);
        assert_eq!(token.get("/chats/1/labels").await.body()["data"]["labels"], json!(["vip"]));
        // Both are the contact's, whichever way the phone is asked for.
        let digits = PHONE.trim_start_matches('+');
        for asked in [format!("%2B{digits}"), format!("%2B{digits}&closed=false"), digits[3..].to_owned()] {
            let found = token.get(&format!("/chats?phone={asked}")).await.body();
            let ids: Vec<_> =
                found["data"]["chats"].as_array().expect("chats").iter().map(|chat| &chat["id"]).collect();
            assert_eq!(ids, [1, 2], "{asked}: said at once, so the name decides");
        }
    }
}

#[tokio::test]
async fn who_writes_in_a_group_bears_both_addresses() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        told(&stage, PHONE, LID).await;
        let group = Address::from_jid("120363000000000001@g.us");
        let (account, at_ms) = (stage.account, stage.clock.now().ms());
        for (wamid, from) in [("M1", LID), ("M2", PHONE)] {
            let incoming = Incoming {
                chat: group.clone(),
                chat_name: "Tuesday ride".to_owned(),
                sender: sender(from),
                wamid: wamid.to_owned(),
                at_ms,
                body: IncomingBody::Text("I ride along".to_owned()),
                reply_to: None,
            };
            let uid = stage.app.ids.message_uid(stage.clock.now());
            let uid = stage.write(stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
            let contact = json!({"name": "Ines", "phone": PHONE, "lid": LID});
            let explained = token.get(&format!("/messages/{uid}/explain")).await.body();
            assert_eq!(explained["data"]["contact"], contact, "{from}");
            let heard = token.get("/events?types=message:received:new").await.body();
            let last = heard["data"]["events"].as_array().expect("events").last().expect("an event").clone();
            assert_eq!(last["contact"], contact, "{from}");
            assert_eq!(last["bodies"][0]["message"]["sender"], json!({"full_name": "Ines", "phone": PHONE}), "{from}");
            let (from, edit_text) = (from.to_owned(), format!("I ride along, {wamid}"));
            let edit = IncomingEdit {
                chat: group.clone(),
                sender: sender(&from),
                wamid: wamid.to_owned(),
                text: edit_text,
                at_ms: at_ms + 1,
            };
            assert!(stage.write(stage.workspace, move |write| record_edit(write, account, &edit)).await);
            let heard = token.get("/events?types=message:edited").await.body();
            let last = heard["data"]["events"].as_array().expect("events").last().expect("an event").clone();
            let wanted = json!({"full_name": "Ines", "phone": PHONE, "lid": LID});
            assert_eq!(last["bodies"][0]["message"]["sender"], wanted, "{last:#}");
        }
        partyline::indexer::catch_up(&stage.app).await.expect("it is read");
        let found = token.get("/messages/search?q=ride").await.body();
        assert_eq!(found["data"]["results"][0]["message"]["data"]["contact"]["lid"], LID, "{found:#}");
    }
}

#[tokio::test]
async fn what_was_said_under_one_address_is_changed_from_the_other() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        says(&stage, LID, "M1", "Thusday").await;
        says(&stage, PHONE, "M2", "Fryday").await;
        told(&stage, PHONE, LID).await;
        let (account, at_ms) = (stage.account, stage.clock.now().ms());
        for (from, wamid, text) in [(PHONE, "M1", "Thursday"), (LID, "M2", "Friday")] {
            let (chat, sender) = (address(from), sender(from));
            let edit = IncomingEdit { chat, sender, wamid: wamid.into(), text: text.into(), at_ms };
            assert!(stage.write(stage.workspace, move |write| record_edit(write, account, &edit)).await);
        }
        for from in [PHONE, LID] {
            let reaction = IncomingReaction {
                chat: address(from),
                sender: sender(from),
                wamid: "M1".into(),
                to_sender: Some(address(from)),
                emoji: "\u{1f44d}".into(),
                at_ms,
            };
            let is_new = stage.write(stage.workspace, move |write| record_reaction(write, account, &reaction)).await;
            assert_eq!(is_new, from == PHONE, "a person reacts once");
        }
        assert_eq!(texts(&token, 1).await, ["Thursday"]);
        assert_eq!(texts(&token, 2).await, ["Friday"]);
    }
}

#[tokio::test]
async fn a_number_that_changes_hands_takes_nobody_elses_messages_along() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        told(&stage, PHONE, LID).await;
        says(&stage, LID, "M1", "The first owner").await;
        told(&stage, PHONE, OTHER_LID).await;
        says(&stage, OTHER_LID, "M2", "The second owner").await;
        says(&stage, LID, "M3", "I have no number now").await;
        assert_eq!(chats(&token).await, [(1, phone_jid(), PHONE.to_owned()), (2, LID.to_owned(), String::new())]);
        assert_eq!(texts(&token, 2).await, ["I have no number now"]);
    }
}

#[tokio::test]
async fn both_addresses_stand_in_every_answer_of_our_own() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        crate::staff::unhurried(&stage).await;
        let token = stage.token().await;
        token.send("+1 202 555 0158", "Hello").await;
        let stop = CancellationToken::new();
        let supervisor = Supervisor::start(stage.app.clone(), stop.clone());
        let mut heard = json!(null);
        for _ in 0..1_000 {
            heard = token.get("/events?types=message:received:new").await.body()["data"]["events"][0].clone();
            if !heard.is_null() {
                break;
            }
            stage.advance(Duration::from_secs(2));
            tokio::task::yield_now().await;
        }
        stop.cancel();
        supervisor.finished().await;
        let (phone, lid) = ("+12025550158", "202555011580099@lid");
        let contact = heard["contact"].clone();
        assert_eq!((&contact["phone"], &contact["lid"]), (&json!(phone), &json!(lid)), "{heard:#}");
        let happened = token.get("/events?types=chat:contact").await.body();
        let chat = &happened["data"]["events"][0]["bodies"][0]["chat"];
        assert_eq!((&chat["phone"], &chat["lid"]), (&json!(phone), &json!(lid)), "{happened:#}");
        let later = json!({"text": "Tomorrow then", "send_at": "2026-01-20T09:00:00Z"});
        assert_eq!(token.post("/chats/1/messages", later).await.status, 200);
        let scheduled = token.get("/messages/scheduled").await.body();
        assert_eq!(scheduled["data"]["messages"][0]["data"]["contact"], contact);
        partyline::indexer::catch_up(&stage.app).await.expect("it is read");
        let found = token.get("/messages/search?q=hello").await.body();
        assert_eq!(found["data"]["results"][0]["message"]["data"]["contact"], contact, "{found:#}");
    }
}
