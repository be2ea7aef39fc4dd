//! Lists that are too long to look at each row: the same as if each had been looked at, whichever way they are found.

use std::time::Duration;

use partyline::clock::Time;
use partyline::id::{AccountId, ChatId, ContactId, MessageUid, TeammateId, TokenId};
use partyline::inbox::chat::rename_chat;
use partyline::inbox::labels::{Labelling, change_labels};
use partyline::inbox::values::{ChatName, LabelName};
use partyline::indexer::catch_up_chats;
use partyline::message::{MessageKind, Origin, Status};
use partyline::store::chat_lists::{ChatFilter, ChatKey, From, PhoneFilter, chat_list, chat_rows};
use partyline::store::chats::{ChatRow, chat_insert};
use partyline::store::messages::{MessageFilter, MessageRow, message_insert, message_list};

use crate::kit::{START, TestApp};
use crate::round_trips::seen;
use crate::support::both_engines;

/// More than are looked at one by one.
const CHATS: i64 = 2_100;
const PAGE: i64 = 51;

fn chat_row(id: i64) -> ChatRow {
    ChatRow {
        id: ChatId(id),
        account: AccountId(if id % 700 == 5 { 2 } else { 1 }),
        contact: ContactId(id),
        jid: format!("{}@s.whatsapp.net", 12_020_000_000 + id),
        phone: format!("+{}", 12_020_000_000 + id),
        lid: String::new(),
        name: format!("{} {id}", if id % 900 == 7 { "Ünal 50%_!" } else { "Customer" }),
        is_group: id % 500 == 0,
        closed: id % 3 == 0,
        unattended: false,
        autoresponse: id % 1_000 == 1,
        unread: id % 5,
        created_at: START + Duration::from_secs(id.cast_unsigned()),
        last_message: None,
        // So that the order is not that of the numbers.
        last_message_at: START + Duration::from_secs((id * 7_919 % CHATS).cast_unsigned() / 2),
        last_inbound_at: Time::NEVER,
        responsible: TeammateId(id % 4),
    }
}

/// What a filter means, chat by chat.
fn fits(filter: &ChatFilter, labels: &[&str], chat: &ChatRow) -> bool {
    let folded = chat.name.to_lowercase();
    filter.is_group.is_none_or(|wanted| wanted == chat.is_group)
        && filter.closed.is_none_or(|wanted| wanted == chat.closed)
        && filter.read.is_none_or(|wanted| wanted == (chat.unread == 0))
        && filter.autoresponse.is_none_or(|wanted| wanted == chat.autoresponse)
        && filter.name_part.as_ref().is_none_or(|part| folded.contains(part.as_str()))
        && filter.phone.as_ref().is_none_or(|phone| match phone {
            PhoneFilter::Exact(phone) => chat.phone == *phone,
            PhoneFilter::Part(digits) => chat.phone.contains(digits.as_str()),
        })
        && filter.account.is_none_or(|wanted| wanted == chat.account)
        && (filter.accounts.is_empty() || filter.accounts.contains(&chat.account))
        && filter.created_after.is_none_or(|after| chat.created_at > after)
        && filter.created_before.is_none_or(|before| chat.created_at < before)
        && (filter.responsible.is_empty() || filter.responsible.contains(&chat.responsible))
        && (filter.labels.is_empty() || filter.labels.iter().any(|label| labels.contains(&label.as_str())))
}

fn label_of(id: i64) -> &'static [&'static str] {
    if id % 70 == 0 { &["vip"] } else { &[] }
}

fn filters() -> Vec<ChatFilter> {
    let any = ChatFilter::default;
    let name = |part: &str| ChatFilter { name_part: Some(part.into()), ..any() };
    let phone = |phone| ChatFilter { phone: Some(phone), ..any() };
    let part = |digits: &str| phone(PhoneFilter::Part(digits.into()));
    vec![
        any(),
        ChatFilter { closed: Some(false), ..any() },
        ChatFilter { closed: Some(true), ..any() },
        ChatFilter { read: Some(false), ..any() },
        ChatFilter { read: Some(true), is_group: Some(false), ..any() },
        ChatFilter { is_group: Some(true), ..any() },
        ChatFilter { autoresponse: Some(true), ..any() },
        ChatFilter { responsible: vec![TeammateId(2)], ..any() },
        ChatFilter { responsible: vec![TeammateId(0)], closed: Some(false), ..any() },
        ChatFilter { account: Some(AccountId(1)), ..any() },
        ChatFilter { account: Some(AccountId(2)), ..any() },
        ChatFilter { accounts: vec![AccountId(2)], ..any() },
        ChatFilter { accounts: vec![AccountId(1), AccountId(3)], ..any() },
        ChatFilter { accounts: vec![AccountId(2), AccountId(99)], ..any() },
        ChatFilter { account: Some(AccountId(1)), accounts: vec![AccountId(2)], ..any() },
        ChatFilter { created_before: Some(START + Duration::from_secs(40)), ..any() },
        ChatFilter { created_after: Some(START + Duration::from_secs(2_000)), name_part: Some("1".into()), ..any() },
        ChatFilter { labels: vec!["vip".into()], ..any() },
        ChatFilter { labels: vec!["vip".into()], name_part: Some("omer 14".into()), ..any() },
        ChatFilter { labels: vec!["vip".into()], closed: Some(true), ..any() },
        name("customer"),
        name("customer 1"),
        name("customer 207"),
        name("nobody"),
        name("ü"),
        name("l 5"),
        name("50%_!"),
        name("q"),
        name("7"),
        ChatFilter { closed: Some(true), ..name("mer 99") },
        part("120200"),
        part("0077"),
        part("99999"),
        phone(PhoneFilter::Exact("+12020000077".into())),
        phone(PhoneFilter::Exact("+1202000007".into())),
    ]
}

async fn keys(stage: &TestApp, filter: &ChatFilter, from: From, rows_max: i64) -> Vec<ChatKey> {
    let (workspace, filter) = (stage.workspace, filter.clone());
    seen(stage, move |tx| chat_list(tx, workspace, &filter, &from, rows_max)).await
}

/// Every filter's pages, by number and by key, are those of looking at each chat.
async fn lists_are_right(stage: &TestApp, chats: &[ChatRow]) {
    for filter in filters() {
        let mut expected: Vec<&ChatRow> =
            chats.iter().filter(|chat| fits(&filter, label_of(chat.id.0), chat)).collect();
        expected.sort_by_key(|chat| (std::cmp::Reverse(chat.last_message_at), chat.name.to_lowercase(), chat.id));
        let expected: Vec<ChatId> = expected.iter().map(|chat| chat.id).collect();
        let ids = |keys: Vec<ChatKey>| keys.into_iter().map(|key| key.chat).collect::<Vec<_>>();
        for skip in [0, 50, 700, 900, 2_050] {
            let shown = ids(keys(stage, &filter, From::Row(skip), PAGE).await);
            let wanted: Vec<ChatId> = expected.iter().skip(skip as usize).take(PAGE as usize).copied().collect();
            assert_eq!(shown, wanted, "{filter:?} behind {skip}");
        }
        let middle = expected.len() / 2;
        if let Some(key) = keys(stage, &filter, From::Row(middle as i64), 1).await.pop() {
            let shown = ids(keys(stage, &filter, From::Behind(key), PAGE).await);
            let wanted: Vec<ChatId> = expected.iter().skip(middle + 1).take(PAGE as usize).copied().collect();
            assert_eq!(shown, wanted, "{filter:?} behind the middle");
        }
    }
}

#[tokio::test]
async fn a_long_list_is_the_same_by_every_way() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let mut chats: Vec<ChatRow> = (1..=CHATS).map(chat_row).collect();
        let rows = chats.clone();
        stage
            .write(workspace, move |write| {
                rows.iter().try_for_each(|row| {
                    assert_eq!(write.next_chat_id(), row.id);
                    chat_insert(write, row)
                })
            })
            .await;
        let vip = std::collections::BTreeSet::from([LabelName::parse("labels", "vip").expect("a label")]);
        let labelled: Vec<i64> = (1..=CHATS).filter(|id| !label_of(*id).is_empty()).collect();
        stage
            .write(workspace, move |write| {
                labelled.iter().try_for_each(|id| change_labels(write, ChatId(*id), &vip, Labelling::Replace).map(drop))
            })
            .await;
        lists_are_right(&stage, &chats).await;
        catch_up_chats(&stage.app).await.expect("they are read");
        lists_are_right(&stage, &chats).await;

        // Another name is found at once, and the old one no more, before and after it was read.
        for (id, name) in [(77, "Nobody in particular"), (78, "Qi 自行车")] {
            let given = ChatName::parse("name", name).expect("a name");
            stage.write(workspace, move |write| rename_chat(write, ChatId(id), &given)).await;
            chats[id as usize - 1].name = name.to_owned();
        }
        lists_are_right(&stage, &chats).await;
        catch_up_chats(&stage.app).await.expect("they are read");
        lists_are_right(&stage, &chats).await;
        let named = ChatFilter { name_part: Some("行".into()), ..ChatFilter::default() };
        let found = keys(&stage, &named, From::Row(0), 9).await;
        assert_eq!(found.iter().map(|key| key.chat.0).collect::<Vec<_>>(), [78]);
        let row = seen(&stage, move |tx| chat_rows(tx, workspace, &[ChatId(77)])).await;
        assert_eq!(row[0].name, "Nobody in particular");
    })
    .await;
}

fn message_row(uid: MessageUid, number: i64) -> MessageRow {
    MessageRow {
        uid,
        chat: ChatId(1),
        account: AccountId(1),
        // Long runs of one direction and short ones.
        from_me: if number < 700 { number % 100 < 3 } else { number % 7 < 4 },
        status: Status::Sent,
        kind: MessageKind::WhatsApp,
        origin: Origin::PublicApi,
        token: TokenId(0),
        text: number.to_string(),
        wamid: format!("W{number}"),
        reply_to: None,
        sender_jid: String::new(),
        sender_name: String::new(),
        at: START + Duration::from_secs(number.cast_unsigned()),
        received_at: START + Duration::from_secs(number.cast_unsigned()),
        credits_recurring: 0,
        credits_topped_up: 0,
        failure: None,
    }
}

#[tokio::test]
async fn a_page_far_into_a_chats_messages_is_the_right_one() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let rows: Vec<MessageRow> = (0..1_500).map(|n| message_row(stage.app.ids.message_uid(START), n)).collect();
        let stored = rows.clone();
        stage
            .write(workspace, move |write| {
                chat_insert(write, &chat_row(1))?;
                stored.iter().try_for_each(|row| message_insert(write, row))
            })
            .await;
        let limits = [(None, None), (Some(20), None), (None, Some(1_400)), (Some(650), Some(1_450))];
        for from_me in [None, Some(true), Some(false)] {
            for newest_first in [true, false] {
                for (after, before) in limits {
                    let mut fitting: Vec<&MessageRow> = rows
                        .iter()
                        .enumerate()
                        .filter(|(n, row)| {
                            from_me.is_none_or(|wanted| wanted == row.from_me)
                                && after.is_none_or(|after| *n > after)
                                && before.is_none_or(|before| *n < before)
                        })
                        .map(|(_, row)| row)
                        .collect();
                    if newest_first {
                        fitting.reverse();
                    }
                    let filter = MessageFilter {
                        from_me,
                        newest_first,
                        after_message: after.map(|n| rows[n].uid),
                        before_message: before.map(|n| rows[n].uid),
                        ..MessageFilter::default()
                    };
                    for skip in [0, 1, 50, 257, 600, 1_000, 1_490, 1_600] {
                        let asked = filter.clone();
                        let list = move |tx: &mut database::Snapshot<'_>| {
                            message_list(tx, workspace, ChatId(1), &asked, 12, skip)
                        };
                        let shown: Vec<String> =
                            seen(&stage, list).await.into_iter().map(|view| view.message.text).collect();
                        let wanted: Vec<String> =
                            fitting.iter().skip(skip as usize).take(12).map(|row| row.text.clone()).collect();
                        assert_eq!(shown, wanted, "{filter:?} behind {skip}");
                    }
                }
            }
        }
    })
    .await;
}
