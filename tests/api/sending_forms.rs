//! Every form of a send: to a phone, a JID, a chat, a chat's name; with text, an attachment, an answer, a label, a name.

use partyline::store::outbox::OutboxBody;
use serde_json::json;

use crate::kit::{ECHO, Engine, TestApp};
use crate::support::{
    GROUP, OWN_PHONE, account_like, cloud_account, credits_used, message_uid, receive, upload, waiting,
};

#[tokio::test]
async fn every_form_reaches_its_chat() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let named = json!({"phone": ECHO, "text": "1", "chat_name": "Maria"});
        assert_eq!(token.post("/messages", named).await.status, 200);
        let sends = [
            ("/v2/messages", json!({"phone": "1.202.555.0100", "text": "2"})),
            ("/messages/to_jid", json!({"jid": "12025550100@s.whatsapp.net", "text": "3", "id": 5})),
            ("/chats/1/messages", json!({"text": "4", "chat_id": 1})),
            ("/v2/chats/1/messages", json!({"text": "5", "label": null})),
            ("/messages/to_chat_name", json!({"chat_name": "Maria", "text": "6"})),
            (
                "/messages/to_chat_name",
                json!({"chat_name": "MARIA", "text": "7", "whatsapp_account_id": "12025550198@s.whatsapp.net"}),
            ),
        ];
        for (path, body) in sends {
            let answer = token.post(path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        }
        let texts: Vec<OutboxBody> = waiting(&stage, 1).await.into_iter().map(|message| message.body).collect();
        let expected = ["1", "2", "3", "4", "5", "6", "7"];
        let expected = expected.map(|text| OutboxBody::Message { text: text.into(), attachment: None, template: None });
        assert_eq!(texts, expected, "in one chat, in the order of acceptance");
        assert_eq!(credits_used(&stage, &token).await, 7);
    }
}

#[tokio::test]
async fn a_group_and_a_hidden_contact_are_reached_by_their_jids() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        for jid in [GROUP, "12025550100-1400000000@g.us", "99887766@lid"] {
            let answer = token.post("/messages/to_jid", json!({"jid": jid, "text": "hi"})).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let chat = token.get("/chats/1").await.body()["data"].clone();
        assert_eq!((&chat["jid"], &chat["is_group"], &chat["phone"]), (&json!(GROUP), &json!(true), &json!("")));
        let again = json!({"jid": GROUP, "text": "again", "chat_name": "Friends of the harbour"});
        assert_eq!(token.post("/messages/to_jid", again).await.status, 200);
        assert_eq!(token.get("/chats/1").await.body()["data"]["name"], "Friends of the harbour");
        assert_eq!(waiting(&stage, 1).await.len(), 2);
        assert_eq!(token.get("/chats/3").await.body()["data"]["jid"], "99887766@lid");
    }
}

#[tokio::test]
async fn a_group_where_a_phone_belongs_is_refused() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let group = token.post("/messages", json!({"phone": GROUP, "text": "hi"})).await;
    assert_eq!(group.body()["message"], format!("Wrong phone number \"{GROUP}\""));
    let account = json!({"phone": ECHO, "text": "hi", "whatsapp_account_id": GROUP});
    let answer = token.post("/messages", account).await.body();
    assert_eq!(answer["errors"][0]["fields"], json!(["whatsapp_account_id"]));
    insta::assert_snapshot!(
        "wrong_jid",
        token.post("/messages/to_jid", json!({"jid": ECHO, "text": "hi"})).await.told()
    );
}

#[tokio::test]
async fn a_message_with_an_attachment_costs_two_and_shows_it() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let file = upload(&stage, stage.workspace, "offer.pdf").await;
        let both = json!({"phone": ECHO, "text": "Our offer", "file_uid": file});
        let uid = message_uid(&token.post("/messages", both).await.body());
        assert_eq!(credits_used(&stage, &token).await, 2);
        let alone = json!({"phone": ECHO, "text": "", "file_uid": file});
        assert_eq!(token.post("/messages", alone).await.status, 200);
        assert_eq!(credits_used(&stage, &token).await, 3);
        let shown = token.get(&format!("/messages/{uid}")).await.body()["data"].clone();
        assert_eq!((&shown["has_attachment"], &shown["attachment_filename"]), (&json!(true), &json!("offer.pdf")));
        let url = shown["attachment_url"].as_str().expect("a link");
        assert!(url.starts_with("https://line.example/files/"), "{url}");
        let told = json!({"kind": "document", "mimetype": "application/pdf", "size": 1234, "state": "ready"});
        assert_eq!(shown["data"], json!({"attachment": told}));
        let listed = token.get("/chats/1/messages?sorting_order=asc").await.body()["data"]["messages"].clone();
        assert_eq!((&listed[0], &listed[1]["has_attachment"]), (&shown, &json!(true)));
        let [first, _] = waiting(&stage, 1).await.try_into().expect("two wait");
        let OutboxBody::Message { text, attachment: Some(sent), .. } = first.body else { panic!("no attachment") };
        assert_eq!((text.as_str(), sent.sha256), ("Our offer", Some([7; 32])));
    }
}

#[tokio::test]
async fn an_attachment_that_is_not_there_is_named() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let (other, _) = stage.other_workspace().await;
    let foreign = upload(&stage, other, "theirs.pdf").await;
    let with = |file: &str| json!({"phone": ECHO, "text": "hi", "file_uid": file});
    let told = token.post("/messages", with(&foreign)).await.told();
    insta::assert_snapshot!("unknown_file", told);
    let nobodys = token.post("/messages", with("019b0000-0000-7000-8000-000000000000")).await.told();
    assert_eq!(told, nobodys, "a foreign file is an unknown one");
    insta::assert_snapshot!("no_uuid", token.post("/messages", with("offer.pdf")).await.told());
    let two = json!({"phone": ECHO, "file_uid": foreign, "attachment_template_id": "7"});
    assert_eq!(token.post("/messages", two).await.body()["errors"][0]["fields"], json!(["file_uid"]));
    insta::assert_snapshot!("nothing_to_send", token.post("/chats/1/messages", json!({"text": ""})).await.told());
    assert_eq!(credits_used(&stage, &token).await, 0);
}

#[tokio::test]
async fn an_answer_names_a_message_of_its_chat() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let theirs = receive(&stage, ECHO, "3A01", "May I come at three?").await;
        let elsewhere = token.send("+1 202 555 0102", "another chat").await;
        for (key, path) in [("reply_to", "/chats/1/messages"), ("reply_to_uid", "/messages/to_chat_name")] {
            let mut body = json!({"text": "Yes", "chat_name": "Maria"});
            body[key] = json!(theirs);
            let answer = token.post(path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            let shown = token.get(&format!("/messages/{}", message_uid(&answer.body()))).await.body();
            assert_eq!(shown["data"]["data"], json!({"reply_to_uid": theirs}));
        }
        assert_eq!(waiting(&stage, 1).await[0].reply_to_wamid.as_deref(), Some("3A01"));
        for uid in [elsewhere.as_str(), "019b0000-0000-7000-8000-000000000000"] {
            let answer = token.post("/chats/1/messages", json!({"text": "Yes", "reply_to": uid})).await.body();
            let rule = "is not in this chat; reply_to takes the uid of a message of the same chat";
            assert_eq!(answer["message"], format!("Message {uid} {rule}"));
        }
        let differing = json!({"text": "Yes", "reply_to": theirs, "reply_to_uid": elsewhere});
        assert_eq!(token.post("/chats/1/messages", differing).await.status, 400);
        let note = message_uid(&token.post("/chats/1/notes", json!({"text": "was kind"})).await.body());
        let answer = token.post("/chats/1/messages", json!({"text": "Yes", "reply_to": note})).await;
        assert!(answer.text().contains("is no WhatsApp message"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_chat_is_found_by_its_name() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        for (phone, name) in [(ECHO, "Łódź office"), ("+1 202 555 0102", "ŁÓDŹ office"), ("+1 202 555 0103", "Porto")]
        {
            let body = json!({"phone": phone, "text": "hi", "chat_name": name});
            assert_eq!(token.post("/messages", body).await.status, 200);
        }
        let to = |name: &str| json!({"chat_name": name, "text": "to you"});
        for (name, chat) in [("Łódź office", 1), ("ŁÓDŹ office", 2), ("porto", 3)] {
            assert_eq!(token.post("/messages/to_chat_name", to(name)).await.status, 200);
            assert_eq!(waiting(&stage, chat).await.len(), 2, "{name}");
        }
        insta::assert_snapshot!("ambiguous_name", token.post("/messages/to_chat_name", to("łódź office")).await.told());
        insta::assert_snapshot!("unknown_name", token.post("/messages/to_chat_name", to("Lisbon")).await.told());
        let nameless = token.post("/messages/to_chat_name", json!({"text": "hi"})).await.body();
        assert_eq!(nameless["errors"][0]["fields"], json!(["chat_name"]));
        let outsider = stage.outsider().await;
        assert_eq!(outsider.post("/messages/to_chat_name", to("Porto")).await.status, 404);
    }
}

#[tokio::test]
async fn a_send_to_a_chat_goes_from_its_account() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "from the first").await;
        let newer = account_like(&stage, "+12125550198", |account| {
            account.linked_at = account.linked_at + std::time::Duration::from_secs(60)
        });
        newer.await;
        assert_eq!(token.post("/chats/1/messages", json!({"text": "still"})).await.status, 200);
        assert_eq!(waiting(&stage, 1).await.len(), 2);
        let named = json!({"chat_name": ECHO.replace(' ', ""), "text": "hi", "whatsapp_account_phone": "+12125550198"});
        insta::assert_snapshot!("not_its_account", token.post("/messages/to_chat_name", named).await.told());
        let differing = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": OWN_PHONE, "whatsapp_account_id": "+12125550198"});
        assert_eq!(token.post("/messages", differing).await.status, 400);
        let by_jid = json!({"phone": ECHO, "text": "hi", "whatsapp_account_id": "12125550198@s.whatsapp.net"});
        assert_eq!(token.post("/messages", by_jid).await.status, 200);
        assert_eq!(token.get("/chats/2").await.body()["data"]["whatsapp_account_id"], "12125550198@s.whatsapp.net");
    }
}

#[tokio::test]
async fn an_unlinked_account_sends_nothing() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        account_like(&stage, "+12125550198", |account| account.unlinked_at = account.linked_at).await;
        let body = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": "+12125550198"});
        assert!(token.post("/messages", body).await.text().contains("was unlinked"));
    }
}

#[tokio::test]
async fn what_the_account_cannot_do_is_refused_before_anything_is_stored() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        cloud_account(&stage, "+12125550198").await;
        let body = json!({"jid": GROUP, "text": "hi", "whatsapp_account_phone": "+1 212 555 0198"});
        insta::assert_snapshot!("no_groups", token.post("/messages/to_jid", body).await.told());
        assert_eq!(token.get("/chats").await.body()["data"]["chats"], json!([]));
        assert_eq!(credits_used(&stage, &token).await, 0);
        let sandboxed = stage.token_of(stage.workspace, partyline::workspace::tokens::Scope::Full, true).await;
        let real = json!({"phone": ECHO, "text": "hi", "whatsapp_account_phone": "+1 212 555 0198"});
        assert_eq!(sandboxed.post("/messages", real).await.status, 403);
    }
}

#[tokio::test]
async fn a_label_and_a_name_come_with_the_send() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "first").await;
        for _ in 0..2 {
            let body = json!({"text": "hi", "label": " vip ", "chat_name": "Maria"});
            assert_eq!(token.post("/chats/1/messages", body).await.status, 200);
        }
        let chat = token.get("/chats/1").await.body()["data"].clone();
        assert_eq!((&chat["labels"], &chat["name"]), (&json!(["vip"]), &json!("Maria")));
        let events = crate::support::events(&stage).await;
        let count = |name: &str| events.iter().filter(|event| event.0 == name).count();
        assert_eq!((count("chat:labelled"), count("chat:renamed"), count("message:sent:new")), (1, 1, 3));
        let taken = json!({"phone": "+1 202 555 0102", "text": "hi", "chat_name": "Maria"});
        assert_eq!(token.post("/messages", taken).await.status, 400);
        assert_eq!(token.post("/chats/77/messages", json!({"text": "hi"})).await.status, 404);
    }
}

#[tokio::test]
async fn a_template_lends_its_file() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let file = upload(&stage, stage.workspace, "prices.pdf").await;
        let template = |name: &str, file: serde_json::Value| json!({"name": name, "text": "Hi", "file_uid": file});
        let with = token.post("/templates", template("Prices", json!(file))).await.body()["data"]["id"].clone();
        let without = token.post("/templates", template("Hello", json!(null))).await.body()["data"]["id"].clone();
        for id in [with.clone(), json!(with.to_string())] {
            let body = json!({"phone": ECHO, "text": "Our prices", "attachment_template_id": id});
            let uid = message_uid(&token.post("/messages", body).await.body());
            let shown = token.get(&format!("/messages/{uid}")).await.body()["data"].clone();
            assert_eq!((&shown["attachment_filename"], &shown["text"]), (&json!("prices.pdf"), &json!("Our prices")));
        }
        assert_eq!(credits_used(&stage, &token).await, 4);
        let asked = |id: serde_json::Value| json!({"phone": ECHO, "text": "hi", "attachment_template_id": id});
        for id in [without, json!(777_777)] {
            let answer = token.post("/messages", asked(id)).await.body();
            assert_eq!(answer["errors"][0]["fields"], json!(["attachment_template_id"]), "{answer}");
        }
        let outsider = stage.outsider().await;
        assert_eq!(outsider.post("/messages", asked(with)).await.status, 400);
    }
}
