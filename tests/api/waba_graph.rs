//! Adding an official account where the Graph is somebody else's server: what it is asked, and what its refusals lead to.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use partyline::accounts::clerk;
use partyline::app::GraphPlace;
use serde_json::{Value, json};

use crate::kit::{Engine, TestApp};

const NUMBER: &str = "106540352242922";
const BUSINESS: &str = "102290129340398";

/// Meta, reduced to one number with three templates on two pages; a token that ends with `bad` is none.
#[derive(Default)]
struct Graph {
    asked: Mutex<Vec<String>>,
}

type Given = std::collections::BTreeMap<String, String>;

async fn answer(
    State(graph): State<Arc<Graph>>,
    method: Method,
    Path(path): Path<String>,
    Query(query): Query<Given>,
    headers: axum::http::HeaderMap,
) -> Response {
    graph.asked.lock().expect("no panic").push(format!("{method} /{path}"));
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if token.ends_with("bad") {
        let error = json!({"error": {"code": 190, "message": "Invalid OAuth access token"}});
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    let template = |id: u32| {
        json!({"id": id.to_string(), "name": format!("ready_{id}"), "language": "en_US", "status": "APPROVED",
            "category": "UTILITY", "components": [{"type": "BODY", "text": "Hello"}]})
    };
    let told = match path.strip_prefix("v25.0/").unwrap_or_default() {
        NUMBER => json!({"id": NUMBER, "display_phone_number": "+1 919-555-0147", "verified_name": "Harbour",
            "quality_rating": "YELLOW"}),
        "102290129340398/message_templates" if query.contains_key("after") => {
            json!({"data": [template(3)], "paging": {}})
        }
        "102290129340398/message_templates" => {
            json!({"data": [template(1), template(2)], "paging": {"cursors": {"after": "a=b"}, "next": "https://x"}})
        }
        "102290129340398/subscribed_apps" => json!({"success": true}),
        BUSINESS => json!({"id": BUSINESS, "name": "Harbour Bikes"}),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    Json(told).into_response()
}

#[tokio::test]
async fn a_number_of_metas_is_checked_subscribed_and_its_templates_read_to_the_last_page() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let graph = Arc::new(Graph::default());
        let routes = Router::new().route("/{*path}", any(answer)).with_state(Arc::clone(&graph));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let _server =
            tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move { axum::serve(listener, routes).await }));
        let _ = stage.app.clone().with_graph(GraphPlace { url, version: "v25.0".into() });
        let token = stage.token().await;
        let add = async |access_token: &str| {
            let body = json!({"phone_number_id": NUMBER, "business_id": BUSINESS, "access_token": access_token,
                "app_secret": "the app's secret".replace(' ', "-")});
            token.post("/waba/accounts", body).await
        };
        let refused = add("EAA-which-is-bad").await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert_eq!(refused.body()["errors"][0]["fields"], json!(["access_token"]));
        assert!(!refused.text().contains("EAA-which"), "{}", refused.text());
        assert_eq!(token.get("/waba/accounts").await.body()["data"]["waba_accounts"], json!([]), "nothing is stored");
        let added = add("EAA-which-is-good").await;
        assert_eq!(added.status, 200, "{}", added.text());
        assert_eq!(added.body()["data"]["display_phone_number"], "+19195550147");
        assert_eq!(added.body()["data"]["account_name"], "Harbour");
        while clerk::turn(&stage.app).await.expect("a turn") > 0 {}
        let account = token.get("/waba/accounts/2").await.body()["data"].clone();
        assert_eq!((&account["waba_profile"]["name"], &account["_note"]), (&json!("Harbour Bikes"), &json!("")));
        let templates = token.get("/waba/templates").await.body()["data"].clone();
        let names: Vec<&Value> =
            templates["templates"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["ready_1", "ready_2", "ready_3"]);
        assert!(token.get("/whatsapp_accounts").await.text().contains("\"quality\":\"medium\""));
        let asked = graph.asked.lock().expect("no panic").clone();
        assert!(asked.contains(&format!("POST /v25.0/{BUSINESS}/subscribed_apps")), "{asked:#?}");
        // The same again gives it new secrets; a bad token changes nothing.
        assert_eq!(add("EAA-which-is-bad").await.status, 400);
        assert_eq!(add("EAA-which-is-new").await.body()["data"]["id"], json!(2));
    }
}
