//! The page Templates: made, changed, deleted, used; and who sees which.

use axum::http::StatusCode;
use serde_json::json;

use crate::kit::{Engine, TestApp};
use crate::{owner, teammate};

const NEW: &str = "name=Ready&text=Hi+%7Bname%7D%2C+your+bike+is+ready.&visibility=public&team=";

#[tokio::test]
async fn a_template_is_made_changed_used_and_deleted() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    assert!(ana.get("//templates").await.text().contains("No template yet"));
    assert_eq!(ana.post_form("//templates", NEW).await.status, StatusCode::SEE_OTHER);
    let page = ana.get("//templates").await.text();
    assert!(page.contains("Ready") && page.contains("<mark>{name}</mark>") && page.contains("Not used yet"), "{page}");
    let token = app.token().await;
    token.post("/templates/1/track_usage", json!({"origin": "crm"})).await;
    token.post("/templates/1/track_usage", json!({"origin": "inbox"})).await;
    assert!(ana.get("//templates").await.text().contains("Used 2 times"));
    let changed = "name=Ready&text=Come+%3Cnow%3E&visibility=read-only&team=";
    assert_eq!(ana.post_form("//templates/1", changed).await.status, StatusCode::SEE_OTHER);
    let page = ana.get("//templates").await.text();
    assert!(page.contains("Come &lt;now&gt;") && page.contains("Read-only"), "{page}");
    let shown = token.get("/templates/1").await.body();
    assert_eq!(shown["data"]["text"], "Come <now>", "{shown}");
    assert_eq!(ana.post_form("//templates/1/delete", "").await.status, StatusCode::SEE_OTHER);
    assert!(ana.get("//templates").await.text().contains("No template yet"));
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let refused = ana.post_form("//templates", "name=+&text=Half+a+thought&visibility=public&team=").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("name is blank") && refused.text().contains("Half a thought"),
        "{}",
        refused.text()
    );
    ana.post_form("//templates", NEW).await;
    let refused = ana.post_form("//templates/1", "name=Kept&text=&visibility=public&team=").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let text = refused.text();
    assert!(text.contains("text is empty") && text.contains("value=\"Kept\"") && text.contains("open"), "{text}");
    let unknown = ana.post_form("//templates", "name=x&text=y&visibility=public&team=Nobody").await;
    assert!(unknown.status == StatusCode::BAD_REQUEST && unknown.text().contains("no team"), "{}", unknown.text());
}

#[tokio::test]
async fn private_ones_are_their_makers_and_read_only_ones_stay_as_they_are() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, "joe%40x.example", "teammate").await;
    ana.post_form("//templates", "name=Mine&text=Secret&visibility=private&team=").await;
    ana.post_form("//templates", "name=Ours&text=Fixed&visibility=read-only&team=").await;
    let page = joe.get("//templates").await.text();
    assert!(!page.contains("Mine") && page.contains("Ours") && !page.contains("/templates/2/delete"), "{page}");
    assert_eq!(joe.post_form("//templates/1/delete", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(joe.post_form("//templates/2/delete", "").await.status, StatusCode::FORBIDDEN);
    let change = "name=Ours&text=Changed&visibility=public&team=";
    assert_eq!(joe.post_form("//templates/2", change).await.status, StatusCode::FORBIDDEN);
}
