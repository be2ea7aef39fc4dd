//! The workspace's settings: name and zone, when cycles begin, the pace of sends, how long events are kept.

use axum::http::StatusCode;
use partyline::clock::Time;
use partyline::store::workspaces::Workspace;
use partyline::workspace::settings::anchor_day;

use crate::kit::{Engine, TestApp};
use crate::owner;

const PAGE: &str = "//workspace";

async fn stored(app: &TestApp) -> Workspace {
    app.write(app.workspace, |write| Ok(write.workspace.clone())).await
}

#[tokio::test]
async fn what_is_set_holds_and_is_told_in_the_audit_log() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let form = "name=North+Pier+Books&zone=America%2FNew_York&anchor=2026-01-31&pacing_ms=1%2C500&kept_days=90";
        assert_eq!(ana.post_form(PAGE, form).await.status, StatusCode::SEE_OTHER);
        let workspace = stored(&app).await;
        assert_eq!((workspace.pacing_ms, workspace.kept_days), (1_500, 90));
        // Midnight in New York.
        assert_eq!(workspace.anchor, Time::from_ms(1_769_835_600_000));
        let page = ana.get(PAGE).await.text();
        for value in ["value=\"2026-01-31\"", "value=\"1500\"", "value=\"90\""] {
            assert!(page.contains(value), "{value}: {page}");
        }
        let log = ana.get("//audit-log?about=settings").await.text();
        for words in ["Set the day on which a cycle begins", "2026-01-15", "2000 ms", "1500 ms", "30 days", "90 days"] {
            assert!(log.contains(words), "{words}: {log}");
        }
    }
}

#[tokio::test]
async fn a_day_that_is_not_changed_moves_no_cycle() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let before = stored(&app).await;
    let day = anchor_day(&before);
    ana.post_form(PAGE, &format!("name=Books&zone=America%2FNew_York&anchor={day}")).await;
    ana.post_form(PAGE, "name=Books&zone=America%2FNew_York").await;
    let after = stored(&app).await;
    assert_eq!((after.anchor, after.pacing_ms, after.kept_days), (before.anchor, before.pacing_ms, before.kept_days));
}

#[tokio::test]
async fn every_fault_is_named_beside_its_field_and_nothing_changes() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let before = stored(&app).await;
    for (field, value, words) in [
        ("anchor", "soon", "Give a day, as 2027-01-31"),
        ("anchor", "1999-12-31", "Give a day of the years 2000 to 2200"),
        ("pacing_ms", "-1", "Give a number from 0 to 600000"),
        ("pacing_ms", "600001", "Give a number from 0 to 600000"),
        ("kept_days", "6", "Give a number from 7 to 400"),
        ("kept_days", "ever", "Give a whole number"),
        ("zone", "Mars%2FOlympus", "There is no time zone"),
    ] {
        let form = format!("name=Books&zone=UTC&{field}={value}").replace("zone=UTC&zone=", "zone=");
        let answer = ana.post_form(PAGE, &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(answer.text().contains(words), "{form}: {}", answer.text());
        assert_eq!(answer.text().matches("aria-invalid").count(), 1, "{form}");
    }
    assert_eq!(stored(&app).await, before);
}
