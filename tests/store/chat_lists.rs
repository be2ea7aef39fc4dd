//! Lists of chats: every filter, every place to begin, the order; alike on both engines.

use std::time::Duration;

use partyline::clock::Time;
use partyline::id::{AccountId, ChatId, ContactId, TeammateId, WorkspaceId};
use partyline::inbox::chat::rename_chat;
use partyline::inbox::labels::{Labelling, change_labels};
use partyline::inbox::values::{ChatName, LabelName};
use partyline::store::chat_lists::{ChatFilter, ChatKey, From, PhoneFilter, chat_list, chat_place, chat_rows};
use partyline::store::chats::{ChatRow, chat_insert};

use crate::kit::{ECHO, START, TestApp};
use crate::round_trips::{ODD, seen};
use crate::support::{both_engines, incoming, queue, receive};

fn chat_row(id: i64, name: &str) -> ChatRow {
    ChatRow {
        id: ChatId(id),
        account: AccountId(1 + id % 2),
        contact: ContactId(id),
        jid: format!("1202555010{id}@s.whatsapp.net"),
        phone: format!("+1202555010{id}"),
        lid: String::new(),
        name: name.into(),
        is_group: id % 2 == 0,
        closed: id % 3 == 0,
        unattended: true,
        autoresponse: id == 4,
        unread: id - 1,
        created_at: START + Duration::from_secs(10 * id.cast_unsigned()),
        last_message: None,
        last_message_at: START + Duration::from_secs(id.cast_unsigned()),
        last_inbound_at: Time::NEVER,
        responsible: TeammateId(id / 2),
    }
}

async fn keys(stage: &TestApp, filter: ChatFilter, from: From, rows_max: i64) -> Vec<ChatKey> {
    let workspace = stage.workspace;
    seen(stage, move |tx| chat_list(tx, workspace, &filter, &from, rows_max)).await
}

async fn listed(stage: &TestApp, filter: ChatFilter) -> Vec<i64> {
    keys(stage, filter, From::Row(0), 50).await.iter().map(|key| key.chat.0).collect()
}

async fn store(stage: &TestApp, rows: Vec<ChatRow>) {
    stage.write(stage.workspace, move |write| rows.iter().try_for_each(|row| chat_insert(write, row))).await;
}

async fn label(stage: &TestApp, chat: i64, labels: &[&str]) {
    let named = labels.iter().map(|label| LabelName::parse("labels", label).expect("a label")).collect();
    let work = move |write: &mut partyline::store::Write<'_, '_>| {
        change_labels(write, ChatId(chat), &named, Labelling::Replace).map(drop)
    };
    stage.write(stage.workspace, work).await;
}

#[tokio::test]
async fn every_filter_by_itself() {
    both_engines(|stage| async move {
        let rows = vec![chat_row(1, ODD), chat_row(2, "Ünal & 50%_!"), chat_row(3, "anna"), chat_row(4, "Anna B")];
        store(&stage, rows).await;
        label(&stage, 1, &["vip", "late"]).await;
        label(&stage, 3, &["vip"]).await;
        let any = ChatFilter::default;
        let part = |part: &str| ChatFilter { name_part: Some(part.into()), ..any() };
        let phone = |phone| ChatFilter { phone: Some(phone), ..any() };
        let labelled =
            |labels: &[&str]| ChatFilter { labels: labels.iter().map(|label| (*label).into()).collect(), ..any() };
        let of = |teammates: &[i64]| ChatFilter {
            responsible: teammates.iter().copied().map(TeammateId).collect(),
            ..any()
        };
        let at = |id: u64| Some(START + Duration::from_secs(10 * id));
        for (filter, found) in [
            (any(), vec![4, 3, 2, 1]),
            (ChatFilter { is_group: Some(true), ..any() }, vec![4, 2]),
            (ChatFilter { closed: Some(true), ..any() }, vec![3]),
            (ChatFilter { closed: Some(false), ..any() }, vec![4, 2, 1]),
            (ChatFilter { read: Some(true), ..any() }, vec![1]),
            (ChatFilter { read: Some(false), ..any() }, vec![4, 3, 2]),
            (ChatFilter { autoresponse: Some(true), ..any() }, vec![4]),
            (ChatFilter { account: Some(AccountId(2)), ..any() }, vec![3, 1]),
            (ChatFilter { created_after: at(3), ..any() }, vec![4]),
            (ChatFilter { created_before: at(3), ..any() }, vec![2, 1]),
            (part("anna"), vec![4, 3]),
            (part("ünal"), vec![2]),
            (part("%_!"), vec![2]),
            (part("_"), vec![2, 1]),
            (part("x"), vec![]),
            (phone(PhoneFilter::Exact("+12025550103".into())), vec![3]),
            (phone(PhoneFilter::Exact("+1202555010".into())), vec![]),
            (phone(PhoneFilter::Part("0103".into())), vec![3]),
            (phone(PhoneFilter::Part("12025550".into())), vec![4, 3, 2, 1]),
            (of(&[0]), vec![1]),
            (of(&[1]), vec![3, 2]),
            (of(&[0, 2]), vec![4, 1]),
            (of(&[9]), vec![]),
            (labelled(&["vip"]), vec![3, 1]),
            (labelled(&["vip", "late", "none"]), vec![3, 1]),
            (labelled(&["Vip"]), vec![]),
        ] {
            assert_eq!(listed(&stage, filter.clone()).await, found, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_together() {
    both_engines(|stage| async move {
        let rows = (1..=6).map(|id| chat_row(id, &format!("Chat {id}"))).collect();
        store(&stage, rows).await;
        for id in 1..=6 {
            label(&stage, id, if id < 4 { &["low"] } else { &["high", "any"] }).await;
        }
        let any = ChatFilter { closed: Some(true), ..ChatFilter::default() };
        let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
        for (filter, found) in [
            (ChatFilter { read: Some(false), ..any.clone() }, vec![6, 3]),
            (ChatFilter { labels: labels(&["low"]), ..any.clone() }, vec![3]),
            (ChatFilter { labels: labels(&["low", "high", "any"]), ..any.clone() }, vec![6, 3]),
            (ChatFilter { responsible: vec![TeammateId(1), TeammateId(3)], ..any.clone() }, vec![6, 3]),
            (ChatFilter { responsible: vec![TeammateId(3)], labels: labels(&["any"]), ..any.clone() }, vec![6]),
            (ChatFilter { phone: Some(PhoneFilter::Exact("+12025550106".into())), ..any.clone() }, vec![6]),
            (ChatFilter { phone: Some(PhoneFilter::Exact("+12025550105".into())), ..any.clone() }, vec![]),
            (ChatFilter { is_group: Some(false), name_part: Some("chat".into()), ..any.clone() }, vec![3]),
            (ChatFilter { account: Some(AccountId(1)), labels: labels(&["any"]), ..any }, vec![6]),
        ] {
            assert_eq!(listed(&stage, filter.clone()).await, found, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_list_goes_on_where_it_stopped() {
    both_engines(|stage| async move {
        // Six chats share each moment, so that the name decides, and for some of them only the number.
        let rows = (1..=30_i64)
            .map(|id| ChatRow {
                id: ChatId(id),
                jid: format!("{id}@s.whatsapp.net"),
                name: format!("{} {}", if id % 4 == 0 { "NAME" } else { "name" }, "x".repeat((id % 5) as usize))
                    + if id % 2 == 0 { " " } else { "" }
                    + &"y".repeat((id / 5) as usize),
                last_message_at: START + Duration::from_secs((id / 6).cast_unsigned()),
                unread: id % 2,
                closed: id % 5 != 0,
                responsible: TeammateId(id % 3),
                ..chat_row(id % 10, "")
            })
            .collect();
        store(&stage, rows).await;
        for id in 1..=30 {
            label(&stage, id, if id % 4 == 0 { &["l", "m"] } else { &["m"] }).await;
        }
        let any = ChatFilter::default;
        for filter in [
            any(),
            ChatFilter { read: Some(false), ..any() },
            ChatFilter { read: Some(true), ..any() },
            ChatFilter { closed: Some(true), ..any() },
            ChatFilter { responsible: vec![TeammateId(1)], ..any() },
            ChatFilter { responsible: vec![TeammateId(0), TeammateId(2)], ..any() },
            ChatFilter { labels: vec!["m".into()], ..any() },
            ChatFilter { labels: vec!["l".into(), "m".into()], closed: Some(true), ..any() },
        ] {
            let all = keys(&stage, filter.clone(), From::Row(0), 100).await;
            let (mut by_page, mut by_key) = (Vec::new(), Vec::new());
            for page in 0..10 {
                by_page.extend(keys(&stage, filter.clone(), From::Row(page * 4), 4).await);
                let from = by_key.last().cloned().map_or(From::Row(0), From::Behind);
                by_key.extend(keys(&stage, filter.clone(), from, 4).await);
            }
            assert_eq!((&by_page, &by_key), (&all, &all), "{filter:?}");
            let mut ordered = all.clone();
            ordered.sort_by_key(|key| (std::cmp::Reverse(key.last_message_at), key.name_folded.clone(), key.chat));
            assert_eq!(all, ordered, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_fetches_its_rows_in_its_order() {
    both_engines(|stage| async move {
        store(&stage, (1..=3).map(|id| chat_row(id, &format!("Chat {id}"))).collect()).await;
        let workspace = stage.workspace;
        let rows = seen(&stage, move |tx| chat_rows(tx, workspace, &[ChatId(2), ChatId(3), ChatId(77)])).await;
        assert_eq!(rows, [chat_row(2, "Chat 2"), chat_row(3, "Chat 3")]);
        let place = seen(&stage, move |tx| chat_place(tx, workspace, ChatId(3))).await.expect("a place");
        assert_eq!((place.chat, place.name_folded.as_str()), (ChatId(3), "chat 3"));
        assert_eq!(seen(&stage, move |tx| chat_place(tx, WorkspaceId(2), ChatId(3))).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_labels_list_is_in_the_order_of_all_chats() {
    both_engines(|stage| async move {
        const ANNA: &str = "+12025550171";
        queue(&stage, ECHO, "first").await;
        stage.advance(Duration::from_secs(1));
        queue(&stage, "+12025550102", "second").await;
        for chat in [1, 2] {
            label(&stage, chat, &["vip", "late"]).await;
        }
        let vip = ChatFilter { labels: vec!["vip".into()], ..ChatFilter::default() };
        assert_eq!(listed(&stage, vip.clone()).await, [2, 1]);
        stage.advance(Duration::from_secs(1));
        queue(&stage, ECHO, "third").await;
        assert_eq!(listed(&stage, vip.clone()).await, [1, 2], "a send moves its chat up");
        stage.advance(Duration::from_secs(1));
        receive(&stage, incoming("+12025550102", "", "A1", "hello", stage.clock.now().ms())).await;
        assert_eq!(listed(&stage, vip.clone()).await, [2, 1], "and so does an answer");
        receive(&stage, incoming("+12025550100", "", "A2", "late news", START.ms())).await;
        assert_eq!(listed(&stage, vip.clone()).await, [2, 1], "but no late one");
        receive(&stage, incoming(ANNA, "Anna", "A3", "hi", stage.clock.now().ms())).await;
        label(&stage, 3, &["vip"]).await;
        let name = ChatName::parse("name", "zoe").expect("a name");
        stage.write(stage.workspace, move |write| rename_chat(write, ChatId(3), &name)).await;
        assert_eq!(listed(&stage, vip.clone()).await, [2, 3, 1], "of two at once the name decides");
        // A contact's clock is ahead: our answer to it takes the chat back to its own time, in every list.
        let ahead = stage.clock.now().ms() + 3_600_000;
        receive(&stage, incoming("+12025550102", "", "A4", "from tomorrow", ahead)).await;
        assert_eq!(listed(&stage, vip.clone()).await, [2, 3, 1]);
        stage.advance(Duration::from_secs(1));
        queue(&stage, "+12025550102", "still today").await;
        queue(&stage, ECHO, "and later").await;
        let open = |filter: ChatFilter| ChatFilter { closed: Some(false), ..filter };
        for (labelled, any) in [(vip.clone(), ChatFilter::default()), (open(vip), open(ChatFilter::default()))] {
            let all = keys(&stage, any, From::Row(0), 50).await;
            assert_eq!((keys(&stage, labelled, From::Row(0), 50).await, all.len()), (all, 3));
        }
    })
    .await;
}
