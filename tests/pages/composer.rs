//! The composer: once is once, files, templates, later, and what stands in the way.

use axum::http::StatusCode;
use serde_json::json;

use crate::kit::{Actor, Answer, Engine, TestApp};
use crate::{owner, teammate};

/// A chat with Echo, begun through the public API.
async fn chat(app: &TestApp) -> i64 {
    let token = app.token().await;
    token.send("+12025550100", "Hello").await;
    token.get("/chats").await.body()["data"]["chats"][0]["id"].as_i64().expect("a chat")
}

async fn page(actor: &Actor, path: &str) -> String {
    let answer = actor.get(&format!("/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

async fn sent(actor: &Actor, chat: i64, form: &str) -> Answer {
    actor.post_form(&format!("//inbox/{chat}/send"), form).await
}

/// What stands in the first field of this name.
fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let at = page.find(&start).unwrap_or_else(|| panic!("no {name}: {page}")) + start.len();
    page[at..].split('"').next().unwrap_or_default().to_owned()
}

async fn texts(app: &TestApp, chat: i64) -> Vec<String> {
    let messages = app.token().await.get(&format!("/chats/{chat}/messages?sorting_order=asc")).await.body();
    let messages = messages["data"]["messages"].as_array().expect("messages").clone();
    messages.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A form with a file, as browsers send it.
async fn upload(actor: &Actor, path: &str, name: &str, bytes: &[u8], caption: &str) -> Answer {
    let browser = actor.with_header("content-type", "multipart/form-data; boundary=line");
    let mut body =
        format!("--line\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\n{caption}\r\n").into_bytes();
    let head = format!("--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend(head.as_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--line--\r\n");
    browser.post_raw(path, body).await
}

#[tokio::test]
async fn a_form_that_comes_twice_sends_once_and_other_words_send_again() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, chat) = (owner(&app).await, chat(&app).await);
        let key = field(&page(&ana, &format!("/inbox/{chat}")).await, "key");
        for _ in 0..3 {
            assert_eq!(sent(&ana, chat, &format!("text=Once&key={key}")).await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(sent(&ana, chat, &format!("text=Twice&key={key}")).await.status, StatusCode::SEE_OTHER);
        let noted = format!("mode=note&text=Once&key={key}");
        sent(&ana, chat, &noted).await;
        sent(&ana, chat, &noted).await;
        assert_eq!(texts(&app, chat).await, ["Hello", "Once", "Twice", "Once"]);
        let other = field(&page(&ana, &format!("/inbox/{chat}")).await, "key");
        assert_ne!(key, other, "each page makes its own");
    }
}

#[tokio::test]
async fn what_a_teammate_writes_is_free() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (ana, chat) = (owner(&app).await, chat(&app).await);
    let token = app.token().await;
    let used = |told: serde_json::Value| told["data"]["messaging_quota"]["used"].as_i64();
    let before = used(token.get("/workspace").await.body());
    sent(&ana, chat, "text=By+hand").await;
    assert_eq!(used(token.get("/workspace").await.body()), before);
    assert!(page(&ana, &format!("/inbox/{chat}")).await.contains("Free to send"));
}

#[tokio::test]
async fn whoever_was_overtaken_is_asked_first() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, chat) = (owner(&app).await, chat(&app).await);
        let joe = teammate(&app, &ana, "joe%40x.example", "teammate").await;
        let seen = field(&page(&joe, &format!("/inbox/{chat}")).await, "seen");
        sent(&ana, chat, "text=Ana+was+first").await;
        let asked = sent(&joe, chat, &format!("text=Me+too&seen={seen}")).await;
        assert_eq!(asked.status, StatusCode::BAD_REQUEST);
        let shown = asked.text();
        assert!(shown.contains("Somebody has answered since you began") && shown.contains("Me too"), "{shown}");
        assert_eq!(texts(&app, chat).await, ["Hello", "Ana was first"]);
        let noted = sent(&joe, chat, &format!("mode=note&text=A+note&seen={seen}")).await;
        assert_eq!(noted.status, StatusCode::SEE_OTHER, "a note overtakes nobody");
        let sure = sent(&joe, chat, &format!("text=Me+too&seen={seen}&sure=true")).await;
        assert_eq!(sure.status, StatusCode::SEE_OTHER);
        assert_eq!(texts(&app, chat).await, ["Hello", "Ana was first", "A note", "Me too"]);
    }
}

#[tokio::test]
async fn a_file_goes_with_its_words_and_is_seen_by_who_may() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, chat) = (owner(&app).await, chat(&app).await);
        for _ in 0..2 {
            let path = format!("//inbox/{chat}/file?key=one");
            let answer = upload(&ana, &path, "price list.txt", b"bikes", "Our prices").await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        }
        assert_eq!(texts(&app, chat).await, ["Hello", "Our prices"]);
        let shown = page(&ana, &format!("/inbox/{chat}")).await;
        assert!(shown.contains("price list.txt") && shown.contains("5 bytes"), "{shown}");
        let at = shown.find(&format!("/inbox/{chat}/files/")).expect("a way to it");
        let link = shown[at..].split('"').next().expect("an address").to_owned();
        let led = ana.get(&format!("/{link}")).await;
        assert_eq!(led.status, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(app.stranger().get(&format!("/{}", led.header("location"))).await.text(), "bikes");
        assert_eq!(app.stranger().get(&format!("/{link}")).await.status, StatusCode::SEE_OTHER, "a stranger logs in");
        let elsewhere = link.replace(&format!("/inbox/{chat}/"), "/inbox/99/");
        assert_eq!(ana.get(&format!("/{elsewhere}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_file_that_can_not_go_is_refused_with_words() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (ana, chat) = (owner(&app).await, chat(&app).await);
    let path = format!("//inbox/{chat}/file");
    let empty = upload(&ana, &path, "a.txt", b"", "").await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    assert!(empty.text().contains("composer-fault"), "{}", empty.text());
    let no_form = ana.post_form(&path, "file=a").await;
    assert_eq!(no_form.status, StatusCode::BAD_REQUEST);
    assert_eq!(upload(&ana, "//inbox/99/file", "a.txt", b"a", "").await.status, StatusCode::NOT_FOUND);
    let foreign = ana.with_header("origin", "https://evil.example");
    assert_eq!(upload(&foreign, &path, "a.txt", b"a", "").await.status, StatusCode::FORBIDDEN);
    let reader = teammate(&app, &ana, "rea%40x.example", "collaborator").await;
    assert_eq!(upload(&reader, &path, "a.txt", b"a", "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(texts(&app, chat).await, ["Hello"]);
}

#[tokio::test]
async fn a_template_is_chosen_filled_in_and_counted() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, chat) = (owner(&app).await, chat(&app).await);
        let token = app.token().await;
        let text = "Hello {{name}}, your bike {{bike}} is ready. {{my_name}}";
        let made = token.post("/templates", json!({"name": "Ready <b>", "text": text})).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        let id = made.body()["data"]["id"].as_i64().expect("an id");
        let listed = page(&ana, &format!("/inbox/{chat}/templates")).await;
        assert!(listed.contains("Ready &lt;b&gt;") && listed.contains("Ana Martins"), "{listed}");
        let chosen = page(&ana, &format!("/inbox/{chat}?template={id}")).await;
        assert!(chosen.contains("your bike {{bike}} is ready. Ana Martins</textarea>"), "{chosen}");
        assert_eq!(field(&chosen, "template"), id.to_string());
        let answer = sent(&ana, chat, &format!("text=Ready&template={id}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        assert_eq!(texts(&app, chat).await, ["Hello", "Ready"]);
        assert!(page(&ana, &format!("/inbox/{chat}?template=99")).await.contains("textarea"), "an unknown one is none");
    }
}

#[tokio::test]
async fn a_message_waits_for_its_time_and_is_cancelled() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let (ana, chat) = (owner(&app).await, chat(&app).await);
        let tomorrow = jiff::Timestamp::from_millisecond(app.clock.now().ms() + 86_400_000).expect("a time");
        let tomorrow = tomorrow.to_zoned(jiff::tz::TimeZone::get("America/New_York").expect("a zone"));
        let at = tomorrow.strftime("%Y-%m-%dT%H:%M").to_string();
        let answer = sent(&ana, chat, &format!("text=See+you&send_at={at}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let shown = page(&ana, &format!("/inbox/{chat}")).await;
        let when = tomorrow.strftime("%a %-d %b, %H:%M").to_string();
        assert!(shown.contains("1 message waits for its time") && shown.contains(&when), "{when}: {shown}");
        let uid = field(&shown, "message");
        let cancelled = ana.post_form(&format!("//inbox/{chat}/unschedule"), &format!("message={uid}")).await;
        assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text());
        let shown = page(&ana, &format!("/inbox/{chat}")).await;
        assert!(!shown.contains("waits for its time") && shown.contains("Cancelled"), "{shown}");
        assert!(shown.contains("Write it again"), "{shown}");
        assert!(page(&ana, &format!("/inbox/{chat}?again={uid}")).await.contains("See you</textarea>"));
        let past = sent(&ana, chat, "text=Too+late&send_at=2020-01-01T10:00").await;
        assert!(past.status == StatusCode::BAD_REQUEST && past.text().contains("has passed"), "{}", past.text());
        let odd = sent(&ana, chat, "text=When&send_at=soon").await;
        assert!(odd.status == StatusCode::BAD_REQUEST && odd.text().contains("date and a time"), "{}", odd.text());
    }
}

#[tokio::test]
async fn a_note_names_a_teammate() {
    let app = TestApp::on(Engine::Sqlite).await;
    let (ana, chat) = (owner(&app).await, chat(&app).await);
    sent(&ana, chat, "mode=note&text=%40Ana+Martins+look+%40nobody+a%40b.example").await;
    let shown = page(&ana, &format!("/inbox/{chat}")).await;
    assert!(shown.contains(r#"<span class="mention">@Ana Martins</span> look @nobody a@b.example"#), "{shown}");
}
