//! The audit log: who changed what, from what into what, and nothing of another workspace.

use std::time::Duration;

use axum::http::StatusCode;

use crate::kit::{Engine, TestApp};
use crate::{owner, teammate};

const PAGE: &str = "//audit-log";

#[tokio::test]
async fn every_change_is_told_with_who_and_from_what_into_what() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        ana.post_form("//workspace", "name=Harbour+Books&zone=Europe%2FLisbon").await;
        ana.post_form("//integrations/public-api/tokens", "name=crm&scope=read").await;
        ana.post_form("//integrations/public-api/tokens/1/rotate", "overlap=on").await;
        ana.post_form("//integrations/public-api/tokens/2/revoke", "").await;
        teammate(&app, &ana, "joe%40x.example", "agent").await;
        ana.post_form("//team/2/role", "role=admin").await;
        ana.post_form("//team/2/team", "team=Sales").await;
        ana.post_form("//accounts/1/rename", "name=Lisbon+shop").await;
        ana.post_form("//accounts/1/manner", "pacing_ms=1500").await;
        ana.post_form("//accounts/1/unlink", "").await;
        ana.get("//contacts/contacts.csv").await;
        ana.post_form("//integrations/webhooks", "event_type=message%3Anew&url=https%3A%2F%2Fcrm.example.com%2F").await;
        ana.post_form("//integrations/webhooks/1/pause", "").await;
        ana.post_form("//integrations/webhooks/1/rotate", "").await;
        ana.post_form("//integrations/webhooks/1/delete", "").await;
        ana.get("//integrations/public-api/log.csv").await;
        ana.post_form("//team/2/remove", "").await;
        let page = ana.get(PAGE).await.text();
        let rows: Vec<String> = page.split("<tr role=\"row\">").skip(2).map(words).collect();
        let told = [
            "Removed Joe Reyes Admin",
            "Downloaded the log of API calls log.csv",
            "Deleted a webhook 1 message:new https://crm.example.com/",
            "Rotated the secret of a webhook 1 message:new",
            "Changed a webhook 1 message:new on paused",
            "Added a webhook 1 message:new – https://crm.example.com/",
            "Downloaded the contacts contacts.csv – 0 contacts",
            "Unlinked Lisbon shop +12025550198",
            "Set pace and cap of Lisbon shop pause as usual ms",
            "Renamed the account +12025550198 Demo phone Lisbon shop",
            "Changed the team of Joe Reyes – Sales",
            "Changed the role of Joe Reyes Agent Admin",
            "Joined Joe Reyes",
            "Invited joe@x.example – Agent",
            "Revoked a token crm read",
            "Rotated a token crm token 1, good for 24 hours more token 2",
            "Made a token crm – read",
            "Set the time zone America/New_York Europe/Lisbon",
            "Named the workspace North Pier Books Harbour Books",
        ];
        let mut at = 0;
        for one in told {
            let found = rows[at..].iter().position(|row| row.contains(one));
            at += found.unwrap_or_else(|| panic!("{one}: {rows:#?}"));
            let who = if one.starts_with("Joined") { "Joe Reyes" } else { "Ana Martins" };
            assert!(rows[at].contains(who), "{one} by {who}: {}", rows[at]);
        }
    }
}

/// The words of a piece of a page.
fn words(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<').skip(1) {
        text += piece.split_once('>').map_or("", |(_, words)| words);
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_log_is_filtered_and_leafed_through() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for number in 0..60 {
        ana.post_form("//workspace", &format!("name=Books+{number}&zone=UTC")).await;
        app.advance(Duration::from_secs(1));
    }
    ana.post_form("//integrations/public-api/tokens", "name=%3Ci%3Ecrm&scope=read").await;
    let rows =
        async |query: &str| ana.get(&format!("{PAGE}?{query}")).await.text().matches("data-label=\"When\"").count();
    assert_eq!(rows("").await, 50);
    assert_eq!((rows("about=tokens").await, rows("about=exports").await), (1, 0));
    let page = ana.get(&format!("{PAGE}?about=settings")).await.text();
    let next = page.split("before=").nth(1).and_then(|rest| rest.split('"').next()).expect("older rows");
    // Sixty names, one of them with a zone.
    assert_eq!(rows(&format!("about=settings&before={next}")).await, 11);
    assert_eq!(rows("about=what&before=x").await, 50, "what can't be read asks nothing");
    assert!(ana.get(PAGE).await.text().contains("&lt;i&gt;crm"));
}

#[tokio::test]
async fn what_a_token_changes_bears_its_name_and_only_managers_read_it() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let crm = app.token().await;
    crm.post("/webhooks", serde_json::json!({"event_type": "message:new", "url": "https://crm.example.com/"})).await;
    assert!(words(&ana.get(PAGE).await.text()).contains("Token crm Added a webhook 1 message:new"));
    let supervisor = teammate(&app, &ana, "sue%40x.example", "team_supervisor").await;
    assert_eq!(supervisor.get(PAGE).await.status, StatusCode::FORBIDDEN);
    let (other, _) = app.other_workspace().await;
    app.write(other, |write| {
        use partyline::workspace::audit::{Action, record};
        record(write, Action::TokenMade, "somebody else's", "", "")
    })
    .await;
    assert!(!ana.get(PAGE).await.text().contains("somebody else"));
}

/// The log can only grow: no statement of the program changes or removes a row of it.
#[test]
fn no_statement_changes_or_forgets_a_row() {
    let of_log = partyline::store::every_statement().into_iter().filter(|(.., sql)| {
        [database::Engine::Sqlite, database::Engine::Postgres]
            .iter()
            .any(|engine| sql.text(*engine).contains("audit_log"))
    });
    let mut seen = 0;
    for (file, name, sql) in of_log {
        seen += 1;
        for engine in [database::Engine::Sqlite, database::Engine::Postgres] {
            let text = sql.text(engine).to_uppercase();
            assert!(text.starts_with("INSERT INTO AUDIT_LOG") || text.starts_with("SELECT"), "{file} {name}: {text}");
            assert!(!text.contains("ON CONFLICT"), "{file} {name}: {text}");
        }
    }
    assert!(seen >= 2, "the log is written and read");
}
