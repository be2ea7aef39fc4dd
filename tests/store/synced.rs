//! Messages for the record: typed on the account's own phone, or from before the account was linked.

use partyline::accounts::AccountEar;
use partyline::event_kind::Kind;
use partyline::id::{ChatId, MessageUid};
use partyline::message::{Origin, Status};
use partyline::store::chats::{ChatRow, chat_find};
use partyline::store::messages::{MessageFilter, MessageView, message_list};
use transport::{Address, Ear, Event, Sender, Synced};

use crate::kit::{START, TestApp};
use crate::support::{both_engines, events, incoming, queue, receive};

const ANNA: &str = "+351912345678";
/// The first workspace's own number.
const OURS: &str = "+12025550198";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

async fn tell(stage: &TestApp, synced: Vec<Synced>) {
    let ear = AccountEar::new(stage.app.clone(), stage.workspace, stage.account);
    ear.hear(synced.into_iter().map(Event::Synced).collect()).await.expect("stored");
}

fn theirs(wamid: &str, text: &str, at_ms: i64) -> Synced {
    Synced { said: incoming(ANNA, "Anna", wamid, text, at_ms), from_me: false, is_past: true }
}

fn ours(wamid: &str, text: &str, at_ms: i64, is_past: bool) -> Synced {
    let sender = Sender { address: Address::from_phone(OURS), name: String::new() };
    let said = transport::Incoming { sender, ..incoming(ANNA, "", wamid, text, at_ms) };
    Synced { said, from_me: true, is_past }
}

async fn chat(stage: &TestApp) -> ChatRow {
    let workspace = stage.workspace;
    let found = stage.app.read(move |tx| Ok(chat_find(tx, workspace, ChatId(1))?)).await.expect("a read");
    found.expect("a chat")
}

async fn messages(stage: &TestApp) -> Vec<MessageView> {
    let (workspace, filter) = (stage.workspace, MessageFilter::default());
    let list = move |tx: &mut database::Snapshot<'_>| Ok(message_list(tx, workspace, ChatId(1), &filter, 100, 0)?);
    stage.app.read(list).await.expect("a read")
}

async fn told(stage: &TestApp) -> Vec<(Kind, Option<MessageUid>)> {
    events(stage, stage.workspace).await.into_iter().map(|event| (event.kind, event.message)).collect()
}

#[tokio::test]
async fn what_is_typed_on_the_phone_is_ours_and_answers_the_chat() {
    both_engines(|stage| async move {
        receive(&stage, incoming(ANNA, "Anna", "A1", "hello", START.ms() - 500)).await;
        let typed = ours("P1", "on my way", START.ms(), false);
        tell(&stage, vec![typed.clone(), typed]).await;
        let all = messages(&stage).await;
        assert_eq!(all.len(), 2, "told twice, stored once");
        let message = &all[1].message;
        assert_eq!((message.from_me, message.status, message.origin), (true, Status::Sent, Origin::Synced));
        assert_eq!((message.text.as_str(), message.sender_jid.as_str()), ("on my way", ""));
        assert!(!chat(&stage).await.unattended, "it was answered");
        assert_eq!(told(&stage).await.last(), Some(&(Kind::MessageSent, Some(message.uid))));
    })
    .await;
}

#[tokio::test]
async fn our_own_send_that_comes_back_is_the_same_message() {
    both_engines(|stage| async move {
        let (uid, wamid) = queue(&stage, ANNA, "from here").await;
        tell(&stage, vec![ours(&wamid, "from here", START.ms(), false)]).await;
        let all = messages(&stage).await;
        assert_eq!(all.iter().map(|view| view.message.uid).collect::<Vec<_>>(), [uid]);
    })
    .await;
}

#[tokio::test]
async fn a_history_stands_in_its_order_and_bothers_nobody() {
    both_engines(|stage| async move {
        let day = |days: i64| START.ms() - days * DAY_MS;
        let past =
            vec![theirs("H2", "second", day(3)), ours("H3", "third", day(2), true), theirs("H1", "first", day(4))];
        tell(&stage, past.clone()).await;
        tell(&stage, past).await;
        let made = chat(&stage).await;
        assert_eq!((made.name.as_str(), made.unread, made.unattended), ("Anna", 0, false));
        assert_eq!((made.last_message_at.ms(), made.last_inbound_at.ms()), (day(2), day(3)));
        receive(&stage, incoming(ANNA, "Anna", "A1", "now", START.ms())).await;
        tell(&stage, vec![theirs("H0", "long ago", day(9))]).await;
        let texts: Vec<String> = messages(&stage).await.into_iter().map(|view| view.message.text).collect();
        assert_eq!(texts, ["long ago", "first", "second", "third", "now"]);
        let after = chat(&stage).await;
        assert_eq!((after.unread, after.last_message_at.ms()), (1, START.ms()));
        let kinds: Vec<Kind> = told(&stage).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::MessageSynced).count(), 4);
        assert!(!kinds.contains(&Kind::ChatIncoming) && !kinds.contains(&Kind::MessageSent), "{kinds:?}");
    })
    .await;
}
