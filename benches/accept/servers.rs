//! The servers that are measured, each in a process of its own that ends with its input.

use std::io::Read;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use database::{Config, Database, Location, Priority};
use futures_util::{StreamExt, stream};
use partyline::accounts::{Supervisor, link_sandbox};
use partyline::app::{App, Settings, keep_ledger};
use partyline::clock::Clock;
use partyline::http::client_address::TrustedProxies;
use partyline::http::layers::layered;
use partyline::http::router::router;
use partyline::http::server::{ServerOptions, serve as serve_http};
use partyline::id::{MessageUid, WorkspaceId};
use partyline::inbox::content::{Content, Recipient};
use partyline::inbox::send::{SendMessage, queue_message};
use partyline::inbox::values::{MessageText, Phone};
use partyline::message::Origin;
use partyline::outbound::Policy;
use partyline::store::MIGRATIONS;
use partyline::workspace::settings::{LimitChange, create_workspace, set_limits};
use partyline::workspace::tokens::{Caller, Scope, TokenSecret, create_token};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// More than a page.
const CHATS: usize = 60;
const MESSAGES_EACH: usize = 20;

#[derive(Deserialize)]
struct Request {
    phone: String,
    text: String,
}

#[derive(Serialize)]
struct Answer {
    status: &'static str,
    data: AnswerData,
}

#[derive(Serialize)]
struct AnswerData {
    message_uid: String,
}

/// Serves until the input ends, after a line with address and token.
pub fn serve(kind: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let location = match kind {
        "bare" => None,
        "postgres" | "postgres-filled" => {
            Some(Location::Postgres(std::env::var("PARTYLINE_TEST_POSTGRES").expect("a PostgreSQL")))
        }
        _ => Some(Location::File(folder.path().join("partyline.db"))),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let database = location.map(|location| {
        let config = Config { runtime: Some(runtime.handle().clone()), ..Config::new(location) };
        let database = Database::open(config).expect("the database opens");
        database.migrate(MIGRATIONS).expect("the schema is made");
        database
    });
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let secret = TokenSecret::generate();
        let mut uid = String::new();
        match database {
            None => {
                let router = bare(secret.reveal());
                tokio::spawn(async move { axum::serve(listener, router).await });
            }
            Some(database) => {
                let (app, workspace) = prepared(database, &secret).await;
                if kind.ends_with("-filled") {
                    uid = filled(&app, workspace).await.to_string();
                }
                let stop = CancellationToken::new();
                if kind == "sqlite-working" {
                    let supervisor = Supervisor::start(app.clone(), stop.clone());
                    std::mem::forget(supervisor);
                }
                tokio::spawn(keep_ledger(app.clone(), stop.clone()));
                let options = ServerOptions::default();
                let router = layered(router(app), &options, TrustedProxies::new(Vec::new()), stop.clone());
                tokio::spawn(serve_http(listener, router, options, stop));
            }
        }
        println!("{address} {} {uid}", secret.reveal());
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
            .await
            .expect("the input ends")
            .ok();
    });
    std::process::exit(0);
}

async fn prepared(database: Database, secret: &TokenSecret) -> (App, WorkspaceId) {
    let files_folder = std::env::temp_dir();
    let settings = Settings {
        public_url: "http://127.0.0.1".into(),
        sandbox_speed: 0.0,
        support_contact: String::new(),
        files_folder,
        outbound: Policy::default(),
    };
    let app = App::new(database, Clock::system(), settings);
    let now = app.clock.now();
    let workspace = app
        .database
        .write(0, Priority::Foreground, move |tx| create_workspace(tx, now, "bench", "UTC"))
        .await
        .expect("a workspace");
    let stored = secret.clone();
    app.write(workspace, Priority::Foreground, move |write| {
        let most = Some(1_000_000_000);
        let rate_per_minute = Some(1_000_000);
        let change = LimitChange { rate_per_minute, calls_per_cycle: most, credits_per_cycle: most, top_up: None };
        set_limits(write, &change)?;
        link_sandbox(write, "Demo phone")?;
        create_token(write, "bench", Scope::Full, false, &stored)
    })
    .await
    .expect("a token");
    (app, workspace)
}

/// A page of chats and some more, each with some messages; returns the last message's uid.
async fn filled(app: &App, workspace: WorkspaceId) -> MessageUid {
    let mut last = MessageUid(uuid::Uuid::nil());
    for round in 0..MESSAGES_EACH {
        let sends = (0..CHATS).map(|chat| {
            let uid = app.ids.message_uid(app.clock.now());
            let text = format!("Hello number {round}: thank you for your order, it will be delivered tomorrow.");
            let request = SendMessage {
                uid,
                wamid: app.ids.wamid(),
                to: Recipient::phone(&Phone::parse("phone", &format!("+120255{}", 50_000 + chat)).expect("a phone")),
                account: None,
                content: Content::new(Some(MessageText::parse("text", &text).expect("a text")), None).expect("content"),
                reply_to: None,
                label: None,
                chat_name: None,
                origin: Origin::PublicApi,
                send_at: None,
            };
            let caller = Caller::operator(workspace);
            let write =
                app.write(workspace, Priority::Foreground, move |write| queue_message(write, &caller, &request));
            async move { write.await.map(|_| uid).expect("accepted") }
        });
        let uids: Vec<MessageUid> = stream::iter(sends).buffered(CHATS).collect().await;
        last = uids.into_iter().max_by_key(|uid| uid.0).unwrap_or(last);
    }
    last
}

fn bare(token: &str) -> Router {
    let expected = Arc::new(format!("Bearer {token}"));
    Router::new().route("/integrations/api/messages", post(echo)).with_state(expected)
}

async fn echo(
    State(expected): State<Arc<String>>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<Json<Answer>, StatusCode> {
    if headers.get("authorization").is_none_or(|given| given.as_bytes() != expected.as_bytes()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let message_uid = if request.text.is_empty() { String::new() } else { request.phone };
    Ok(Json(Answer { status: "ok", data: AnswerData { message_uid } }))
}
