//! Who of a group has a message, and what that makes of its status.

use partyline::clock::Time;
use partyline::event_kind::Kind;
use partyline::id::{ChatId, MessageUid};
use partyline::inbox::content::Recipient;
use partyline::inbox::groups::apply_group_change;
use partyline::inbox::receipts::{RECEIPTS_MAX, recipients_of, record_participant_receipt};
use partyline::inbox::status::record_receipt;
use partyline::message::Status;
use partyline::store::message_receipts::{receipt_count, receipt_prune};
use partyline::store::messages::{history_list, message_find};
use transport::{Address, GroupChange, GroupMember, GroupRole};

use crate::kit::{ECHO, START, TestApp};
use crate::support::{both_engines, events, queue, queue_to};

const GROUP: &str = "120363021234567890@g.us";
/// The first workspace's own number.
const OURS: &str = "+12025550198";
const ANNA: &str = "+12025550171";
const BERT: &str = "+12025550172";
const CLEO: &str = "+12025550173";
/// A moment before anything is told.
const LATER_MS: i64 = 1_000;

/// What a test tells of the group.
#[derive(Clone, Copy, Debug)]
enum News {
    Has(&'static str, Status),
    Leaves(&'static str),
    Joins(&'static str),
    /// All of these are in it, and we.
    All(&'static [&'static str]),
}

use News::{All, Has, Joins, Leaves};

fn member(phone: &str) -> GroupMember {
    GroupMember { address: Address::from_phone(phone), name: String::new(), role: GroupRole::Ordinary }
}

async fn tell(stage: &TestApp, wamid: &str, news: News, at_ms: i64) {
    let (account, wamid) = (stage.account, wamid.to_owned());
    let nothing = GroupChange {
        chat: Address::from_jid(GROUP),
        name: None,
        members: None,
        joined: Vec::new(),
        left: Vec::new(),
        at_ms,
    };
    let change = match news {
        Has(who, status) => {
            let (who, at) = (Address::from_phone(who), Time::from_ms(at_ms));
            let work = move |write: &mut partyline::store::Write<'_, '_>| {
                record_participant_receipt(write, account, &wamid, &who, status, at).map(drop)
            };
            return stage.write(stage.workspace, work).await;
        }
        Leaves(who) => GroupChange { left: vec![Address::from_phone(who)], ..nothing },
        Joins(who) => GroupChange { joined: vec![member(who)], ..nothing },
        All(all) => {
            GroupChange { members: Some(all.iter().chain([&OURS]).map(|who| member(who)).collect()), ..nothing }
        }
    };
    stage.write(stage.workspace, move |write| apply_group_change(write, account, &change)).await;
}

/// A message of ours to the group, which WhatsApp has.
async fn sent(stage: &TestApp) -> (MessageUid, String) {
    let to = Recipient::Address(Address::from_jid(GROUP));
    let (uid, wamid) = queue_to(stage, None, to, "Is the market open?").await;
    let (account, told) = (stage.account, wamid.clone());
    let work = move |write: &mut partyline::store::Write<'_, '_>| {
        record_receipt(write, account, &told, Status::Sent, None, START).map(drop)
    };
    stage.write(stage.workspace, work).await;
    (uid, wamid)
}

async fn statuses(stage: &TestApp, uid: MessageUid) -> Vec<Status> {
    let workspace = stage.workspace;
    let steps = stage.app.read(move |tx| Ok(history_list(tx, workspace, uid)?)).await.expect("a read");
    steps.iter().map(|step| step.status).filter(|status| *status > Status::Sending).collect()
}

async fn told_all(stage: &TestApp, wamid: &str, all: &[News]) {
    for (nth, news) in all.iter().enumerate() {
        tell(stage, wamid, *news, START.ms() + LATER_MS * (nth as i64 + 1)).await;
    }
}

#[tokio::test]
async fn a_message_is_delivered_when_all_have_it_and_read_when_all_have_read_it() {
    both_engines(|stage| async move {
        tell(&stage, "", All(&[ANNA, BERT]), START.ms() - 1).await;
        let (uid, wamid) = sent(&stage).await;
        let way = [
            (Has(ANNA, Status::Delivered), Status::Sent),
            (Has(ANNA, Status::Read), Status::Sent),
            (Has(ANNA, Status::Read), Status::Sent),
            (Has(BERT, Status::Delivered), Status::Delivered),
            (Has(ANNA, Status::Delivered), Status::Delivered),
            (Has(BERT, Status::Read), Status::Read),
            (Has(BERT, Status::Delivered), Status::Read),
        ];
        for (nth, (news, expected)) in way.into_iter().enumerate() {
            tell(&stage, &wamid, news, START.ms() + LATER_MS * (nth as i64 + 1)).await;
            assert_eq!(statuses(&stage, uid).await.last(), Some(&expected), "after {news:?}");
        }
        assert_eq!(statuses(&stage, uid).await, [Status::Sent, Status::Delivered, Status::Read]);
        let log = events(&stage, stage.workspace).await;
        let told = log.iter().filter(|event| event.kind == Kind::MessageReceipt);
        let told: Vec<&str> = told.map(|event| event.detail.as_str()).collect();
        let jid = |phone: &str| Address::from_phone(phone).jid().to_owned();
        let expected = [("Delivered", ANNA), ("Read", ANNA), ("Delivered", BERT), ("Read", BERT)];
        assert_eq!(told, expected.map(|(word, who)| format!("{word} {}", jid(who))), "each told once");
    })
    .await;
}

/// Every order of the same news ends the same, also told twice.
#[tokio::test]
async fn any_order_ends_the_same() {
    let news = [Has(ANNA, Status::Read), Has(BERT, Status::Delivered), Has(BERT, Status::Read), Leaves(CLEO)];
    let mut orders = Vec::new();
    permutations(&mut news.to_vec(), 0, &mut orders);
    assert_eq!(orders.len(), 24);
    let stage = TestApp::on(crate::kit::Engine::Sqlite).await;
    for order in orders {
        tell(&stage, "", All(&[ANNA, BERT, CLEO]), START.ms() - 1).await;
        let (uid, wamid) = sent(&stage).await;
        let twice: Vec<News> = order.iter().flat_map(|news| [*news, *news]).collect();
        told_all(&stage, &wamid, &twice).await;
        assert_eq!(statuses(&stage, uid).await, [Status::Sent, Status::Delivered, Status::Read], "{order:?}");
    }
}

fn permutations(news: &mut Vec<News>, from: usize, found: &mut Vec<Vec<News>>) {
    if from == news.len() {
        return found.push(news.clone());
    }
    for at in from..news.len() {
        news.swap(from, at);
        permutations(news, from + 1, found);
        news.swap(from, at);
    }
}

#[tokio::test]
async fn whoever_joins_later_is_not_waited_for_and_whoever_left_no_more() {
    both_engines(|stage| async move {
        tell(&stage, "", All(&[ANNA, BERT]), START.ms() - 1).await;
        let (uid, wamid) = sent(&stage).await;
        told_all(&stage, &wamid, &[Joins(CLEO), Has(ANNA, Status::Delivered), Has(BERT, Status::Delivered)]).await;
        assert_eq!(statuses(&stage, uid).await.last(), Some(&Status::Delivered), "Cleo never got it");
        told_all(&stage, &wamid, &[Has(ANNA, Status::Read)]).await;
        assert_eq!(statuses(&stage, uid).await.last(), Some(&Status::Delivered));
        told_all(&stage, &wamid, &[Leaves(BERT)]).await;
        assert_eq!(statuses(&stage, uid).await.last(), Some(&Status::Read), "all who are left have read it");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_everybody_until_it_is_known_who_is_there() {
    both_engines(|stage| async move {
        let (uid, wamid) = sent(&stage).await;
        told_all(&stage, &wamid, &[Joins(ANNA), Has(ANNA, Status::Read), Has(BERT, Status::Read)]).await;
        assert_eq!(statuses(&stage, uid).await, [Status::Sent]);
        tell(&stage, &wamid, All(&[ANNA, BERT]), START.ms() + 9 * LATER_MS).await;
        // Anna joined when the message had gone already, so Bert is all who had it.
        assert_eq!(statuses(&stage, uid).await, [Status::Sent, Status::Delivered, Status::Read]);
    })
    .await;
}

#[tokio::test]
async fn one_phone_tells_that_it_went_and_its_failure_is_not_the_messages() {
    both_engines(|stage| async move {
        tell(&stage, "", All(&[ANNA, BERT]), START.ms() - 1).await;
        let to = Recipient::Address(Address::from_jid(GROUP));
        let (uid, wamid) = queue_to(&stage, None, to, "hi").await;
        told_all(&stage, &wamid, &[Has(ANNA, Status::Failed), Has(ANNA, Status::Delivered)]).await;
        assert_eq!(statuses(&stage, uid).await, [Status::Sent]);
        told_all(&stage, "3EB0UNKNOWN", &[Has(ANNA, Status::Delivered)]).await;
        // Whoever isn't in the group says nothing of those who are; what they told is kept all the same.
        told_all(&stage, &wamid, &[Has(CLEO, Status::Read), Has(BERT, Status::Delivered)]).await;
        assert_eq!(statuses(&stage, uid).await, [Status::Sent, Status::Delivered]);
        let workspace = stage.workspace;
        let recipients = stage
            .app
            .read(move |tx| {
                let view = message_find(tx, workspace, uid)?.expect("a message");
                recipients_of(tx, workspace, &view.message)
            })
            .await
            .expect("a read");
        assert_eq!(recipients.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn in_a_chat_with_one_contact_a_participant_is_the_contact() {
    both_engines(|stage| async move {
        let (uid, wamid) = queue(&stage, ECHO, "hi").await;
        told_all(&stage, &wamid, &[Has(ECHO, Status::Delivered), Has(ECHO, Status::Read)]).await;
        assert_eq!(statuses(&stage, uid).await, [Status::Sent, Status::Delivered, Status::Read]);
        let (workspace, count) = (stage.workspace, events(&stage, stage.workspace).await);
        assert!(count.iter().all(|event| event.kind != Kind::MessageReceipt));
        assert_eq!(stage.app.read(move |tx| Ok(receipt_count(tx, workspace, uid)?)).await.expect("a read"), 0);
    })
    .await;
}

#[tokio::test]
async fn receipts_have_an_end_and_are_forgotten_in_time() {
    both_engines(|stage| async move {
        tell(&stage, "", All(&[ANNA]), START.ms() - 1).await;
        let (uid, wamid) = sent(&stage).await;
        let account = stage.account;
        stage
            .write(stage.workspace, move |write| {
                for number in 0..RECEIPTS_MAX + 1 {
                    let who = Address::from_phone(&format!("+1202{number:07}"));
                    record_participant_receipt(write, account, &wamid, &who, Status::Delivered, START)?;
                }
                Ok(())
            })
            .await;
        let workspace = stage.workspace;
        let count = move |stage: &TestApp| {
            let app = stage.app.clone();
            async move { app.read(move |tx| Ok(receipt_count(tx, workspace, uid)?)).await.expect("a read") }
        };
        assert_eq!(count(&stage).await, RECEIPTS_MAX as i64);
        for (before_ms, left) in [(-1, RECEIPTS_MAX as i64), (60_000, 0)] {
            let before = Time::from_ms(START.ms() + before_ms);
            stage.write(workspace, move |write| Ok(receipt_prune(write, before, 5_000)?)).await;
            assert_eq!(count(&stage).await, left);
        }
        assert_eq!(statuses(&stage, uid).await, [Status::Sent]);
        let chat = ChatId(1);
        assert!(events(&stage, workspace).await.iter().any(|event| event.chat == chat));
    })
    .await;
}
