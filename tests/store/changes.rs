//! What senders do to messages later: they change them, or take them back.

use partyline::clock::Time;
use partyline::event_kind::Kind;
use partyline::id::{AccountId, MessageUid};
use partyline::inbox::changes::{record_edit, record_revoke};
use partyline::inbox::reactions::record_reaction;
use partyline::store::message_files::{NewMessageFile, message_file_insert};
use partyline::store::messages::{MessageView, message_find};
use partyline::store::reactions::reaction_list;
use transport::{Address, FileKind, IncomingEdit, IncomingReaction, IncomingRevoke, Sender};

use crate::kit::TestApp;
use crate::round_trips::seen;
use crate::support::{both_engines, events, incoming, queue, receive};

const MARIA: &str = "+12025550100";
const RUI: &str = "+12025550102";
const OWN_PHONE: &str = "+12025550198";

fn sender(phone: &str) -> Sender {
    Sender { address: Address::from_phone(phone), name: String::new() }
}

async fn edit(stage: &TestApp, by: &str, wamid: &str, text: &str, at_ms: i64) -> bool {
    let chat = Address::from_phone(MARIA);
    let edit = IncomingEdit { chat, sender: sender(by), wamid: wamid.into(), text: text.into(), at_ms };
    let account = stage.account;
    stage.write(stage.workspace, move |write| record_edit(write, account, &edit)).await
}

async fn revoke(stage: &TestApp, account: AccountId, by: &str, wamid: &str, at_ms: i64) -> bool {
    let revoke = IncomingRevoke { chat: Address::from_phone(MARIA), sender: sender(by), wamid: wamid.into(), at_ms };
    stage.write(stage.workspace, move |write| record_revoke(write, account, &revoke)).await
}

async fn view(stage: &TestApp, uid: MessageUid) -> MessageView {
    let workspace = stage.workspace;
    seen(stage, move |tx| message_find(tx, workspace, uid)).await.expect("the message")
}

#[tokio::test]
async fn an_edit_counts_if_it_is_the_sender_s_and_the_latest() {
    both_engines(|stage| async move {
        let uid = receive(&stage, incoming(MARIA, "Maria", "3A01", "at tree", 1_000)).await;
        let before = view(&stage, uid).await;
        assert!(edit(&stage, MARIA, "3A01", "at three\0", 3_000).await);
        assert!(!edit(&stage, MARIA, "3A01", "at three", 3_000).await, "told twice");
        assert!(!edit(&stage, MARIA, "3A01", "at two", 2_000).await, "told late");
        assert!(!edit(&stage, RUI, "3A01", "at noon", 9_000).await, "not Rui's to change");
        assert!(!edit(&stage, MARIA, "3A99", "?", 9_000).await, "nobody knows that message");
        let after = view(&stage, uid).await;
        assert_eq!((after.message.text.as_str(), after.details.edited_at), ("at three", Time::from_ms(3_000)));
        assert_eq!(after.message.status, before.message.status, "no edit moves a status");
        let kinds = events(&stage, stage.workspace).await.into_iter().map(|event| (event.kind, event.message));
        assert_eq!(kinds.filter(|event| *event == (Kind::MessageEdited, Some(uid))).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_back_is_empty_and_stays_so() {
    both_engines(|stage| async move {
        let uid = receive(&stage, incoming(MARIA, "Maria", "3A01", "my secret", 1_000)).await;
        let (account, workspace) = (stage.account, stage.workspace);
        let file =
            NewMessageFile::to_fetch(account, FileKind::Image, "image/jpeg".into(), String::new(), 9, "x".into());
        stage.write(workspace, move |write| message_file_insert(write, uid, &file)).await;
        let reaction = IncomingReaction {
            chat: Address::from_phone(MARIA),
            sender: sender(OWN_PHONE),
            wamid: "3A01".into(),
            to_sender: Some(Address::from_phone(MARIA)),
            emoji: "👍".into(),
            at_ms: 1_500,
        };
        assert!(stage.write(workspace, move |write| record_reaction(write, account, &reaction)).await);
        assert!(view(&stage, uid).await.attachment.is_some());

        assert!(!revoke(&stage, account, RUI, "3A01", 2_000).await, "not Rui's to take back");
        assert!(!revoke(&stage, account, OWN_PHONE, "3A01", 2_000).await, "nor ours");
        assert!(revoke(&stage, account, MARIA, "3A01", 2_000).await);
        assert!(!revoke(&stage, account, MARIA, "3A01", 2_000).await, "told twice");
        assert!(!edit(&stage, MARIA, "3A01", "back again", 9_000).await);
        let after = view(&stage, uid).await;
        assert_eq!((after.message.text.as_str(), after.attachment), ("", None));
        assert_eq!(after.details.deleted_at, Time::from_ms(2_000));
        let chat = after.message.chat;
        assert_eq!(seen(&stage, move |tx| reaction_list(tx, workspace, chat, (uid, uid), 10)).await, []);
        let kinds = events(&stage, workspace).await.into_iter().map(|event| (event.kind, event.message));
        assert_eq!(kinds.filter(|event| *event == (Kind::MessageDeleted, Some(uid))).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn ours_are_changed_from_the_phone() {
    both_engines(|stage| async move {
        let (uid, wamid) = queue(&stage, MARIA, "See you at tree").await;
        assert!(!edit(&stage, MARIA, &wamid, "hijacked", 2_000).await);
        assert!(edit(&stage, OWN_PHONE, &wamid, "See you at three", 2_000).await);
        assert_eq!(view(&stage, uid).await.message.text, "See you at three");
        assert!(!revoke(&stage, AccountId(77), OWN_PHONE, &wamid, 3_000).await, "not that account's");
        assert!(revoke(&stage, stage.account, OWN_PHONE, &wamid, 3_000).await);
        assert_eq!(view(&stage, uid).await.message.text, "");
    })
    .await;
}
