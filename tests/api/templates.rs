//! Templates: texts that a team keeps.

use std::time::Duration;

use partyline::id::{TeamId, TeammateId, TemplateId};
use partyline::inbox::templates::TEMPLATES_MAX;
use partyline::store::numbers::template_next;
use partyline::store::teammates::{TeamRow, team_insert, teammate_delete};
use partyline::store::templates::{template_find, template_insert, template_use_list};
use partyline::workspace::teammates::Role;
use partyline::workspace::tokens::Scope;
use serde_json::{Value, json};

use crate::kit::{ECHO, Engine, START, TestApp};
use crate::people::{delete, events, patch, teammate};
use crate::support::upload;

async fn team(stage: &TestApp, id: i64, title: &'static str) -> TeamId {
    let row = TeamRow { id: TeamId(id), title: title.into(), created_at: START };
    stage.write(stage.workspace, move |write| Ok(team_insert(write, &row)?)).await;
    TeamId(id)
}

fn names(body: &Value) -> Vec<&str> {
    let templates = body["data"]["templates"].as_array().expect("templates");
    assert_eq!(body["data"]["templates_count"], templates.len());
    templates.iter().map(|template| template["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn a_template_is_made_read_changed_and_deleted() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        team(&stage, 1, "Workshop").await;
        let (owner, before) = (stage.token().await, events(&stage, 0).await.len());
        let body = json!({"name": " Ready ", "text": " Your bike\nis ready ", "team_title": "workshop"});
        insta::assert_snapshot!("template_made", owner.post("/templates", body).await.told());
        stage.advance(Duration::from_secs(61));
        let changed = patch(&owner, "/templates/1", json!({"text": "Come!", "visibility": "read-only", "name": null}));
        insta::assert_snapshot!("template_changed", changed.await.told());
        insta::assert_snapshot!("templates", owner.get("/templates").await.told());
        insta::assert_snapshot!("templates_v2", owner.get("/v2/templates").await.told());
        stage.advance(Duration::from_secs(61));
        let same = patch(&owner, "/templates/1", json!({"text": "Come!"})).await;
        assert_eq!(same.told(), owner.get("/templates/1").await.told());
        assert_eq!(same.body()["data"]["updated_at"], "2026-01-15T09:01:01Z", "nothing was changed");
        let for_all = patch(&owner, "/templates/1", json!({"team_title": null})).await;
        assert_eq!(for_all.body()["data"]["team_title"], Value::Null);
        insta::assert_snapshot!("template_deleted", delete(&owner, "/templates/1").await.told());
        insta::assert_snapshot!("template_unknown", owner.get("/templates/1").await.told());
        assert_eq!(delete(&owner, "/templates/1").await.status, 404);
        let second = owner.post("/templates", json!({"name": "Next", "text": "Hi"})).await.body();
        assert_eq!(second["data"]["id"], 2, "no number is given twice");
        let told = ["template:new", "template:changed", "template:changed", "template:deleted", "template:new"];
        let told: Vec<_> = told.into_iter().zip(["1", "1", "1", "1", "2"].map(str::to_owned)).collect();
        assert_eq!(events(&stage, before).await, told);
    }
}

#[tokio::test]
async fn every_fault_of_a_template_is_named_and_nothing_is_made() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, before) = (stage.token().await, events(&stage, 0).await.len());
    let all = json!({"name": "é".repeat(161), "text": "a\u{0}", "visibility": "hidden", "team_title": 5,
        "file_uid": "nothing"});
    insta::assert_snapshot!("faults_of_a_template", owner.post("/templates", all).await.told());
    let told = |body: Value| {
        let owner = owner.clone();
        async move {
            let answer = owner.post("/templates", body).await;
            format!("{} {}\n", answer.status.as_u16(), answer.body()["message"].as_str().unwrap_or(""))
        }
    };
    let mut faults = String::new();
    for body in [
        json!({}),
        json!({"name": " ", "text": ""}),
        json!({"name": null, "text": null}),
        json!({"name": "n", "text": "é".repeat(4_097)}),
        json!({"name": "n", "text": "t", "visibility": "PUBLIC"}),
        json!({"name": "n", "text": "t", "team_title": "Nowhere"}),
        json!({"name": "n", "text": "t", "file_uid": "019b0000-0000-7000-8000-000000000000"}),
    ] {
        faults += &told(body).await;
    }
    insta::assert_snapshot!("faults_of_templates", faults);
    assert_eq!(events(&stage, before).await, []);
    let longest = json!({"name": "é".repeat(160), "text": "é".repeat(4_096), "visibility": null, "chat_id": 1});
    let made = owner.post("/templates", longest).await;
    assert_eq!((made.status.as_u16(), made.header("partyline-ignored")), (200, "chat_id"));
    assert_eq!(made.body()["data"]["visibility"], "public");
    assert_eq!(patch(&owner, "/templates/1", json!({"text": ""})).await.status, 400);
    assert_eq!(patch(&owner, "/templates/x", json!({"text": "t"})).await.status, 400, "no number");
}

#[tokio::test]
async fn a_teammate_sees_what_is_for_everybody_their_team_or_their_own() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (sales, workshop) = (team(&stage, 1, "Sales").await, team(&stage, 2, "Workshop").await);
        let owner = stage.token().await;
        let seller = teammate(&stage, 10, Role::AgentRole, sales).await;
        let mechanic = teammate(&stage, 11, Role::Teammate, workshop).await;
        let make = |name: &str, visibility: &str, team: Option<&str>| json!({"name": name, "text": "t", "visibility": visibility, "team_title": team});
        for (actor, body) in [
            (&owner, make("for all", "public", None)),
            (&owner, make("sales only", "public", Some("Sales"))),
            (&owner, make("to read", "read-only", None)),
            (&owner, make("mine", "private", None)),
            (&seller, make("the seller's", "private", Some("Sales"))),
            (&seller, make("for the workshop", "read-only", Some("Workshop"))),
        ] {
            assert_eq!(actor.post("/templates", body).await.status, 200);
        }
        let seen = |actor: &crate::kit::Actor| {
            let actor = actor.clone();
            async move { actor.get("/templates").await.body() }
        };
        let all_of = ["for all", "sales only", "to read", "mine", "for the workshop"];
        assert_eq!(names(&seen(&owner).await), all_of, "a private one is its maker's alone");
        let sellers = ["for all", "sales only", "to read", "the seller's", "for the workshop"];
        assert_eq!(names(&seen(&seller).await), sellers);
        assert_eq!(names(&seen(&mechanic).await), ["for all", "to read", "for the workshop"]);
        let can: Vec<Value> = mechanic.get("/v2/templates").await.body()["data"]["templates"]
            .as_array()
            .expect("templates")
            .iter()
            .map(|template| template["can_be_edited"].clone())
            .collect();
        assert_eq!(can, [json!(true), json!(false), json!(false)]);
        let unseen = mechanic.get("/templates/2").await;
        let unknown = mechanic.get("/templates/99").await;
        assert_eq!(unseen.told_but("2"), unknown.told_but("99"), "what isn't seen isn't there");
        assert_eq!(delete(&mechanic, "/templates/4").await.status, 404);
        insta::assert_snapshot!("only_to_read", patch(&mechanic, "/templates/3", json!({"text": "x"})).await.told());
        assert_eq!(delete(&mechanic, "/templates/6").await.status, 403);
        assert_eq!(patch(&mechanic, "/templates/1", json!({"text": "x"})).await.status, 200);
        assert_eq!(delete(&owner, "/templates/6").await.status, 200, "owners may");
    }
}

#[tokio::test]
async fn a_use_is_counted_by_where_it_was() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let owner = stage.token().await;
        owner.post("/templates", json!({"name": "Ready", "text": "Your bike is ready"})).await;
        let before = events(&stage, 0).await.len();
        let used = "/templates/1/track_usage";
        insta::assert_snapshot!("use_counted", owner.post(used, json!({"origin": "crm"})).await.told());
        assert_eq!(owner.post_raw(used, "").await.status, 200, "a body may be left out");
        assert_eq!(owner.post(used, json!({})).await.status, 200);
        let second = owner.post("/v2/templates", json!({"template_id": "1", "origin": " crm "})).await;
        assert_eq!((second.status.as_u16(), second.text()), (200, "{\"success\":true}".to_owned()));
        insta::assert_snapshot!("use_of_nothing", owner.post("/v2/templates", json!({"origin": null})).await.told());
        assert_eq!(owner.post("/v2/templates", json!({"template_id": 9, "origin": "crm"})).await.status, 404);
        assert_eq!(owner.post(used, json!({"origin": "é".repeat(65)})).await.status, 400);
        let workspace = stage.workspace;
        let uses = || stage.app.read(move |tx| Ok(template_use_list(tx, workspace, TemplateId(1))?));
        assert_eq!(uses().await.expect("a read"), [(String::new(), 2, START), ("crm".to_owned(), 2, START)]);
        assert_eq!(events(&stage, before).await, [], "a count is no event");
        for number in 0..31 {
            assert_eq!(owner.post(used, json!({"origin": format!("o{number}")})).await.status, 200);
        }
        let uses = uses().await.expect("a read");
        assert_eq!(uses.len(), 33, "32 are told apart, the rest is counted together");
        assert_eq!(uses.iter().map(|(_, times, _)| times).sum::<i64>(), 35);
    }
}

#[tokio::test]
async fn templates_belong_to_their_workspace_and_scopes_hold() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, outsider) = (stage.token().await, stage.outsider().await);
        owner.post("/templates", json!({"name": "Ready", "text": "private matter"})).await;
        assert_eq!(outsider.get("/templates").await.body()["data"], json!({"templates": [], "templates_count": 0}));
        assert_eq!(outsider.get("/templates/1").await.status, 404);
        assert_eq!(patch(&outsider, "/templates/1", json!({"text": "x"})).await.status, 404);
        assert_eq!(outsider.post("/templates/1/track_usage", json!({})).await.status, 404);
        assert_eq!(delete(&outsider, "/templates/1").await.status, 404);
        let reader = stage.token_of(stage.workspace, Scope::Read, false).await;
        assert_eq!(reader.get("/templates/1").await.status, 200);
        let refused = delete(&reader, "/templates/1").await;
        assert_eq!(refused.body()["error_code"], "insufficient_scope");
        let sender = stage.token_of(stage.workspace, Scope::Send, false).await;
        assert_eq!(sender.get("/v2/templates").await.status, 403);
        assert_eq!(owner.get("/templates/1").await.body()["data"]["text"], "private matter");
    }
}

#[tokio::test]
async fn a_workspace_has_five_hundred_templates_at_most() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, workspace) = (stage.token().await, stage.workspace);
    let body = json!({"name": "Ready", "text": "Your bike is ready"});
    assert_eq!(owner.post("/templates", body.clone()).await.status, 200);
    stage
        .write(workspace, move |write| {
            let first = template_find(write.tx, workspace, TemplateId(1))?.expect("it was made").template;
            for _ in 2..TEMPLATES_MAX {
                let mut row = first.clone();
                row.id = template_next(write)?;
                template_insert(write, &row)?;
            }
            Ok(())
        })
        .await;
    assert_eq!(owner.post("/templates", body.clone()).await.status, 200, "the last one");
    insta::assert_snapshot!("too_many_templates", owner.post("/templates", body).await.told());
    assert_eq!(owner.get("/templates").await.body()["data"]["templates_count"], TEMPLATES_MAX);
}

#[tokio::test]
async fn the_file_of_a_template_goes_out_only_for_who_sees_the_template() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (sales, workshop) = (team(&stage, 1, "Sales").await, team(&stage, 2, "Workshop").await);
        let owner = stage.token().await;
        let seller = teammate(&stage, 10, Role::AgentRole, sales).await;
        let mechanic = teammate(&stage, 11, Role::Teammate, workshop).await;
        let file = upload(&stage, stage.workspace, "prices.pdf").await;
        let make = |visibility: &str, team: Option<&str>| json!({"name": "Prices", "text": "t", "visibility": visibility, "team_title": team, "file_uid": file});
        for (maker, body) in [
            (&owner, make("public", None)),
            (&seller, make("private", None)),
            (&owner, make("read-only", Some("Workshop"))),
            (&owner, make("private", Some("Workshop"))),
        ] {
            assert_eq!(maker.post("/templates", body).await.status, 200);
        }
        owner.send(ECHO, "makes chat 1").await;
        let name = ECHO.replace(' ', "");
        for (sender, sees) in [(&owner, [1, 3, 4].as_slice()), (&seller, &[1, 2]), (&mechanic, &[1, 3])] {
            for id in 1..=4 {
                let forms = [
                    ("/messages", json!({"phone": ECHO, "attachment_template_id": id})),
                    ("/chats/1/messages", json!({"attachment_template_id": id})),
                    ("/messages/to_chat_name", json!({"chat_name": name, "attachment_template_id": id})),
                ];
                for (path, body) in forms {
                    let answer = sender.post(path, body).await;
                    assert_eq!(answer.status == 200, sees.contains(&id), "{path} {id}: {}", answer.text());
                    if !sees.contains(&id) {
                        let told = answer.text();
                        assert!(told.contains(&format!("There is no template {id} in this workspace")), "{told}");
                    }
                }
            }
        }
        stage.write(stage.workspace, |write| Ok(teammate_delete(write, TeammateId(11))?)).await;
        let left = mechanic.post("/messages", json!({"phone": ECHO, "attachment_template_id": 1})).await;
        assert_eq!((left.status.as_u16(), &left.body()["error_code"]), (403, &json!("member_not_found")));
    }
}
