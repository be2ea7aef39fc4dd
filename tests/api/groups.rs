//! Groups as clients see them.

use partyline::inbox::groups::apply_group_change;
use serde_json::json;
use transport::{Address, GroupChange, GroupMember, GroupRole};

use crate::kit::{Engine, START, TestApp};

async fn tell(stage: &TestApp, joined: &[(&str, &str, GroupRole)], left: &[&str]) {
    let address = |jid: &str| Address::from_jid(jid);
    let change = GroupChange {
        chat: address("120363021234567890@g.us"),
        name: Some("Bike club".into()),
        members: None,
        joined: joined
            .iter()
            .map(|(jid, name, role)| GroupMember { address: address(jid), name: (*name).to_owned(), role: *role })
            .collect(),
        left: left.iter().map(|jid| address(jid)).collect(),
        at_ms: START.ms(),
    };
    let account = stage.account;
    stage.write(stage.workspace, move |write| apply_group_change(write, account, &change)).await;
}

#[tokio::test]
async fn a_group_shows_who_is_in_it_until_we_leave() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let ours = "12025550198@s.whatsapp.net";
        let people = [
            (ours, "", GroupRole::Ordinary),
            ("12025550171@s.whatsapp.net", "Anna", GroupRole::Owner),
            ("98765@lid", "Bert", GroupRole::Admin),
        ];
        tell(&stage, &people, &[]).await;
        insta::assert_snapshot!("group", token.get("/chats/1").await.told());
        let listed = token.get("/chats?group=true").await.body();
        assert_eq!(listed["data"]["chats"][0]["group_members"][2]["name"], "Bert");
        tell(&stage, &[], &[ours]).await;
        let after = token.get("/chats/1").await.body();
        assert_eq!(after["data"]["is_allowed_to_message"], json!(false));
        assert_eq!(after["data"]["group_members"].as_array().map(Vec::len), Some(2));
    }
}
