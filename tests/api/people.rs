//! Who works in a workspace, and how somebody comes to.

use axum::body::Body;
use axum::http::Method;
use database::{Sql, params};
use partyline::clock::Time;
use partyline::id::{TeamId, TeammateId, TokenId};
use partyline::inbox::chats::LEFT_CHATS_MAX;
use partyline::store::teammates::{TeammateRow, teammate_insert};
use partyline::store::tokens::{TokenRow, token_insert};
use partyline::workspace::teammates::{Role, first_owner};
use partyline::workspace::tokens::{Scope, TokenSecret};
use serde_json::{Value, json};

use crate::kit::{Actor, Answer, Engine, START, TestApp};

/// A teammate of a role and a team, and somebody with a token of theirs.
pub async fn teammate(stage: &TestApp, id: i64, role: Role, team: TeamId) -> Actor {
    let (workspace, secret) = (stage.workspace, TokenSecret::generate());
    let row = TeammateRow {
        id: TeammateId(id),
        display_name: format!("Teammate {id}"),
        email: format!("teammate{id}@example.com"),
        role: role.as_str().to_owned(),
        team,
        ..first_owner(START)
    };
    stage.write(workspace, move |write| Ok(teammate_insert(write.tx, workspace, &row)?)).await;
    token_of(stage, TeammateId(id), &secret).await;
    stage.somebody(secret.reveal())
}

async fn token_of(stage: &TestApp, teammate: TeammateId, secret: &TokenSecret) {
    let row = TokenRow {
        workspace: stage.workspace,
        id: TokenId(100 + teammate.0),
        name: "theirs".into(),
        scope: Scope::Full.as_str().into(),
        sandbox_only: false,
        teammate,
        hint: secret.hint().into(),
        created_at: START,
        revoked_at: Time::NEVER,
        last_used_at: Time::NEVER,
        accounts: String::new(),
        networks: String::new(),
        expires_at: Time::NEVER,
        collapses: false,
    };
    let hash = secret.hash();
    stage.write(stage.workspace, move |write| token_insert(write, &row, hash)).await;
}

pub async fn delete(actor: &Actor, path: &str) -> Answer {
    actor.ask(Method::DELETE, path, Body::empty()).await
}

pub async fn put(actor: &Actor, path: &str, body: Value) -> Answer {
    actor.ask(Method::PUT, path, Body::from(body.to_string())).await
}

pub async fn patch(actor: &Actor, path: &str, body: Value) -> Answer {
    actor.ask(Method::PATCH, path, Body::from(body.to_string())).await
}

/// The names of the events that a workspace's log holds from the `skip`-th on, each with its detail.
pub async fn events(stage: &TestApp, skip: usize) -> Vec<(&'static str, String)> {
    let workspace = stage.workspace;
    let rows = stage
        .app
        .read(move |tx| Ok(partyline::store::events::event_after(tx, workspace, 0, 1_000)?))
        .await
        .expect("a read");
    rows.into_iter().skip(skip).map(|row| (row.kind.name(), row.detail)).collect()
}

#[tokio::test]
async fn a_new_workspace_has_its_owner_who_owns_the_account_and_the_token() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        insta::assert_snapshot!("teammates_at_first", token.get("/workspace/teammates").await.told());
        insta::assert_snapshot!("me", token.get("/workspace/teammates/me").await.told());
        insta::assert_snapshot!("accounts_v2", token.get("/v2/whatsapp_accounts").await.told());
    }
}

#[tokio::test]
async fn an_invitation_waits_in_the_list_until_it_is_withdrawn() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, before) = (stage.token().await, events(&stage, 0).await.len());
        let body = json!({"email": " Maria@Example.com", "first_name": "Maria", "last_name": "Sousa",
            "team_title": "Sales", "role": "team_supervisor"});
        let invited = owner.post("/workspace/invitations", body).await;
        insta::assert_snapshot!("invited", invited.told());
        // Neither other words nor another case make a second one.
        let again = json!({"email": "maria@EXAMPLE.com", "first_name": "Mary", "role": "admin"});
        assert_eq!(owner.post("/workspace/invitations", again).await.told(), invited.told());
        let second = owner.post("/workspace/invitations", json!({"email": "rui@example.com", "team_title": "SALES"}));
        insta::assert_snapshot!("invited_plainly", second.await.told());
        let listed = owner.get("/workspace/teammates").await.body();
        assert_eq!(listed["data"]["teams"], json!([{"title": "Sales"}]));
        assert_eq!(listed["data"]["teammates"].as_array().map(Vec::len), Some(3));
        insta::assert_snapshot!("withdrawn", delete(&owner, "/workspace/invitations/2").await.told());
        insta::assert_snapshot!("withdrawn_again", delete(&owner, "/workspace/invitations/2").await.told());
        let anew = owner.post("/workspace/invitations", json!({"email": "maria@example.com"})).await.body();
        assert_eq!(anew["data"]["user_id"], 4, "no number is given twice");
        let told: Vec<_> =
            ["teammate:invited", "teammate:invited", "teammate:invitation:withdrawn", "teammate:invited"]
                .into_iter()
                .zip(["2", "3", "2", "4"].map(str::to_owned))
                .collect();
        assert_eq!(events(&stage, before).await, told);
    }
}

// $2 and $3 are the first and the last number.
const CHATS_OF_SOMEBODY: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT CAST($2 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, closed, \
     unattended, autoresponse, unread, created_at_ms, last_message_at_ms, last_inbound_at_ms, responsible_id) \
     SELECT CAST($1 AS BIGINT), i, 1, i, CAST(i AS TEXT), '', CAST(i AS TEXT), CAST(i AS TEXT), FALSE, FALSE, FALSE, FALSE, \
     0, 0, 0, 0, 2 FROM n",
);

#[tokio::test]
async fn whoever_answers_for_a_thousand_chats_may_leave_and_with_one_more_may_not() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        let invited = owner.post("/workspace/invitations", json!({"email": "maria@example.com"})).await.body();
        assert_eq!(invited["data"]["user_id"], 2);
        let first = 5_000;
        let last = first + i64::try_from(LEFT_CHATS_MAX).expect("few");
        stage
            .write(stage.workspace, move |write| {
                let workspace = write.workspace.id;
                Ok(write.tx.execute(&CHATS_OF_SOMEBODY, params![workspace, first, last])?)
            })
            .await;
        let before = events(&stage, 0).await.len();
        let refused = delete(&owner, "/workspace/invitations/2").await;
        insta::assert_snapshot!("withdrawn_who_answers_for_too_many", refused.told());
        assert_eq!(events(&stage, before).await, [], "nothing was done");
        let handed_over = patch(&owner, &format!("/chats/{first}"), json!({"responsible": ""})).await;
        assert_eq!(handed_over.status, 200, "{}", handed_over.text());
        let withdrawn = delete(&owner, "/workspace/invitations/2").await;
        assert_eq!(withdrawn.status, 200, "{}", withdrawn.text());
        let chat = owner.get(&format!("/chats/{last}")).await.body();
        assert_eq!((&chat["data"]["responsible_email"], &chat["data"]["responsible_name"]), (&json!(""), &json!("")));
    }
}

#[tokio::test]
async fn who_is_active_is_neither_invited_nor_withdrawn() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        teammate(&stage, 7, Role::Teammate, TeamId::NONE).await;
        let invited = owner.post("/workspace/invitations", json!({"email": "TEAMMATE7@example.com"})).await;
        insta::assert_snapshot!("invited_who_is_active", invited.told());
        insta::assert_snapshot!("withdrawn_who_is_active", delete(&owner, "/workspace/invitations/7").await.told());
        assert_eq!(delete(&owner, "/workspace/invitations/1").await.status, 400, "the owner");
        for unknown in ["9", "x", "-1", "99999999999999999999", "1.0"] {
            let answer = delete(&owner, &format!("/workspace/invitations/{unknown}")).await;
            let other = delete(&owner, "/workspace/invitations/8").await;
            assert_eq!(answer.told_but(unknown), other.told_but("8"), "{unknown}");
            assert_eq!(answer.status, 404);
        }
    }
}

#[tokio::test]
async fn every_fault_of_an_invitation_is_named_and_nothing_is_made() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, before) = (stage.token().await, events(&stage, 0).await.len());
    let all = json!({"email": "maria@", "first_name": "x".repeat(151), "last_name": "a\u{0}b",
        "team_title": "é".repeat(65), "role": "owner"});
    insta::assert_snapshot!("faults_of_an_invitation", owner.post("/workspace/invitations", all).await.told());
    insta::assert_snapshot!("no_email", owner.post("/workspace/invitations", json!({"role": null})).await.told());
    for role in ["Owner", "", "ADMIN", "root"] {
        let body = json!({"email": "maria@example.com", "role": role});
        assert_eq!(owner.post("/workspace/invitations", body).await.status, 400, "{role}");
    }
    assert_eq!(owner.post("/workspace/invitations", json!({"email": 7, "role": []})).await.status, 400);
    assert_eq!(events(&stage, before).await, []);
    let longest = json!({"email": "maria@example.com", "first_name": "é".repeat(150), "last_name": null,
        "team_title": "  ", "id": 5});
    let told = owner.post("/workspace/invitations", longest).await;
    assert_eq!((told.status.as_u16(), told.header("partyline-ignored")), (200, "id"));
    assert_eq!(told.body()["data"]["team"], "", "a blank title is none");
}

#[tokio::test]
async fn only_owners_and_admins_invite_and_withdraw() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        let body = json!({"email": "maria@example.com"});
        owner.post("/workspace/invitations", body.clone()).await;
        for (id, role) in [(10, Role::TeamSupervisor), (11, Role::Teammate), (12, Role::AgentRole)] {
            let somebody = teammate(&stage, id, role, TeamId::NONE).await;
            let refused = somebody.post("/workspace/invitations", body.clone()).await;
            assert_eq!(
                (refused.status.as_u16(), refused.body()["error_code"].as_str()),
                (403, Some("permission_denied"))
            );
            assert_eq!(delete(&somebody, "/workspace/invitations/2").await.status, 403);
            let me = somebody.get("/workspace/teammates/me").await.body();
            assert_eq!((me["data"]["user_id"].as_i64(), me["data"]["role"].as_str()), (Some(id), Some(role.as_str())));
        }
        let admin = teammate(&stage, 13, Role::Admin, TeamId::NONE).await;
        assert_eq!(delete(&admin, "/workspace/invitations/2").await.status, 200);
        for scope in [Scope::Read, Scope::Send] {
            let limited = stage.token_of(stage.workspace, scope, false).await;
            let refused = limited.post("/workspace/invitations", body.clone()).await;
            assert_eq!(
                (refused.status.as_u16(), refused.body()["error_code"].as_str()),
                (403, Some("insufficient_scope"))
            );
            let reads = limited.get("/workspace/teammates/me").await.status.as_u16();
            assert_eq!(reads, if scope == Scope::Read { 200 } else { 403 });
        }
    }
}

#[tokio::test]
async fn the_token_of_somebody_who_is_gone_has_no_teammate() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let secret = TokenSecret::generate();
        token_of(&stage, TeammateId(99), &secret).await;
        let ghost = stage.somebody(secret.reveal());
        insta::assert_snapshot!("nobody", ghost.get("/workspace/teammates/me").await.told());
        let answer = ghost.post("/workspace/invitations", json!({"email": "maria@example.com"})).await;
        assert_eq!(answer.body()["error_code"], "member_not_found");
    }
}

#[tokio::test]
async fn an_outsider_sees_and_touches_nobody_here() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, outsider) = (stage.token().await, stage.outsider().await);
        let body = json!({"email": "maria@example.com", "team_title": "Sales"});
        owner.post("/workspace/invitations", body.clone()).await;
        let before = owner.get("/workspace/teammates").await.told();
        let theirs = outsider.get("/workspace/teammates").await.text();
        assert!(!theirs.contains("maria") && !theirs.contains("Sales"), "{theirs}");
        assert_eq!(delete(&outsider, "/workspace/invitations/2").await.status, 404);
        assert_eq!(outsider.post("/workspace/invitations", body).await.status, 200, "an email is free elsewhere");
        assert_eq!(owner.get("/workspace/teammates").await.told(), before);
    }
}

#[tokio::test]
async fn a_workspace_has_a_thousand_teammates_at_most() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, workspace) = (stage.token().await, stage.workspace);
    stage
        .write(workspace, move |write| {
            for id in 1_000..1_998 {
                let email = format!("teammate{id}@example.com");
                let row = TeammateRow { id: TeammateId(id), email, ..first_owner(START) };
                teammate_insert(write.tx, workspace, &row)?;
            }
            Ok(())
        })
        .await;
    let invite = |email: &'static str| owner.post("/workspace/invitations", json!({"email": email}));
    assert_eq!(invite("maria@example.com").await.status, 200, "the thousandth");
    insta::assert_snapshot!("one_too_many", invite("rui@example.com").await.told());
    let seats = owner.get("/workspace").await.body()["data"]["seats"].clone();
    assert_eq!((&seats["used"], &seats["total"]), (&json!(1_000), &json!(1_000)));
}

#[tokio::test]
async fn a_repeated_invitation_under_a_key_gets_the_first_answer() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await.with_header("idempotency-key", "maria-1");
        let body = json!({"email": "maria@example.com"});
        let first = owner.post("/workspace/invitations", body.clone()).await;
        let again = owner.post("/workspace/invitations", body).await;
        assert_eq!((again.bytes, again.headers["idempotent-replayed"].to_str().ok()), (first.bytes, Some("true")));
    }
}

#[tokio::test]
async fn nobody_answers_for_the_chats_of_whom_is_not_invited_any_more() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        let invited = owner.post("/workspace/invitations", json!({"email": "rui@harbour.example"})).await.body();
        let id = invited["data"]["user_id"].clone();
        for phone in ["+1 202 555 0102", "+1 202 555 0103"] {
            owner.send(phone, "hi").await;
        }
        for (chat, email) in [(1, "rui@harbour.example"), (2, "")] {
            let answer = patch(&owner, &format!("/chats/{chat}"), json!({"responsible": email})).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let before = events(&stage, 0).await.len();
        let withdrawn = delete(&owner, &format!("/workspace/invitations/{id}")).await;
        assert_eq!(withdrawn.status, 200, "{}", withdrawn.text());
        let chat = owner.get("/chats/1").await.body()["data"].clone();
        assert_eq!((&chat["responsible_email"], &chat["responsible_name"]), (&json!(""), &json!("")));
        let told = ["chat:responsible:unassigned", "teammate:invitation:withdrawn"];
        assert_eq!(events(&stage, before).await, told.map(|kind| (kind, id.to_string())));
    }
}
