//! A refusal is decided before anything is written. One that isn't would commit half of what it wanted, so it is undone.

use axum::Router;
use axum::routing::post;
use partyline::error::{Code, Error};
use partyline::http::call::{Call, Done, PublicState};
use partyline::id::ChatId;
use partyline::inbox::labels::label_chat_anew;
use partyline::inbox::values::LabelName;
use partyline::store::Write;
use partyline::store::labels::{Place, label_list};
use partyline::store::outbox::outbox_count;
use partyline::workspace::quota::take_credits;

use crate::kit::{Actor, ECHO, Engine, START, TestApp};

type Work = fn(&mut Write<'_, '_>) -> Result<(), Error>;

fn refusal() -> Error {
    Error::new(Code::PermissionDenied, "planted")
}

/// An actor before a server whose one operation does `work` and then refuses.
fn planted(stage: &TestApp, actor: &Actor, work: Work) -> Actor {
    let operation = move |call: Call| async move {
        call.write(Ok(()), move |write, _, ()| work(write).and_then(|()| Err::<Done<()>, _>(refusal()))).await
    };
    let state = PublicState::new(stage.app.clone());
    let router = Router::new().route("/integrations/api/planted", post(operation)).with_state(state);
    actor.talking_to(router).with_header("idempotency-key", "order-17")
}

#[tokio::test]
async fn an_operation_that_refuses_after_it_wrote_is_a_fault_and_leaves_nothing() {
    let label: Work = |write| {
        let place = Place { chat: ChatId(1), last_message_at: START, name: ECHO };
        label_chat_anew(write, place, &LabelName::parse("label", "half")?, false)
    };
    let credits: Work = |write| take_credits(write, 1).map(drop);
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        token.send(ECHO, "makes chat 1").await;
        for work in [label, credits] {
            let answer = planted(&stage, &token, work).post("/planted", serde_json::json!({})).await;
            assert_eq!((answer.status.as_u16(), answer.body()["error_code"].as_str()), (500, Some("internal_error")));
        }
        let workspace = stage.workspace;
        let labels = stage.app.read(move |tx| Ok(label_list(tx, workspace, ChatId(1))?)).await.expect("a read");
        assert_eq!(labels, [""; 0]);
        stage.flush().await;
        let told = token.get("/workspace").await.body();
        assert_eq!(told["data"]["messaging_quota"]["used"], 1, "only the message's own credit");
        assert_eq!(told["data"]["api_calls_quota"]["used"], 4, "a fault is an answer too");
    }
}

#[tokio::test]
async fn an_operation_that_refuses_after_it_only_looked_is_an_answer() {
    let look: Work = |write| Ok(outbox_count(write.tx, write.workspace.id).map(drop)?);
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = planted(&stage, &stage.token().await, look);
        let first = token.post("/planted", serde_json::json!({})).await;
        assert_eq!((first.status.as_u16(), first.body()["error_code"].as_str()), (403, Some("permission_denied")));
        let again = token.post("/planted", serde_json::json!({})).await;
        assert_eq!((again.bytes, again.headers.contains_key("idempotent-replayed")), (first.bytes, true));
    }
}
