//! Attachments that WhatsApp didn't give: why, and fetched again.

use partyline::inbox::receive::receive_message;
use partyline::store::Write;
use partyline::store::message_files::{message_file_due, message_file_unavailable};
use serde_json::json;
use transport::{Address, FileKind, Incoming, IncomingBody, IncomingFile, Sender};

use crate::kit::{ECHO, Engine, TestApp};

/// A picture arrives from somebody; its message's uid.
async fn picture(stage: &TestApp, source: &str) -> partyline::id::MessageUid {
    let address = Address::from_phone("+12025550171");
    let file = IncomingFile {
        kind: FileKind::Image,
        mimetype: "image/png".into(),
        filename: "bike.png".into(),
        size_bytes: 9,
        caption: String::new(),
        source: source.to_owned(),
    };
    let incoming = Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: format!("M{source}"),
        at_ms: stage.clock.now().ms(),
        body: IncomingBody::File(file),
        reply_to: None,
    };
    let (account, uid) = (stage.account, stage.app.ids.message_uid(stage.clock.now()));
    stage.write(stage.workspace, move |write| receive_message(write, account, uid, &incoming)).await
}

#[tokio::test]
async fn an_attachment_that_was_given_up_says_why_and_is_fetched_again() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (token, outsider) = (stage.token().await, stage.outsider().await);
        let uid = picture(&stage, "somewhere").await;
        let path = format!("/messages/{uid}/fetch_attachment");
        let waits = token.post(&path, json!({})).await;
        assert_eq!(waits.status, 400, "it is being fetched: {}", waits.text());
        let give_up =
            move |write: &mut Write<'_, '_>| Ok(message_file_unavailable(write, uid, "WhatsApp has it no more")?);
        assert!(stage.write(stage.workspace, give_up).await);
        let shown = async || token.get(&format!("/messages/{uid}")).await.body()["data"]["data"]["attachment"].clone();
        let lost = shown().await;
        assert_eq!((&lost["state"], &lost["reason"]), (&json!("unavailable"), &json!("WhatsApp has it no more")));
        assert_eq!(outsider.post(&path, json!({})).await.status, 404);
        let again = token.post(&path, json!({})).await;
        assert_eq!(again.status, 200, "{}", again.text());
        let waiting = shown().await;
        assert_eq!((&waiting["state"], waiting.get("reason")), (&json!("fetching"), None));
        let (workspace, account, now) = (stage.workspace, stage.account, stage.clock.now());
        let due =
            stage.app.read(move |tx| Ok(message_file_due(tx, workspace, account, now, 10)?)).await.expect("a look");
        assert_eq!(due.len(), 1, "at once");
        for (text, uid) in [("it has none", token.send(ECHO, "hi").await), ("message_uid", uid.to_string())] {
            let refused = token.post(&format!("/messages/{uid}/fetch_attachment"), json!({})).await;
            assert_eq!(refused.status, 400, "{}", refused.text());
            assert!(refused.text().contains(text), "{}", refused.text());
        }
    }
}
