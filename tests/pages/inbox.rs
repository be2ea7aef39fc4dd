//! The inbox: what the team sees of its chats, says in them and sets on them.

use std::time::Duration;

use axum::http::StatusCode;
use partyline::workspace::tokens::Scope;
use serde_json::json;

use crate::kit::{Actor, Engine, TestApp};
use crate::{owner, teammate};

/// A chat with Echo, begun through the public API; its number.
async fn chat_by_api(app: &TestApp, text: &str) -> i64 {
    let token = app.token().await;
    let sent = token.post("/messages", json!({"phone": "+12025550100", "text": text, "label": "rental"})).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    let chats = token.get("/chats").await.body();
    chats["data"]["chats"][0]["id"].as_i64().expect("a chat")
}

async fn page(actor: &Actor, path: &str) -> String {
    let answer = actor.get(&format!("/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

/// Does it and follows where that leads.
async fn done(actor: &Actor, path: &str, form: &str) -> String {
    let answer = actor.post_form(&format!("/{path}"), form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text());
    page(actor, answer.header("location")).await
}

#[tokio::test]
async fn an_empty_inbox_says_how_a_chat_begins() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let shown = page(&ana, "/inbox").await;
    assert!(shown.contains("No chats yet") && shown.contains("No open chats"), "{shown}");
    assert_eq!(ana.get("//inbox/99").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_message_of_the_api_stands_in_its_chat_with_its_mark() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let chat = chat_by_api(&app, "Your booking is confirmed.").await;
        let shown = page(&ana, &format!("/inbox/{chat}")).await;
        for words in ["Your booking is confirmed.", "Public API, ", "Pending", "rental", "Unassigned", "Today, "] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        let listed = page(&ana, "/inbox").await;
        assert!(listed.contains("Your booking is confirmed.") && listed.contains("Choose a chat"), "{listed}");
    }
}

#[tokio::test]
async fn a_teammate_answers_and_leaves_a_note_that_is_never_sent() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let chat = chat_by_api(&app, "Hello").await;
        let path = format!("/inbox/{chat}");
        let replied = done(&ana, &format!("{path}/send"), "mode=reply&text=One%0D%0Atwo").await;
        assert!(replied.contains("One\ntwo"), "{replied}");
        let noted = done(&ana, &format!("{path}/send"), "mode=note&text=Ask+for+the+deposit").await;
        assert!(noted.contains("Note, only the team sees it") && noted.contains("Ask for the deposit"), "{noted}");
        let token = app.token().await;
        let messages = token.get(&format!("/chats/{chat}/messages")).await.body();
        let origins: Vec<_> = messages["data"]["messages"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|message| (message["origin"].as_str().unwrap_or(""), message["message_type"].as_str().unwrap_or("")))
            .collect();
        assert_eq!(origins, [("Shared Inbox", "note"), ("Shared Inbox", "whatsapp"), ("Public API", "whatsapp")]);
    }
}

#[tokio::test]
async fn what_is_refused_is_said_and_not_lost() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let chat = chat_by_api(&app, "Hello").await;
    let long = "a".repeat(2_001);
    let answer = ana.post_form(&format!("//inbox/{chat}/send"), &format!("mode=reply&text={long}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let shown = answer.text();
    assert!(shown.contains(&long) && shown.contains("2000") && shown.contains(r#"role="alert""#), "{shown}");
    let blank = ana.post_form(&format!("//inbox/{chat}/send"), "mode=note&text=+").await.text();
    assert!(blank.contains("blank"), "{blank}");
}

#[tokio::test]
async fn a_chat_is_taken_labelled_closed_and_found_in_its_views() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let chat = chat_by_api(&app, "Hello").await;
        let path = format!("/inbox/{chat}");
        assert!(page(&ana, "/inbox?view=mine").await.contains("Nothing is yours"));
        let taken = done(&ana, &format!("{path}/assign"), "responsible=1&back=%2Finbox%3Fview%3Dmine").await;
        assert!(taken.contains("Hello") && taken.contains("You"), "{taken}");
        assert!(page(&ana, "/inbox?view=unassigned").await.contains("Everything has somebody"));
        let labelled = done(&ana, &format!("{path}/label"), "label=vip+%26+co").await;
        assert!(labelled.contains("vip &amp; co"), "{labelled}");
        assert!(page(&ana, "/inbox?label=vip%20%26%20co").await.contains("Hello"));
        let bare = done(&ana, &format!("{path}/unlabel"), "label=rental").await;
        assert!(!bare.contains("Remove label rental"), "{bare}");
        let closed = done(&ana, &format!("{path}/close"), "closed=true").await;
        assert!(closed.contains("Open again"), "{closed}");
        assert!(page(&ana, "/inbox").await.contains("No open chats"));
        assert!(page(&ana, "/inbox?view=closed").await.contains("Hello"));
        let open = done(&ana, &format!("{path}/close"), "closed=false").await;
        assert!(open.contains("Close"), "{open}");
        let unread = done(&ana, &format!("{path}/read"), "read=false").await;
        assert!(unread.contains(r#"data-unread="1""#) && unread.contains("Mark as read"), "{unread}");
        assert!(page(&ana, "/inbox?view=unread").await.contains("Hello"));
    }
}

#[tokio::test]
async fn a_form_leads_back_to_the_inbox_and_nowhere_else() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let chat = chat_by_api(&app, "Hello").await;
    for back in ["https%3A%2F%2Fevil.example%2Finbox", "%2F%2Fevil.example", "%2Fteam", "%2Finbox%5Cevil"] {
        let answer = ana.post_form(&format!("//inbox/{chat}/read"), &format!("read=true&back={back}")).await;
        assert_eq!(answer.header("location"), format!("/inbox/{chat}"), "{back}");
    }
}

#[tokio::test]
async fn a_reader_reads_and_a_stranger_sees_nothing() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let chat = chat_by_api(&app, "Hello").await;
    let reader = teammate(&app, &ana, "rea%40x.example", "collaborator").await;
    let shown = page(&reader, &format!("/inbox/{chat}")).await;
    assert!(shown.contains("Your role reads chats") && !shown.contains("<textarea"), "{shown}");
    for (action, form) in [
        ("send", "text=a"),
        ("assign", "responsible=1"),
        ("label", "label=a"),
        ("unlabel", "label=a"),
        ("close", "closed=true"),
        ("read", "read=true"),
    ] {
        let path = format!("//inbox/{chat}/{action}");
        assert_eq!(reader.post_form(&path, form).await.status, StatusCode::FORBIDDEN, "{action}");
        let elsewhere = ana.with_header("origin", "https://evil.example").post_form(&path, form).await;
        assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "{action} from another site");
    }
    assert_eq!(app.stranger().get("//inbox").await.header("location"), "/login?next=%2Finbox");
    assert_eq!(app.stranger().get("//live").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn chats_of_another_workspace_are_as_if_they_were_not() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (other, _) = app.other_workspace().await;
    let token = app.token_of(other, Scope::Full, false).await;
    token.post("/messages", json!({"phone": "+12025550100", "text": "secret of others"})).await;
    assert!(!page(&ana, "/inbox").await.contains("secret of others"));
    assert_eq!(ana.get("//inbox/1").await.status, StatusCode::NOT_FOUND);
    for action in ["send", "assign", "label", "unlabel", "close", "read"] {
        let answer = ana.post_form(&format!("//inbox/1/{action}"), "text=a&label=a&responsible=1").await;
        assert!(matches!(answer.status, StatusCode::NOT_FOUND), "{action}: {}", answer.status);
    }
    assert_eq!(token.get("/chats/1").await.body()["data"]["labels"], json!([]));
}

#[tokio::test]
async fn hostile_words_are_only_text() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let token = app.token().await;
    let hostile = r#"<script>alert(1)</script><img src=x onerror="a">"#;
    let body = json!({"phone": "+12025550100", "text": hostile, "chat_name": hostile, "label": "<b>bold</b>"});
    assert_eq!(token.post("/messages", body).await.status, StatusCode::OK);
    let shown = page(&ana, "/inbox/1").await;
    assert!(!shown.contains("<script>alert") && !shown.contains("<img src=x") && !shown.contains("<b>bold"), "{shown}");
    assert!(shown.contains("&lt;script&gt;alert(1)"), "{shown}");
}

#[tokio::test]
async fn a_long_thread_is_read_page_by_page() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let token = app.token().await;
    for number in 0..60 {
        // One chat gets no more than its workspace's limit a minute.
        app.advance(Duration::from_secs(2));
        let body = json!({"phone": "+12025550100", "text": format!("number {number} of sixty")});
        assert_eq!(token.post("/messages", body).await.status, StatusCode::OK);
    }
    let newest = page(&ana, "/inbox/1").await;
    assert!(newest.contains("number 59 of") && newest.contains("number 10 of") && !newest.contains("number 9 of"));
    let at = newest.find("/inbox/1?before=").expect("a way to older ones");
    let older = page(&ana, &newest[at..at + "/inbox/1?before=".len() + 36]).await;
    assert!(
        older.contains("number 0 of") && older.contains("number 9 of") && !older.contains("number 10 of"),
        "{older}"
    );
    assert!(older.contains("To the newest"));
}
