//! A message that arrives: stored once, however often and from however many sides it is told.

use database::{Priority, Sql, params};
use partyline::accounts::link_sandbox;
use partyline::event_kind::Kind;
use partyline::id::ChatId;
use partyline::inbox::chat::rename_chat;
use partyline::inbox::receive::receive_message;
use partyline::inbox::status::record_receipt;
use partyline::inbox::urgency::Urgency;
use partyline::inbox::values::{ChatName, Phone};
use partyline::message::{Origin, Status};
use partyline::store::chat_lists::{ChatFilter, From, chat_list};
use partyline::store::chats::{ChatRow, chat_find};
use partyline::store::messages::{MessageFilter, MessageView, history_list, message_find, message_list};
use partyline::store::outbox::outbox_of_chat;
use transport::Address;

use crate::kit::{ECHO, START, TestApp};
use crate::support::{both_engines, events, incoming, queue, queue_from, receive, receive_in};

const CLOSE: Sql = Sql::both("UPDATE chats SET closed = TRUE, unread = 0 WHERE workspace_id = $1");

const ANNA: &str = "+351912345678";
const BERT: &str = "+351912345679";

async fn chat(stage: &TestApp, id: i64) -> ChatRow {
    let workspace = stage.workspace;
    let found = stage.app.read(move |tx| Ok(chat_find(tx, workspace, ChatId(id))?)).await.expect("a read");
    found.expect("a chat")
}

async fn messages(stage: &TestApp, chat: i64) -> Vec<MessageView> {
    let (workspace, filter) = (stage.workspace, MessageFilter::default());
    let list = move |tx: &mut database::Snapshot<'_>| Ok(message_list(tx, workspace, ChatId(chat), &filter, 100, 0)?);
    stage.app.read(list).await.expect("a read")
}

#[tokio::test]
async fn a_first_message_makes_a_chat_with_an_unread_mark_and_its_events() {
    both_engines(|stage| async move {
        let uid = receive(&stage, incoming(ANNA, "Anna", "A1", "hello", START.ms() - 500)).await;
        let made = chat(&stage, 1).await;
        assert_eq!((made.name.as_str(), made.phone.as_str(), made.unread), ("Anna", ANNA, 1));
        assert!(made.unattended && !made.closed && !made.is_group);
        assert_eq!(
            (made.last_message, made.last_message_at, made.last_inbound_at.ms()),
            (Some(uid), made.last_inbound_at, START.ms() - 500)
        );
        let [view] = messages(&stage, 1).await.try_into().expect("one message");
        assert_eq!(
            (view.message.text.as_str(), view.message.from_me, view.message.origin),
            ("hello", false, Origin::Synced)
        );
        assert_eq!((view.message.sender_name.as_str(), view.account_name.as_str()), ("Anna", "Demo phone"));
        let told: Vec<_> =
            events(&stage, stage.workspace).await.into_iter().map(|event| (event.kind, event.message)).collect();
        assert_eq!(told[1..], [(Kind::ChatIncoming, Some(uid)), (Kind::MessageReceived, Some(uid))]);
    })
    .await;
}

#[tokio::test]
async fn a_message_told_again_changes_nothing() {
    both_engines(|stage| async move {
        let told = incoming(ANNA, "Anna", "A1", "hello", START.ms());
        let uid = receive(&stage, told.clone()).await;
        let (before, log) = (chat(&stage, 1).await, events(&stage, stage.workspace).await);
        assert_eq!(receive(&stage, told).await, uid);
        assert_eq!((chat(&stage, 1).await, events(&stage, stage.workspace).await), (before, log));
        let next = receive(&stage, incoming(ANNA, "Anna", "A2", "still there?", START.ms())).await;
        assert_ne!(next, uid);
        assert_eq!(chat(&stage, 1).await.unread, 2);
    })
    .await;
}

#[tokio::test]
async fn one_id_from_two_senders_of_a_group_is_two_messages() {
    both_engines(|stage| async move {
        let group = Address::from_jid("120363021234567890@g.us");
        for (phone, name) in [(ANNA, "Anna"), (BERT, "Bert"), (ANNA, "Anna")] {
            let mut told = incoming(phone, name, "SAME", "hi", START.ms());
            (told.chat, told.chat_name) = (group.clone(), "Regatta".into());
            receive(&stage, told).await;
        }
        let regatta = chat(&stage, 1).await;
        assert_eq!(
            (regatta.name.as_str(), regatta.is_group, regatta.phone.as_str(), regatta.unread),
            ("Regatta", true, "", 2)
        );
        // The same id in another chat is another message as well.
        receive(&stage, incoming(ANNA, "Anna", "SAME", "hi", START.ms())).await;
        assert_eq!((messages(&stage, 1).await.len(), messages(&stage, 2).await.len()), (2, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_who_tell_the_same_at_once_store_it_once() {
    both_engines(|stage| async move {
        let tellers: Vec<_> = (0..16)
            .map(|_| {
                let (app, workspace, account) = (stage.app.clone(), stage.workspace, stage.account);
                let told = incoming(ANNA, "Anna", "A1", "hello", START.ms());
                let uid = app.ids.message_uid(START);
                let work =
                    move |write: &mut partyline::store::Write<'_, '_>| receive_message(write, account, uid, &told);
                tokio::spawn(async move { app.write(workspace, Priority::Foreground, work).await.expect("stored") })
            })
            .collect();
        let mut uids = Vec::new();
        for teller in tellers {
            uids.push(teller.await.expect("an answer"));
        }
        uids.dedup();
        assert_eq!((uids.len(), messages(&stage, 1).await.len(), chat(&stage, 1).await.unread), (1, 1, 1));
        assert_eq!(events(&stage, stage.workspace).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_taken_gets_the_phone_behind_it() {
    both_engines(|stage| async move {
        receive(&stage, incoming(ANNA, "Maria", "A1", "hi", START.ms())).await;
        receive(&stage, incoming(BERT, "Maria", "B1", "hi", START.ms())).await;
        receive(&stage, incoming("+351912345670", "", "C1", "hi", START.ms())).await;
        let taken = ChatName::parse("name", "Maria +351912345671").expect("a name");
        stage.write(stage.workspace, move |write| rename_chat(write, ChatId(1), &taken)).await;
        receive(&stage, incoming("+351912345671", "Maria +351912345671", "D1", "hi", START.ms())).await;
        let mut names = Vec::new();
        for id in 1..=4 {
            names.push(chat(&stage, id).await.name);
        }
        let expected =
            ["Maria +351912345671", &format!("Maria {BERT}"), "+351912345670", "Maria +351912345671 +351912345671"];
        assert_eq!(names, expected);
    })
    .await;
}

/// Whatever people have named their chats, a message always finds a name for its own.
#[tokio::test]
async fn no_names_of_others_keep_a_message_out() {
    both_engines(|stage| async move {
        for (number, name) in ["Maria", &format!("Maria {ANNA}"), &format!("Maria {ANNA} 4")].into_iter().enumerate() {
            receive(&stage, incoming(&format!("+35191234560{number}"), name, "X", "hi", START.ms())).await;
        }
        receive(&stage, incoming(ANNA, "Maria", "A1", "hi", START.ms())).await;
        assert!(chat(&stage, 4).await.name.starts_with(&format!("Maria {ANNA}")));
    })
    .await;
}

#[tokio::test]
async fn a_nul_in_any_text_is_left_out() {
    both_engines(|stage| async move {
        receive(&stage, incoming(ANNA, "An\0na", "A1", "hel\0lo", START.ms())).await;
        let mut told = incoming(ANNA, "Bert\0", "A2", "\0", START.ms());
        (told.chat, told.chat_name) = (Address::from_jid("1203630@g.us"), "Re\0gatta".into());
        receive(&stage, told).await;
        let [anna] = messages(&stage, 1).await.try_into().expect("one message");
        let [bert] = messages(&stage, 2).await.try_into().expect("one message");
        assert_eq!(
            (anna.chat_name.as_str(), anna.message.text.as_str(), anna.message.sender_name.as_str()),
            ("Anna", "hello", "Anna")
        );
        assert_eq!(
            (bert.chat_name.as_str(), bert.message.text.as_str(), bert.message.sender_name.as_str()),
            ("Regatta", "", "Bert")
        );
    })
    .await;
}

#[tokio::test]
async fn a_closed_chat_is_opened_again_and_that_is_told_once() {
    both_engines(|stage| async move {
        receive(&stage, incoming(ANNA, "Anna", "A1", "hi", START.ms())).await;
        stage.write(stage.workspace, |write| Ok(write.tx.execute(&CLOSE, params![write.workspace.id])?)).await;
        receive(&stage, incoming(ANNA, "Anna", "A2", "one more thing", START.ms())).await;
        receive(&stage, incoming(ANNA, "Anna", "A3", "and another", START.ms())).await;
        let anna = chat(&stage, 1).await;
        assert_eq!((anna.closed, anna.unattended, anna.unread), (false, true, 2));
        let reopened = events(&stage, stage.workspace).await;
        assert_eq!(reopened.iter().filter(|event| event.kind == Kind::ChatReopened).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn late_messages_do_not_move_a_chat_back() {
    both_engines(|stage| async move {
        let newest = receive(&stage, incoming(ANNA, "Anna", "A2", "second", START.ms())).await;
        receive(&stage, incoming(ANNA, "Anna", "A1", "first, but late", START.ms() - 60_000)).await;
        let anna = chat(&stage, 1).await;
        assert_eq!(
            (anna.last_message, anna.last_message_at, anna.last_inbound_at, anna.unread),
            (Some(newest), START, START, 2)
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_makes_what_waits_a_reply() {
    both_engines(|stage| async move {
        queue(&stage, ECHO, "one").await;
        queue(&stage, ECHO, "two").await;
        let (workspace, account) = (stage.workspace, stage.account);
        let classes = |stage: &TestApp| {
            let app = stage.app.clone();
            async move {
                let rows = app.read(move |tx| Ok(outbox_of_chat(tx, workspace, account, ChatId(1), 10)?)).await;
                rows.expect("a read").into_iter().map(|row| row.class).collect::<Vec<_>>()
            }
        };
        assert_eq!(classes(&stage).await, [Urgency::Cold as i64; 2]);
        receive(&stage, incoming("+12025550100", "", "A1", "yes?", START.ms())).await;
        assert_eq!(
            classes(&stage).await,
            [Urgency::Reply as i64, Urgency::Cold as i64],
            "those behind follow when they move up"
        );
    })
    .await;
}

#[tokio::test]
async fn a_contact_of_two_accounts_is_one_contact_whoever_wrote_first() {
    both_engines(|stage| async move {
        let second = stage.write(stage.workspace, |write| link_sandbox(write, "Second phone")).await;
        receive_in(&stage, stage.workspace, second, incoming("+12025550100", "Echo", "A1", "hi", START.ms())).await;
        let first = Phone::parse("phone", "+12025550198").expect("a phone");
        queue_from(&stage, Some(first), ECHO, "hello").await;
        receive(&stage, incoming(ANNA, "Anna", "A2", "hi", START.ms())).await;
        queue_from(&stage, None, ANNA, "hello").await;
        let mut found = Vec::new();
        for id in 1..=4 {
            let chat = chat(&stage, id).await;
            found.push((chat.account.0, chat.contact.0));
        }
        assert_eq!(found, [(2, 1), (1, 1), (1, 2), (2, 2)]);
    })
    .await;
}

#[tokio::test]
async fn a_reply_knows_the_message_it_answers_in_its_own_account_only() {
    both_engines(|stage| async move {
        let (ours, wamid) = queue(&stage, ECHO, "a question").await;
        let (other, their_account) = stage.other_workspace().await;
        let mut told = incoming("+12025550100", "", "A1", "an answer", START.ms());
        told.reply_to = Some(wamid);
        let answer = receive(&stage, told.clone()).await;
        let theirs = receive_in(&stage, other, their_account, told).await;
        let workspace = stage.workspace;
        let reply_to = |app: partyline::app::App, workspace, uid| async move {
            let found = app.read(move |tx| Ok(message_find(tx, workspace, uid)?)).await.expect("a read");
            found.expect("a message").message.reply_to
        };
        assert_eq!(reply_to(stage.app.clone(), workspace, answer).await, Some(ours));
        assert_eq!(reply_to(stage.app.clone(), other, theirs).await, None);
    })
    .await;
}

/// Two workspaces may well hear of the same contact, the same ids, the same accounts' numbers.
#[tokio::test]
async fn what_one_workspace_hears_is_nothing_to_another() {
    both_engines(|stage| async move {
        let (other, their_account) = stage.other_workspace().await;
        assert_eq!(their_account, stage.account, "ids count per workspace, so that a mix-up would show");
        let (uid, wamid) = queue(&stage, ECHO, "ours").await;
        let told = incoming(ANNA, "Anna", "A1", "hello", START.ms());
        let ours = receive(&stage, told.clone()).await;
        let theirs = receive_in(&stage, other, their_account, told).await;
        assert_ne!(ours, theirs);
        let moved = stage
            .write(other, move |write| record_receipt(write, their_account, &wamid, Status::Read, None, START))
            .await;
        assert!(!moved, "a receipt of another workspace moves nothing");
        let workspace = stage.workspace;
        let (seen, steps, list) = stage
            .app
            .read(move |tx| {
                let chats = chat_list(tx, other, &ChatFilter::default(), &From::Row(0), 10)?;
                Ok((message_find(tx, other, uid)?, history_list(tx, workspace, uid)?, chats))
            })
            .await
            .expect("a read");
        assert_eq!((seen, steps.len(), list.len()), (None, 1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_receipt_told_by_a_slower_clock_does_not_turn_history_round() {
    both_engines(|stage| async move {
        let (uid, wamid) = queue(&stage, ECHO, "hi").await;
        let (workspace, account) = (stage.workspace, stage.account);
        for (status, late_ms) in
            [(Status::Sent, -3_000), (Status::Read, -1_000), (Status::Delivered, 0), (Status::Read, 5_000)]
        {
            let (wamid, at) = (wamid.clone(), partyline::clock::Time::from_ms(START.ms() + late_ms));
            stage.write(workspace, move |write| record_receipt(write, account, &wamid, status, None, at)).await;
        }
        let steps = stage.app.read(move |tx| Ok(history_list(tx, workspace, uid)?)).await.expect("a read");
        let statuses: Vec<_> = steps.iter().map(|step| step.status).collect();
        assert_eq!(statuses, [Status::Pending, Status::Sent, Status::Read]);
    })
    .await;
}
