//! The thread: what happened between the messages and by whom, answers that quote, who writes, on which node ever they are.

use std::time::Duration;

use axum::http::StatusCode;
use partyline::accounts::Supervisor;
use partyline::accounts::adding::add_sandbox_cloud;
use partyline::event_kind::Cause;
use partyline::id::AccountId;
use partyline::inbox::receive::receive_message;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use transport::{Address, Incoming, IncomingBody, Sender};

use crate::kit::{Actor, Engine, Listening, TestApp};
use crate::{owner, teammate};

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

/// The words of the lines between the messages, in their order.
fn lines(page: &str) -> Vec<String> {
    let pieces = page.split(r#"<p class="sys" id="e-"#).skip(1);
    let inner = pieces.filter_map(|piece| piece.split_once('>')?.1.split("</p>").next());
    inner.map(words).collect()
}

/// What is seen of a piece of a page.
fn words(html: &str) -> String {
    let (mut text, mut is_tag) = (String::new(), false);
    for letter in html.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(letter),
            _ => {}
        }
    }
    text
}

async fn receive(app: &TestApp, text: &str) {
    receive_on(app, app.account, text).await;
}

async fn receive_on(app: &TestApp, account: AccountId, text: &str) {
    let address = Address::from_phone("+12025550100");
    let sender = Sender { address: address.clone(), name: "Echo".to_owned() };
    let (at_ms, wamid, body) = (app.clock.now().ms(), format!("W{text}"), IncomingBody::Text(text.to_owned()));
    let incoming = Incoming { chat: address, chat_name: String::new(), sender, wamid, at_ms, body, reply_to: None };
    let uid = app.app.ids.message_uid(app.clock.now());
    app.write(app.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
}

/// The data of the next event of this name.
async fn told(stream: &mut Listening, event: &str) -> Value {
    loop {
        let told = stream.words().await.expect("the stream goes on");
        if told.event == event {
            return told.data;
        }
    }
}

#[tokio::test]
async fn the_thread_tells_what_happened_and_by_whom() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, token) = (owner(&app).await, app.token().await);
        let said = json!({"phone": "+12025550100", "text": "Your booking", "label": "rental <b>"});
        assert_eq!(token.post("/messages", said).await.status, StatusCode::OK);
        app.advance(Duration::from_secs(60));
        let said = json!({"phone": "+12025550101", "text": "Yours too", "label": "rental <b>"});
        assert_eq!(token.post("/messages", said).await.status, StatusCode::OK);
        token.post("/chats/1/labels", json!({"labels": ["rental <b>", "vip"]})).await;
        app.advance(Duration::from_secs(60));
        done(&ana, "/inbox/1/assign", "responsible=1").await;
        token.ask(axum::http::Method::PATCH, "/chats/1", json!({"name": "Echo & Co"}).to_string().into()).await;
        done(&ana, "/inbox/1/unlabel", "label=vip").await;
        done(&ana, "/inbox/1/close", "closed=true").await;
        app.advance(Duration::from_secs(60));
        receive(&app, "One more thing").await;
        let shown = page(&ana, "/inbox/1").await;
        assert_eq!(
            lines(&shown),
            [
                "Label rental &lt;b&gt; created and added by Public API (crm) 04:00",
                "Label vip created and added by Public API (crm) 04:01",
                "Assigned to Ana Martins by Ana Martins 04:02",
                "Named Echo &amp; Co by Public API (crm) 04:02",
                "Label vip taken off by Ana Martins 04:02",
                "Closed by Ana Martins 04:02",
                "Open again: its contact wrote 04:03",
            ],
            "{shown}"
        );
        let places =
            ["Your booking", "created and added", "Assigned to", "Open again: its"].map(|words| shown.find(words));
        assert!(places.is_sorted() && places[0].is_some(), "in the order of time: {places:?}");
        let other = page(&ana, "/inbox/2").await;
        assert_eq!(lines(&other), ["Label rental &lt;b&gt; added by Public API (crm) 04:01"]);
        let history = page(&ana, "/inbox/1/history").await;
        assert!(history.contains("created and added") && history.contains("Public API (crm)"), "{history}");
    }
}

#[tokio::test]
async fn what_happened_stands_on_the_page_of_its_time() {
    // On PostgreSQL the limit of calls goes by the database's clock, which nobody turns.
    let app = TestApp::on(Engine::Sqlite).await;
    let (ana, token) = (owner(&app).await, app.token().await);
    for number in 0..60 {
        app.advance(Duration::from_secs(2));
        let label = if number == 3 { json!("early") } else { json!(null) };
        let body = json!({"phone": "+12025550100", "text": format!("number {number}"), "label": label});
        assert_eq!(token.post("/messages", body).await.status, StatusCode::OK);
    }
    done(&ana, "/inbox/1/label", "label=late").await;
    let newest = page(&ana, "/inbox/1").await;
    assert_eq!(lines(&newest).len(), 1, "{newest}");
    assert!(lines(&newest)[0].starts_with("Label late"));
    let at = newest.find("/inbox/1?before=").expect("a way to older ones");
    let older = page(&ana, &newest[at..at + "/inbox/1?before=".len() + 36]).await;
    assert!(lines(&older).len() == 1 && lines(&older)[0].starts_with("Label early"), "{:?}", lines(&older));
}

#[tokio::test]
async fn an_answer_quotes_what_it_answers() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, token) = (owner(&app).await, app.token().await);
        token.send("+12025550101", "elsewhere").await;
        receive(&app, "Is the blue one <there>?").await;
        let chats = token.get("/chats?phone=%2B12025550100").await.body();
        let chat = chats["data"]["chats"][0]["id"].as_i64().expect("a chat");
        let messages = token.get(&format!("/chats/{chat}/messages")).await.body();
        let theirs = messages["data"]["messages"][0]["uid"].as_str().expect("a uid").to_owned();
        let begun = page(&ana, &format!("/inbox/{chat}?reply={theirs}")).await;
        assert!(begun.contains(&format!(r#"name="reply_to" value="{theirs}""#)), "{begun}");
        let form = format!("mode=reply&text=It+is&reply_to={theirs}&key=one");
        let answered = done(&ana, &format!("/inbox/{chat}/send"), &form).await;
        assert!(answered.contains(&format!("class=\"quote\" dir=\"auto\" href=\"#m-{theirs}\"")), "{answered}");
        let again = done(&ana, &format!("/inbox/{chat}/send"), &form).await;
        assert_eq!(again.matches("It is</p>").count(), 1, "a form goes once: {again}");
        let newest = token.get(&format!("/chats/{chat}/messages")).await.body()["data"]["messages"][0].clone();
        assert_eq!(
            (newest["text"].as_str(), newest["data"]["reply_to_uid"].as_str()),
            (Some("It is"), Some(theirs.as_str()))
        );
        // What isn't of this chat can't be quoted in it; what was written isn't lost.
        let elsewhere = token.get("/chats/1/messages").await.body()["data"]["messages"][0]["uid"].clone();
        let form = format!("mode=reply&text=Lost%3F&reply_to={}", elsewhere.as_str().expect("a uid"));
        let refused = ana.post_form(&format!("//inbox/{chat}/send"), &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text().contains("Lost?") && refused.text().contains("is not in this chat"));
    }
}

#[tokio::test]
async fn chats_are_narrowed_down_by_day_and_by_whether_they_are_read() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (ana, token) = (owner(&app).await, app.token().await);
    for (day, digit) in [(0, 1), (1, 2), (2, 3)] {
        token.send(&format!("+1202555010{digit}"), &format!("of day {day}")).await;
        app.advance(Duration::from_secs(86_400));
    }
    receive(&app, "of today").await;
    let has = |shown: String| ["day 0", "day 1", "day 2", "of today"].map(|words| shown.contains(words));
    // The first day is 15 January in Lisbon.
    assert_eq!(has(page(&ana, "/inbox?since=2026-01-16&until=2026-01-17").await), [false, true, true, false]);
    assert_eq!(has(page(&ana, "/inbox?until=2026-01-15").await), [true, false, false, false]);
    assert_eq!(has(page(&ana, "/inbox?since=2026-01-18").await), [false, false, false, true]);
    assert_eq!(has(page(&ana, "/inbox?read=false").await), [false, false, false, true]);
    assert_eq!(has(page(&ana, "/inbox?read=true&since=2026-01-17").await), [false, false, true, false]);
    let query = "read%3Dfalse%26since%3D2026-01-18";
    let saved = done(&ana, "/inbox/views", &format!("name=Fresh&query={query}")).await;
    assert!(saved.contains("Fresh") && saved.contains("From 2026-01-18"), "{saved}");
}

#[tokio::test]
async fn teammates_on_two_nodes_see_each_other() {
    for engine in Engine::all().into_iter().filter(|engine| *engine != Engine::Sqlite) {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let joe = teammate(&app, &ana, "joe%40x.example", "agent").await;
        app.token().await.send("+12025550100", "Hello").await;
        let (_, joe) = app.other_node(&joe);
        assert_eq!(ana.post_form("//inbox/1/here", "writing=true").await.status, StatusCode::NO_CONTENT);
        let mut stream = joe.listen("//live?chat=1").await;
        let others = told(&mut stream, "here").await;
        assert_eq!(others, json!([{"name": "Ana Martins", "is_writing": true, "is_contact": false}]));
        // Told once in a while: what is told again at once costs no write.
        let before = app.app.database.statistics();
        for _ in 0..5 {
            ana.post_form("//inbox/1/here", "writing=true").await;
        }
        assert_eq!(app.app.database.statistics().writes, before.writes, "a write for each beat");
        ana.post_form("//inbox/1/here", "leaving=true").await;
        let mut stream = joe.listen("//live?chat=1").await;
        joe.post_form("//inbox/1/here", "writing=false").await;
        ana.post_form("//inbox/1/here", "writing=false").await;
        let mut anas = ana.listen("//live?chat=1").await;
        assert_eq!(told(&mut anas, "here").await[0]["name"], "Joe Reyes");
        assert_eq!(
            told(&mut stream, "here").await[0],
            json!({"name": "Ana Martins", "is_writing": false, "is_contact": false})
        );
    }
}

#[tokio::test]
async fn the_team_sees_that_the_contact_writes() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    app.token().await.send("+12025550177", "Hello").await;
    let stop = CancellationToken::new();
    let supervisor = Supervisor::start(app.app.clone(), stop.clone());
    let mut stream = ana.listen("//live?chat=1").await;
    let typing = |what: &'static str| ana.post_form("//phone/12025550177/do", what);
    assert_eq!(typing("what=typing").await.status, StatusCode::SEE_OTHER);
    let seen = told(&mut stream, "here").await;
    assert_eq!((seen[0]["is_writing"].as_bool(), seen[0]["is_contact"].as_bool()), (Some(true), Some(true)), "{seen}");
    typing("what=text&text=Hi").await;
    assert_eq!(told(&mut stream, "here").await, json!([]), "said, and not writing any more");
    stop.cancel();
    supervisor.finished().await;
}

#[tokio::test]
async fn the_thread_of_an_official_number_says_until_when_anything_may_be_said() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    receive(&app, "Hi").await;
    assert!(!page(&ana, "/inbox/1").await.contains("WhatsApp takes"), "a phone's number takes anything at any time");
    let added = add_sandbox_cloud(&app.app, app.workspace, Cause::Operator, None, "Cloud").await.expect("added");
    receive_on(&app, added.account, "Hello").await;
    let open = page(&ana, "/inbox/2").await;
    assert!(words(&open).contains("WhatsApp takes anything until Fri 16 Jan, 04:00, 24 hours from now"), "{open}");
    app.advance(Duration::from_secs(23 * 3_600 + 45 * 60));
    assert!(words(&page(&ana, "/inbox/2").await).contains("15 minutes from now"));
    app.advance(Duration::from_secs(15 * 60));
    assert!(words(&page(&ana, "/inbox/2").await).contains("nothing but templates until they write again"));
}
