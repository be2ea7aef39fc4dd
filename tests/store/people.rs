//! Teammates, teams, templates and webhooks go into the store and come out as they were.

use std::time::Duration;

use database::Snapshot;
use partyline::clock::Time;
use partyline::error::Error;
use partyline::id::{TeamId, TeammateId, TemplateId, WebhookId, WorkspaceId};
use partyline::store::numbers::{team_next, teammate_next, template_next, webhook_next};
use partyline::store::teammates::{
    TeamRow, TeammateRow, team_by_title, team_insert, team_list, teammate_by_email, teammate_delete, teammate_find,
    teammate_insert, teammate_list,
};
use partyline::store::templates::{
    TemplateRow, TemplateView, template_count, template_delete, template_find, template_insert, template_list,
    template_update, template_use, template_use_list,
};
use partyline::store::webhooks::{
    WebhookRow, webhook_delete, webhook_find, webhook_insert, webhook_list, webhook_update,
};
use partyline::workspace::teammates::first_owner;

use crate::kit::{START, TestApp};
use crate::support::both_engines;

const ODD: &str = "O'Hara \u{202e}% ñ 👩‍🚀";

async fn seen<T: Send + 'static>(
    stage: &TestApp,
    look: impl Fn(&mut Snapshot<'_>) -> Result<T, database::Error> + Send + 'static,
) -> T {
    stage.app.read(move |tx| Ok::<_, Error>(look(tx)?)).await.expect("a read")
}

fn bela(id: i64) -> TeammateRow {
    TeammateRow {
        id: TeammateId(id),
        display_name: ODD.into(),
        first_name: "Bela".into(),
        last_name: "Éva".into(),
        email: "Béla@Example.org".into(),
        role: "agent".into(),
        team: TeamId(4),
        status: "invited".into(),
        invitation_status: "pending".into(),
        created_at: START,
        ended_at: Time::NEVER,
    }
}

#[tokio::test]
async fn every_workspace_has_its_owner_from_the_start() {
    both_engines(|stage| async move {
        let (other, _) = stage.other_workspace().await;
        for workspace in [stage.workspace, other] {
            assert_eq!(seen(&stage, move |tx| teammate_list(tx, workspace)).await, [first_owner(START)]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_teammate() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        stage.write(workspace, move |write| Ok(teammate_insert(write.tx, workspace, &bela(7))?)).await;
        assert_eq!(seen(&stage, move |tx| teammate_find(tx, workspace, TeammateId(7))).await, Some(bela(7)));
        assert_eq!(seen(&stage, move |tx| teammate_find(tx, WorkspaceId(2), TeammateId(7))).await, None);
        let by_email = |email: &'static str| seen(&stage, move |tx| teammate_by_email(tx, workspace, email));
        assert_eq!(by_email("BÉLA@example.ORG").await, Some(bela(7)));
        assert_eq!(by_email("bela@example.org").await, None);
        assert_eq!(seen(&stage, move |tx| teammate_list(tx, workspace)).await, [first_owner(START), bela(7)]);
        stage.write(workspace, |write| Ok(teammate_delete(write, TeammateId(7))?)).await;
        assert_eq!(seen(&stage, move |tx| teammate_list(tx, workspace)).await, [first_owner(START)]);
    })
    .await;
}

#[tokio::test]
async fn who_left_is_not_found_and_leaves_the_email_free() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let left = TeammateRow { ended_at: START, ..bela(7) };
        stage
            .write(workspace, move |write| {
                teammate_insert(write.tx, workspace, &left)?;
                Ok(teammate_insert(write.tx, workspace, &bela(8))?)
            })
            .await;
        assert_eq!(seen(&stage, move |tx| teammate_find(tx, workspace, TeammateId(7))).await, None);
        let found = seen(&stage, move |tx| teammate_by_email(tx, workspace, "béla@example.org")).await;
        assert_eq!(found, Some(bela(8)));
    })
    .await;
}

#[tokio::test]
async fn a_team() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let team = |id: i64, title: &str| TeamRow { id: TeamId(id), title: title.into(), created_at: START };
        let (north, south) = (team(1, "Süd"), team(2, "North"));
        let both = [south.clone(), north.clone()];
        stage.write(workspace, move |write| Ok(both.iter().try_for_each(|team| team_insert(write, team))?)).await;
        assert_eq!(seen(&stage, move |tx| team_by_title(tx, workspace, "SÜD")).await, Some(north.clone()));
        assert_eq!(seen(&stage, move |tx| team_by_title(tx, WorkspaceId(2), "Süd")).await, None);
        assert_eq!(seen(&stage, move |tx| team_list(tx, workspace)).await, [south, north]);
    })
    .await;
}

#[tokio::test]
async fn a_webhook() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        // Longer than an index entry may be on PostgreSQL.
        let url = format!("https://crm.example/{}", "ü".repeat(4_000));
        let made = WebhookRow {
            id: WebhookId(3),
            event_type: "message:new".into(),
            url,
            enabled: true,
            errors_counter: 2,
            created_at: START,
            secret: vec![1, 2],
            secret_before: Vec::new(),
            secret_before_until: Time::from_ms(3),
            id_prefix: "4".into(),
            since_seq: 5,
            failing_since: Time::from_ms(6),
            disabled_reason: "7".into(),
            replay_next: 8,
            replay_last: 9,
        };
        let given = made.clone();
        stage.write(workspace, move |write| Ok(webhook_insert(write, &given)?)).await;
        assert_eq!(seen(&stage, move |tx| webhook_find(tx, workspace, WebhookId(3))).await, Some(made.clone()));
        assert_eq!(seen(&stage, move |tx| webhook_find(tx, WorkspaceId(2), WebhookId(3))).await, None);
        let changed = WebhookRow {
            event_type: "chat:new".into(),
            url: "http://crm.example".into(),
            enabled: false,
            errors_counter: 0,
            secret: vec![3],
            secret_before: vec![1, 2],
            secret_before_until: Time::from_ms(10),
            replay_next: 10,
            ..made
        };
        let given = changed.clone();
        stage.write(workspace, move |write| Ok(webhook_update(write, &given)?)).await;
        assert_eq!(seen(&stage, move |tx| webhook_list(tx, workspace)).await, [changed]);
        let deleted = || stage.write(workspace, |write| Ok(webhook_delete(write, WebhookId(3))?));
        assert_eq!((deleted().await, deleted().await), (true, false));
    })
    .await;
}

#[tokio::test]
async fn a_template_and_its_uses() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, stage.app.ids.file_uid(START));
        let row = TemplateRow {
            id: TemplateId(4),
            name: ODD.into(),
            text: "ü".repeat(4_096),
            visibility: "read-only".into(),
            team: TeamId(2),
            file: Some(uid),
            created_by: TeammateId::OWNER,
            created_at: START,
            updated_by: TeammateId(7),
            updated_at: START,
        };
        let mut made = TemplateView {
            template: row.clone(),
            team_title: "North".into(),
            created_by_name: "Owner".into(),
            updated_by_name: ODD.into(),
            attachment: None,
        };
        stage
            .write(workspace, move |write| {
                let team = TeamRow { id: TeamId(2), title: "North".into(), created_at: START };
                team_insert(write, &team)?;
                // Who left is still named by what they did.
                let left = TeammateRow { ended_at: START, ..bela(7) };
                teammate_insert(write.tx, workspace, &left)?;
                Ok(template_insert(write, &row)?)
            })
            .await;
        assert_eq!(seen(&stage, move |tx| template_find(tx, workspace, TemplateId(4))).await, Some(made.clone()));
        assert_eq!(seen(&stage, move |tx| template_find(tx, WorkspaceId(2), TemplateId(4))).await, None);
        made.template = TemplateRow {
            name: "n".into(),
            text: "t".into(),
            visibility: "public".into(),
            team: TeamId::NONE,
            file: None,
            updated_by: TeammateId(1),
            updated_at: START + Duration::from_secs(1),
            ..made.template
        };
        (made.team_title, made.updated_by_name) = (String::new(), "Owner".into());
        let given = made.template.clone();
        stage.write(workspace, move |write| Ok(template_update(write, &given)?)).await;
        assert_eq!(seen(&stage, move |tx| template_list(tx, workspace)).await, [made]);
        let used =
            |origin: &'static str| stage.write(workspace, move |write| Ok(template_use(write, TemplateId(4), origin)?));
        for origin in ["b", "", "b"] {
            used(origin).await;
        }
        let uses = || seen(&stage, move |tx| template_use_list(tx, workspace, TemplateId(4)));
        assert_eq!(uses().await, [(String::new(), 1, START), ("b".into(), 2, START)]);
        assert_eq!(seen(&stage, move |tx| template_count(tx, workspace)).await, 1);
        stage.write(workspace, |write| Ok(template_delete(write, TemplateId(4))?)).await;
        assert_eq!((seen(&stage, move |tx| template_count(tx, workspace)).await, uses().await), (0, vec![]));
    })
    .await;
}

#[tokio::test]
async fn no_number_is_given_twice() {
    both_engines(|stage| async move {
        let take = || {
            stage.write(stage.workspace, |write| {
                // Beside the counters' own row: both must be kept.
                write.counters.calls_used += 1;
                let numbers =
                    [teammate_next(write)?.0, team_next(write)?.0, template_next(write)?.0, webhook_next(write)?.0];
                Ok(numbers)
            })
        };
        assert_eq!((take().await, take().await), ([2, 1, 1, 1], [3, 2, 2, 2]), "the Owner is teammate 1");
        assert_eq!(crate::support::counters(&stage, stage.workspace).await.calls_used, 2);
    })
    .await;
}
