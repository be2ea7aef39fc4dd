//! The workspace and its quotas.

use partyline::workspace::settings::{LimitChange, set_limits};
use serde_json::json;

use crate::kit::{ECHO, Engine, TestApp};

#[tokio::test]
async fn the_workspace_tells_its_seats_and_quotas() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "one credit").await;
        token.post("/workspace/invitations", json!({"email": "maria@example.com"})).await;
        let change = LimitChange { top_up: Some(500), ..LimitChange::default() };
        stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
        insta::assert_snapshot!("workspace", token.get("/workspace").await.told());
        stage.flush().await;
        insta::assert_snapshot!("quotas", token.get("/workspace/quotas").await.told());
        stage.flush().await;
        let short = token.get("/quotas").await.told();
        let (long, mut again) = (token.get("/workspace/quotas").await.body(), token.get("/quotas").await.body());
        assert!(short.contains("non_recurring_quota"), "{short}");
        again["data"]["api_calls_quota"]["used"] = long["data"]["api_calls_quota"]["used"].clone();
        assert_eq!(again, long, "but for the call itself");
        assert_eq!(stage.stranger().get("/quotas").await.status, 401);
    }
}
