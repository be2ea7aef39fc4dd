//! Attachments that WhatsApp didn't give, in the inbox.

use axum::http::StatusCode;
use partyline::inbox::receive::receive_message;
use partyline::store::Write;
use partyline::store::message_files::message_file_unavailable;
use transport::{Address, FileKind, Incoming, IncomingBody, IncomingFile, Sender};

use crate::kit::{Engine, TestApp};
use crate::owner;

#[tokio::test]
async fn a_file_that_was_given_up_says_why_and_can_be_tried_again() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let address = Address::from_phone("+12025550171");
    let file = IncomingFile {
        kind: FileKind::Image,
        mimetype: "image/png".into(),
        filename: "bike.png".into(),
        size_bytes: 9,
        caption: String::new(),
        source: "somewhere".into(),
    };
    let incoming = Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: "M1".into(),
        at_ms: app.clock.now().ms(),
        body: IncomingBody::File(file),
        reply_to: None,
    };
    let (account, uid) = (app.account, app.app.ids.message_uid(app.clock.now()));
    let uid = app.write(app.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
    let give_up = move |write: &mut Write<'_, '_>| Ok(message_file_unavailable(write, uid, "WhatsApp has it no more")?);
    assert!(app.write(app.workspace, give_up).await);
    let lost = ana.get("//inbox/1").await.text();
    assert!(lost.contains("Not available: WhatsApp has it no more") && lost.contains(">Try again<"), "{lost}");
    let again = ana.post_form("//inbox/1/attachment", &format!("message={uid}")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text());
    let waits = ana.get("//inbox/1").await.text();
    assert!(waits.contains("On its way from WhatsApp") && !waits.contains(">Try again<"), "{waits}");
    let nobody = ana.post_form("//inbox/1/attachment", "message=x").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}
