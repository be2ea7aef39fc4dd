//! What WhatsApp tells of groups.

use partyline::event_kind::Kind;
use partyline::id::ChatId;
use partyline::inbox::chat::rename_chat;
use partyline::inbox::groups::{GROUP_MEMBERS_MAX, apply_group_change};
use partyline::inbox::values::ChatName;
use partyline::store::chats::chat_find;
use partyline::store::group_members::{group_find, group_member_count, group_members_of};
use transport::{Address, GroupChange, GroupMember, GroupRole};

use crate::kit::{START, TestApp};
use crate::support::{both_engines, events};

const GROUP: &str = "120363021234567890@g.us";
/// The first workspace's own number.
const OURS: &str = "+12025550198";

fn member(phone: &str, name: &str, role: GroupRole) -> GroupMember {
    GroupMember { address: Address::from_phone(phone), name: name.to_owned(), role }
}

fn nothing() -> GroupChange {
    let chat = Address::from_jid(GROUP);
    GroupChange { chat, name: None, members: None, joined: Vec::new(), left: Vec::new(), at_ms: START.ms() }
}

/// A group of us, Anna and Bert.
fn whole() -> GroupChange {
    let members = vec![
        member(OURS, "", GroupRole::Ordinary),
        member("+12025550171", "Anna", GroupRole::Owner),
        member("+12025550172", "Bert", GroupRole::Ordinary),
    ];
    GroupChange { name: Some("Bike club".into()), members: Some(members), ..nothing() }
}

async fn tell(stage: &TestApp, change: GroupChange) {
    let account = stage.account;
    stage.write(stage.workspace, move |write| apply_group_change(write, account, &change)).await;
}

async fn names(stage: &TestApp) -> Vec<(String, String)> {
    let workspace = stage.workspace;
    let rows = stage.app.read(move |tx| Ok(group_members_of(tx, workspace, &[ChatId(1)])?)).await.expect("a read");
    rows.into_iter().map(|row| (row.name, row.role)).collect()
}

async fn chat_name(stage: &TestApp) -> String {
    let workspace = stage.workspace;
    let found = stage.app.read(move |tx| Ok(chat_find(tx, workspace, ChatId(1))?)).await.expect("a read");
    found.expect("a chat").name
}

async fn has_left(stage: &TestApp) -> bool {
    let workspace = stage.workspace;
    let found = stage.app.read(move |tx| Ok(group_find(tx, workspace, ChatId(1))?)).await.expect("a read");
    !found.expect("a group").left_at.is_never()
}

async fn kinds(stage: &TestApp) -> Vec<Kind> {
    events(stage, stage.workspace).await.into_iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn a_group_gets_its_chat_its_name_and_its_members_once() {
    both_engines(|stage| async move {
        tell(&stage, whole()).await;
        assert_eq!(chat_name(&stage).await, "Bike club");
        let told = [("", "ordinary"), ("Anna", "owner"), ("Bert", "ordinary")];
        assert_eq!(names(&stage).await, told.map(|(name, role)| (name.to_owned(), role.to_owned())));
        let before = kinds(&stage).await;
        assert_eq!(before.iter().filter(|kind| **kind == Kind::ChatMembers).count(), 1);
        tell(&stage, whole()).await;
        assert_eq!(kinds(&stage).await, before, "told again, nothing happened");
    })
    .await;
}

#[tokio::test]
async fn people_come_go_and_rise() {
    both_engines(|stage| async move {
        tell(&stage, whole()).await;
        let joined =
            vec![member("+12025550173", "Cleo", GroupRole::Ordinary), member("+12025550172", "", GroupRole::Admin)];
        tell(&stage, GroupChange { joined, left: vec![Address::from_phone("+12025550171")], ..nothing() }).await;
        let told = [("", "ordinary"), ("Bert", "admin"), ("Cleo", "ordinary")];
        assert_eq!(names(&stage).await, told.map(|(name, role)| (name.to_owned(), role.to_owned())));
        tell(&stage, whole()).await;
        assert_eq!(names(&stage).await.len(), 3, "a list of all takes out who isn't on it");
    })
    .await;
}

#[tokio::test]
async fn a_group_that_we_left_says_so_until_we_are_back() {
    both_engines(|stage| async move {
        tell(&stage, whole()).await;
        assert!(!has_left(&stage).await);
        tell(&stage, GroupChange { left: vec![Address::from_phone(OURS)], ..nothing() }).await;
        assert!(has_left(&stage).await);
        tell(&stage, GroupChange { left: vec![Address::from_phone("+12025550172")], ..nothing() }).await;
        assert!(has_left(&stage).await, "others leaving doesn't bring us back");
        let us = vec![member(OURS, "", GroupRole::Ordinary)];
        tell(&stage, GroupChange { joined: us, ..nothing() }).await;
        assert!(!has_left(&stage).await);
    })
    .await;
}

#[tokio::test]
async fn a_name_given_by_people_outlives_one_that_whatsapp_tells_again() {
    both_engines(|stage| async move {
        tell(&stage, whole()).await;
        let name = ChatName::parse("name", "Saturday rides").expect("a name");
        stage.write(stage.workspace, move |write| rename_chat(write, ChatId(1), &name)).await;
        tell(&stage, whole()).await;
        assert_eq!(chat_name(&stage).await, "Saturday rides");
        tell(&stage, GroupChange { name: Some("Sunday\0 rides".into()), ..nothing() }).await;
        assert_eq!(chat_name(&stage).await, "Sunday rides", "a new one is news");
    })
    .await;
}

#[tokio::test]
async fn news_of_nobody_makes_no_chat_and_a_crowd_has_an_end() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        tell(&stage, GroupChange { left: vec![Address::from_phone("+12025550172")], ..nothing() }).await;
        tell(&stage, GroupChange { chat: Address::from_phone(OURS), ..whole() }).await;
        assert_eq!(stage.app.read(move |tx| Ok(chat_find(tx, workspace, ChatId(1))?)).await.expect("a read"), None);
        let crowd =
            (0..GROUP_MEMBERS_MAX + 5).map(|number| member(&format!("+1202{number:07}"), "", GroupRole::Ordinary));
        tell(&stage, GroupChange { members: Some(crowd.collect()), ..nothing() }).await;
        let count = stage.app.read(move |tx| Ok(group_member_count(tx, workspace, ChatId(1))?)).await.expect("a read");
        assert_eq!(count, GROUP_MEMBERS_MAX as i64);
        assert_eq!(chat_name(&stage).await, GROUP, "a group without a name bears its address");
    })
    .await;
}
