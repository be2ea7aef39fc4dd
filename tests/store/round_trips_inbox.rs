//! What is stored is read back as it was, on both engines: chats, messages and the outbox.

use std::time::Duration;

use partyline::clock::Time;
use partyline::id::{AccountId, ChatId, ContactId, MessageUid, TeammateId, TokenId, WorkspaceId};
use partyline::message::{Failure, MessageKind, Origin, Status};
use partyline::store::chats::{
    ChatRow, chat_by_jid, chat_by_name, chat_change, chat_find, chat_insert, chat_rename, chat_sent,
};
use partyline::store::contacts::{KnownContact, contact_address_put, contact_find, contact_insert};
use partyline::store::labels::{Place, label_add, label_list, label_remove};
use partyline::store::messages::{
    HistoryRow, KnownAs, MessageFilter, MessageRow, history_list, message_by_wamid, message_fail, message_find,
    message_insert, message_known, message_list, message_set_status, message_set_wamid, message_status,
};
use partyline::store::outbox::{
    NewOutboxRow, OutboxBody, OutboxNews, Stage, outbox_count, outbox_insert, outbox_message, outbox_news,
    outbox_of_chat, outbox_ready, outbox_sending,
};
use partyline::store::outbox_moves::{
    outbox_claim, outbox_delete, outbox_make_ready, outbox_put_back, outbox_set_uncertain, outbox_wait,
};
use partyline::store::routes::{Named, routes_to_address};

use crate::kit::{ECHO, START, TestApp};
use crate::round_trips::{ODD, seen};
use crate::support::{both_engines, queue};

fn chat_row(id: i64, name: &str) -> ChatRow {
    ChatRow {
        id: ChatId(id),
        account: AccountId(1),
        contact: ContactId(1),
        jid: format!("{id}@s.whatsapp.net"),
        phone: format!("+{id}"),
        lid: format!("{id}@lid"),
        name: name.into(),
        is_group: id % 2 == 0,
        closed: id % 3 == 0,
        unattended: true,
        autoresponse: true,
        unread: id - 1,
        created_at: START,
        last_message: None,
        last_message_at: START + Duration::from_secs(id.cast_unsigned()),
        last_inbound_at: Time::NEVER,
        responsible: TeammateId(id % 2),
    }
}

#[tokio::test]
async fn chats_and_every_way_to_find_them() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let rows = [chat_row(1, ODD), chat_row(2, "Ünal & 50%_!"), chat_row(3, "anna"), chat_row(4, "Anna B")];
        let given = rows.clone();
        stage.write(workspace, move |write| given.iter().try_for_each(|row| chat_insert(write, row))).await;
        assert_eq!(seen(&stage, move |tx| chat_find(tx, workspace, ChatId(1))).await.as_ref(), Some(&rows[0]));
        assert_eq!(seen(&stage, move |tx| chat_find(tx, WorkspaceId(2), ChatId(1))).await, None);
        assert_eq!(
            seen(&stage, move |tx| chat_by_jid(tx, workspace, AccountId(1), "2@s.whatsapp.net")).await.as_ref(),
            Some(&rows[1])
        );
        assert_eq!(seen(&stage, move |tx| chat_by_name(tx, workspace, "anna")).await, Some(ChatId(3)));
        assert_eq!(
            seen(&stage, move |tx| chat_by_name(tx, workspace, "ANNA")).await,
            None,
            "names are told apart exactly"
        );
    })
    .await;
}

#[tokio::test]
async fn a_chat_that_changes() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, stage.app.ids.message_uid(START));
        stage
            .write(workspace, move |write| {
                chat_insert(write, &chat_row(1, "One"))?;
                let contact = contact_insert(write, "1@s.whatsapp.net", ODD)?;
                contact_address_put(write, "1@lid", contact, "1@s.whatsapp.net")?;
                Ok(contact)
            })
            .await;
        let later = START + Duration::from_secs(99);
        stage
            .write(workspace, move |write| {
                let known = |other: &str| Some(KnownContact { id: ContactId(1), other_jid: other.to_owned() });
                assert_eq!(contact_find(write.tx, workspace, "1@s.whatsapp.net")?, known(""));
                assert_eq!(contact_find(write.tx, workspace, "1@lid")?, known("1@s.whatsapp.net"));
                assert_eq!(contact_find(write.tx, WorkspaceId(2), "1@s.whatsapp.net")?, None);
                chat_sent(write, (ChatId(1), true), uid, later)?;
                chat_rename(write, ChatId(1), "Łódź")?;
                let place = Place { chat: ChatId(1), last_message_at: later, name: "Łódź" };
                assert!(label_add(write, place, "vip")? && !label_add(write, place, "vip")?);
                assert!(label_add(write, place, "gone")? && label_remove(write, ChatId(1), "gone")?);
                assert!(!label_remove(write, ChatId(1), "gone")?);
                let changed = ChatRow { closed: true, unread: 7, autoresponse: false, ..chat_row(1, "") };
                chat_change(write, &ChatRow { responsible: TeammateId(9), ..changed })?;
                Ok(label_add(write, place, "Abroad")?)
            })
            .await;
        let expected = ChatRow {
            name: "Łódź".into(),
            unattended: false,
            last_message: Some(uid),
            last_message_at: later,
            closed: true,
            unread: 7,
            autoresponse: false,
            responsible: TeammateId(9),
            ..chat_row(1, "")
        };
        assert_eq!(seen(&stage, move |tx| chat_find(tx, workspace, ChatId(1))).await, Some(expected));
        assert_eq!(seen(&stage, move |tx| label_list(tx, workspace, ChatId(1))).await, ["Abroad", "vip"]);
        let routes = seen(&stage, move |tx| routes_to_address(tx, workspace, "1@s.whatsapp.net", &Named::default()))
            .await
            .routes;
        let chat = routes[0].chat.as_ref().expect("its chat");
        assert_eq!((routes.len(), chat.id, chat.name.as_str()), (1, ChatId(1), "Łódź"));
        assert_eq!(routes[0].contact, Some(ContactId(1)));
        let routes = seen(&stage, move |tx| routes_to_address(tx, workspace, "2@s.whatsapp.net", &Named::default()))
            .await
            .routes;
        assert_eq!((routes.len(), routes[0].chat.as_ref()), (1, None));
    })
    .await;
}

fn message_row(uid: MessageUid, from_me: bool, text: &str) -> MessageRow {
    MessageRow {
        uid,
        chat: ChatId(1),
        account: AccountId(1),
        from_me,
        status: Status::Pending,
        kind: MessageKind::Note,
        origin: Origin::MassMessaging,
        token: TokenId(9),
        text: text.into(),
        wamid: format!("W{text}"),
        reply_to: Some(uid),
        sender_jid: "5@s.whatsapp.net".into(),
        sender_name: ODD.into(),
        at: START,
        received_at: START + Duration::from_millis(7),
        credits_recurring: 1,
        credits_topped_up: 2,
        failure: None,
    }
}

#[tokio::test]
async fn a_message_and_its_way() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, stage.app.ids.message_uid(START));
        let made = message_row(uid, true, ODD);
        let given = made.clone();
        stage
            .write(workspace, move |write| {
                chat_insert(write, &chat_row(1, "One")).and_then(|()| message_insert(write, &given))
            })
            .await;
        let find = move |tx: &mut database::Snapshot<'_>| message_find(tx, workspace, uid);
        let view = seen(&stage, find).await.expect("a message");
        assert_eq!(
            (&view.message, view.chat_name.as_str(), view.account_name.as_str(), view.token_name.as_str()),
            (&made, "One", "Demo phone", "")
        );
        let wamid = made.wamid.clone();
        let by_wamid = seen(&stage, move |tx| message_by_wamid(tx, workspace, AccountId(1), &wamid)).await;
        assert_eq!(by_wamid, Some((uid, Status::Pending, ChatId(1))));
        let wamid = made.wamid.clone();
        let other = seen(&stage, move |tx| message_by_wamid(tx, workspace, AccountId(2), &wamid)).await;
        assert_eq!(other, None, "another account's ids are its own");
        let (wamid, jid) = (made.wamid.clone(), made.sender_jid.clone());
        let known = seen(&stage, move |tx| {
            let chat = chat_find(tx, workspace, ChatId(1))?.expect("the chat");
            message_known(tx, workspace, &KnownAs::of(&chat, &jid), &wamid)
        })
        .await;
        assert_eq!(known, Some(uid));
        let failure = Failure { code: Some(131_026), title: ODD.into(), details: ODD.into() };
        let told = failure.clone();
        stage
            .write(workspace, move |write| {
                message_set_wamid(write, uid, "wamid.NEW")?;
                message_set_status(write, uid, Status::Sending, START)?;
                message_fail(write, uid, &told, START + Duration::from_secs(1))
            })
            .await;
        let failed = MessageRow { status: Status::Failed, wamid: "wamid.NEW".into(), failure: Some(failure), ..made };
        assert_eq!(seen(&stage, find).await.expect("a message").message, failed);
        assert_eq!(seen(&stage, move |tx| message_status(tx, workspace, uid)).await, Some(Status::Failed));
        let at = |status, ms| HistoryRow { status, at: START + Duration::from_millis(ms) };
        let way = [at(Status::Pending, 7), at(Status::Sending, 0), at(Status::Failed, 1000)];
        assert_eq!(seen(&stage, move |tx| history_list(tx, workspace, uid)).await, way);
    })
    .await;
}

#[tokio::test]
async fn the_messages_of_a_chat_in_pages() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let uids: Vec<MessageUid> = (0..6).map(|_| stage.app.ids.message_uid(START)).collect();
        let rows: Vec<_> = uids
            .iter()
            .zip(0u64..)
            .map(|(uid, number)| MessageRow {
                at: START + Duration::from_secs(number),
                ..message_row(*uid, number % 2 == 0, &number.to_string())
            })
            .collect();
        stage
            .write(workspace, move |write| {
                chat_insert(write, &chat_row(1, "One"))?;
                rows.iter().try_for_each(|row| message_insert(write, row))
            })
            .await;
        let texts = |filter: MessageFilter, rows_max, skip| {
            let stage = &stage;
            async move {
                let list = move |tx: &mut database::Snapshot<'_>| {
                    message_list(tx, workspace, ChatId(1), &filter, rows_max, skip)
                };
                seen(stage, list).await.iter().map(|view| view.message.text.clone()).collect::<String>()
            }
        };
        let any = MessageFilter::default();
        assert_eq!(texts(any.clone(), 50, 0).await, "012345");
        assert_eq!(texts(MessageFilter { newest_first: true, ..any.clone() }, 2, 1).await, "43");
        assert_eq!(texts(MessageFilter { from_me: Some(false), ..any.clone() }, 50, 0).await, "135");
        let times = MessageFilter { after: Some(START), before: Some(START + Duration::from_secs(3)), ..any.clone() };
        assert_eq!(texts(times, 50, 0).await, "12");
        let between =
            MessageFilter { after_message: Some(uids[1]), before_message: Some(uids[5]), newest_first: true, ..any };
        assert_eq!(texts(between, 50, 0).await, "432");
    })
    .await;
}

#[tokio::test]
async fn a_message_goes_through_the_outbox() {
    both_engines(|stage| async move {
        let (workspace, account) = (stage.workspace, stage.account);
        queue(&stage, ECHO, "one").await;
        let (second, _) = queue(&stage, ECHO, "two").await;
        let ready = move |tx: &mut database::Snapshot<'_>| outbox_ready(tx, workspace, account, 10);
        let [row] = seen(&stage, ready).await.try_into().expect("one may go");
        assert_eq!((row.seq, row.stage, row.attempts, row.accepted_at), (1, Stage::Ready, 0, START));
        let stages = |stage: &TestApp| {
            let of_chat = move |tx: &mut database::Snapshot<'_>| outbox_of_chat(tx, workspace, account, ChatId(1), 10);
            let app = stage.app.clone();
            async move {
                let rows = app.read(move |tx| Ok(of_chat(tx)?)).await.expect("a read");
                rows.into_iter().map(|row| (row.stage, row.attempts)).collect::<Vec<_>>()
            }
        };
        let claimed = row.clone();
        assert!(stage.write(workspace, move |write| Ok(outbox_claim(write, &claimed)?)).await);
        assert_eq!(stages(&stage).await, [(Stage::Sending, 1), (Stage::Behind, 0)]);
        assert_eq!(seen(&stage, move |tx| outbox_sending(tx, workspace, account, 10)).await.len(), 1);
        let (waits, until) = (row.clone(), START + Duration::from_secs(5));
        assert!(stage.write(workspace, move |write| Ok(outbox_wait(write, &waits, until, ODD)?)).await);
        let news = seen(&stage, move |tx| outbox_news(tx, workspace, account)).await;
        assert_eq!(news, OutboxNews { any_ready: false, next_at: Some(until) });
        let message = seen(&stage, move |tx| outbox_message(tx, workspace, account, 1)).await.expect("it waits");
        let OutboxBody::Message { text, attachment: None, .. } = &message.body else { panic!("no text: {message:?}") };
        assert_eq!(
            (text.as_str(), message.chat_jid.as_str(), message.row.reason.as_str()),
            ("one", "12025550100@s.whatsapp.net", ODD)
        );
        stage.advance(Duration::from_secs(5));
        assert_eq!(stage.write(workspace, move |write| Ok(outbox_make_ready(write, account, 10)?)).await, 1);
        let again = row.clone();
        stage
            .write(workspace, move |write| {
                assert!(outbox_claim(write, &again)? && outbox_put_back(write, &again, "")?);
                assert!(outbox_claim(write, &again)? && outbox_set_uncertain(write, &again, Time::NEVER, ODD)?);
                assert!(!outbox_delete(write, &again, Time::NEVER)?);
                Ok(())
            })
            .await;
        assert_eq!(stages(&stage).await, [(Stage::Uncertain, 2), (Stage::Ready, 0)]);
        let next = seen(&stage, ready).await.pop().expect("the next may go");
        assert_eq!(next.message, second);
        assert!(
            stage
                .write(workspace, move |write| Ok(outbox_claim(write, &next)? && outbox_delete(write, &next, START)?))
                .await
        );
        assert_eq!(seen(&stage, move |tx| outbox_count(tx, workspace)).await, 1);
        let alone = NewOutboxRow { account, seq: 9, message: second, chat: ChatId(8), class: 3 };
        stage.write(workspace, move |write| outbox_insert(write, &alone)).await;
        assert_eq!(seen(&stage, ready).await.iter().map(|row| (row.seq, row.class)).collect::<Vec<_>>(), [(9, 3)]);
    })
    .await;
}
