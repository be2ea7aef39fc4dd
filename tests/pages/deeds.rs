//! What is done to chats from the list: views, ticks, snoozing, undoing, saved views; and who else is there.

use std::time::Duration;

use axum::http::StatusCode;
use partyline::accounts::scheduled::release;
use partyline::inbox::receive::receive_message;
use serde_json::{Value, json};
use transport::{Address, Incoming, IncomingBody, Sender};

use crate::kit::{Actor, Engine, Listening, TestApp};
use crate::{owner, teammate};

/// A message of a contact, from the last two digits of their number.
async fn receive(app: &TestApp, digits: u32, text: &str) {
    let address = Address::from_phone(&format!("+120255501{digits:02}"));
    let sender = Sender { address: address.clone(), name: format!("Contact {digits}") };
    let (at_ms, wamid) = (app.clock.now().ms(), format!("W{digits}{text}"));
    let body = IncomingBody::Text(text.to_owned());
    let incoming = Incoming { chat: address, chat_name: String::new(), sender, wamid, at_ms, body, reply_to: None };
    let (account, uid) = (app.account, app.app.ids.message_uid(app.clock.now()));
    app.write(app.workspace, move |write| receive_message(write, account, uid, &incoming)).await;
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

/// The numbers of the chats that a page lists, in its order.
fn listed(page: &str) -> Vec<i64> {
    page.split("id=\"c-").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

/// The data of the next event of this name.
async fn told(stream: &mut Listening, event: &str) -> Value {
    let next = async {
        loop {
            let told = stream.words().await.expect("the stream goes on");
            if told.event == event {
                return told.data;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("it is told")
}

/// What an undo form of this page says.
fn undo_form(page: &str) -> String {
    let form = page.split("action=\"/inbox/undo\"").nth(1).unwrap_or_else(|| panic!("nothing to undo: {page}"));
    let id = form.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its number");
    format!("id={id}")
}

#[tokio::test]
async fn ticked_chats_are_closed_assigned_and_labelled_at_once_and_it_is_undone() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        for digits in 20..23 {
            receive(&app, digits, "Hello").await;
            app.advance(Duration::from_secs(1));
        }
        assert_eq!(listed(&page(&ana, "/inbox").await), [3, 2, 1]);
        let closed = done(&ana, "/inbox/bulk", "chat=1&chat=3&deed=close").await;
        assert!(listed(&closed) == [2] && closed.contains("2 chats closed"), "{closed}");
        let undone = done(&ana, "/inbox/undo", &undo_form(&closed)).await;
        assert_eq!(listed(&undone), [3, 2, 1]);
        let again = ana.post_form("//inbox/undo", &undo_form(&closed)).await;
        assert_eq!(again.status, StatusCode::BAD_REQUEST, "once only");

        let mine =
            done(&ana, "/inbox/bulk", "chat=1&chat=2&deed=assign&responsible=1&back=%2Finbox%3Fview%3Dmine").await;
        assert!(listed(&mine) == [2, 1] && mine.contains("2 chats assigned"), "{mine}");
        let labelled = done(&ana, "/inbox/bulk", "chat=1&chat=2&chat=3&deed=label&label=vip").await;
        assert_eq!(listed(&page(&ana, "/inbox?label=vip").await), [3, 2, 1]);
        app.advance(Duration::from_secs(16));
        let late = ana.post_form("//inbox/undo", &undo_form(&labelled)).await;
        assert!(late.status == StatusCode::BAD_REQUEST && late.text().contains("too late"), "{}", late.text());
    }
}

#[tokio::test]
async fn undoing_leaves_what_others_did_meanwhile() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, "joe%40x.example", "teammate").await;
    receive(&app, 20, "Hello").await;
    let taken = done(&ana, "/inbox/1/assign", "responsible=1").await;
    done(&joe, "/inbox/1/assign", "responsible=2").await;
    done(&ana, "/inbox/undo", &undo_form(&taken)).await;
    let chat = app.token().await.get("/chats/1").await.body();
    assert_eq!(chat["data"]["responsible_name"], "Joe Reyes", "{chat}");
}

#[tokio::test]
async fn what_can_not_be_done_to_all_is_done_to_none() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    receive(&app, 20, "Hello").await;
    for (form, status) in [
        ("chat=1&chat=99&deed=close", StatusCode::NOT_FOUND),
        ("deed=close", StatusCode::BAD_REQUEST),
        ("chat=1&deed=explode", StatusCode::BAD_REQUEST),
        ("chat=1&deed=assign&responsible=99", StatusCode::BAD_REQUEST),
        ("chat=1&deed=label&label=", StatusCode::BAD_REQUEST),
        ("chat=1&deed=snooze&until=someday", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ana.post_form("//inbox/bulk", form).await.status, status, "{form}");
    }
    let many: Vec<String> = (1..=51).map(|chat| format!("chat={chat}")).collect();
    let many = ana.post_form("//inbox/bulk", &format!("deed=close&{}", many.join("&"))).await;
    assert!(many.status == StatusCode::BAD_REQUEST && many.text().contains("At most 50"), "{}", many.text());
    assert_eq!(listed(&page(&ana, "/inbox").await), [1], "nothing was closed");
    let reader = teammate(&app, &ana, "rea%40x.example", "collaborator").await;
    for (path, form) in [("bulk", "chat=1&deed=close"), ("undo", "id=1"), ("1/snooze", "until=hour")] {
        assert_eq!(reader.post_form(&format!("//inbox/{path}"), form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let (other, _) = app.other_workspace().await;
    let token = app.token_of(other, partyline::workspace::tokens::Scope::Full, false).await;
    token.post("/messages", json!({"phone": "+12025550100", "text": "theirs"})).await;
    assert_eq!(ana.post_form("//inbox/bulk", "chat=2&deed=close").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_snoozed_chat_comes_back_by_itself_and_when_its_contact_writes() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        receive(&app, 20, "Hello").await;
        receive(&app, 21, "Hello").await;
        let snoozed = done(&ana, "/inbox/1/snooze", "until=hour").await;
        assert!(listed(&snoozed) == [2] && snoozed.contains("Chat snoozed") && snoozed.contains("Bring it back now"));
        assert_eq!(listed(&page(&ana, "/inbox?view=snoozed").await), [1]);
        assert_eq!(listed(&page(&ana, "/inbox?view=waiting").await), [2]);
        let undone = done(&ana, "/inbox/undo", &undo_form(&snoozed)).await;
        assert_eq!(listed(&undone).len(), 2);

        done(&ana, "/inbox/bulk", "chat=1&chat=2&deed=snooze&until=tomorrow").await;
        assert_eq!(listed(&page(&ana, "/inbox").await), [0; 0]);
        receive(&app, 20, "Are you there?").await;
        assert_eq!(listed(&page(&ana, "/inbox").await), [1], "its contact wrote");
        // Tomorrow at nine is in New York, where the workspace is.
        app.advance(Duration::from_secs(30 * 3_600));
        release(&app.app).await.expect("the clock goes on");
        let ana =
            crate::came_in(&app.stranger(), &crate::log_in(&app, "ana%40northpier.example", crate::PASSWORD).await);
        assert_eq!(listed(&page(&ana, "/inbox").await).len(), 2, "its time has come");
        let events = app.token().await.get("/events?limit=100").await.body();
        let kinds = events["data"]["events"].to_string();
        assert!(kinds.contains("chat:snoozed") && kinds.contains("chat:unsnoozed"), "{kinds}");
        let past = ana.post_form("//inbox/1/snooze", "at=2020-01-01T09:00").await;
        assert_eq!(past.status, StatusCode::BAD_REQUEST);
        done(&ana, "/inbox/1/snooze", "until=monday").await;
        done(&ana, "/inbox/1/snooze", "until=never").await;
        assert_eq!(listed(&page(&ana, "/inbox?view=snoozed").await), [0; 0]);
    }
}

#[tokio::test]
async fn whoever_waits_longest_comes_first() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        for digits in [20, 21, 22] {
            receive(&app, digits, "Hello").await;
            app.advance(Duration::from_secs(60));
        }
        receive(&app, 20, "Still here").await;
        let waiting = page(&ana, "/inbox?view=waiting").await;
        assert!(listed(&waiting) == [1, 2, 3] && waiting.contains("Waits 3 minutes"), "{waiting}");
        assert!(waiting.contains(r#"<span class="view-count">3</span>"#), "{waiting}");
        assert_eq!(ana.post_form("//inbox/1/send", "text=Coming").await.status, StatusCode::SEE_OTHER);
        assert_eq!(listed(&page(&ana, "/inbox?view=waiting").await), [2, 3]);
        assert_eq!(listed(&page(&ana, "/inbox?view=waiting&behind=2").await), [3]);
        app.advance(Duration::from_secs(60));
        receive(&app, 20, "And now?").await;
        assert_eq!(listed(&page(&ana, "/inbox?view=waiting").await), [2, 3, 1], "it waits since it was answered");
    }
}

#[tokio::test]
async fn a_filter_is_saved_used_and_forgotten() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let joe = teammate(&app, &ana, "joe%40x.example", "teammate").await;
        receive(&app, 20, "Hello").await;
        receive(&app, 21, "Hello").await;
        let narrow = page(&ana, "/inbox?phone=0121&who=&group=false").await;
        assert!(listed(&narrow) == [2] && narrow.contains("Phone with 0121"), "{narrow}");
        let saved = done(&ana, "/inbox/views", "name=The+%3Cb%3Eone&query=phone%3D0121%26evil%3D1").await;
        assert!(listed(&saved) == [2] && saved.contains("The &lt;b&gt;one") && !saved.contains("evil"), "{saved}");
        assert!(!page(&joe, "/inbox").await.contains("The &lt;b&gt;one"), "it is hers");
        assert!(!done(&ana, "/inbox/views/1/delete", "").await.contains("The &lt;b&gt;one"));
        for form in ["name=&query=phone%3D1", "name=a&query=", "name=a&query=nonsense%3D1"] {
            assert_eq!(ana.post_form("//inbox/views", form).await.status, StatusCode::BAD_REQUEST, "{form}");
        }
        for number in 0..20 {
            done(&ana, "/inbox/views", &format!("name=v{number}&query=phone%3D{number}")).await;
        }
        let full = ana.post_form("//inbox/views", "name=more&query=phone%3D1").await;
        assert_eq!(full.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn what_was_said_is_found_with_marks_and_leads_to_its_place() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    receive(&app, 20, "The long <b>cargo</b> bike").await;
    receive(&app, 21, "A short one").await;
    let workspace = app.workspace;
    while app
        .app
        .write(workspace, database::Priority::Background, partyline::inbox::search::read_on)
        .await
        .expect("read")
    {}
    let found = page(&ana, "/search?q=carg").await;
    assert!(found.contains("&lt;b&gt;<mark>cargo</mark>&lt;/b&gt;") && !found.contains("A short one"), "{found}");
    let place =
        found.split("data-found=\"Message\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a place");
    let (place, uid) = place.split_once('#').expect("a message");
    assert!(page(&ana, place).await.contains(&format!("id=\"{uid}\"")), "{place}");
    assert!(page(&ana, "/search?q=contact+21").await.contains("href=\"/inbox/2\""), "by its name");
    assert!(page(&ana, "/search?q=nowhere").await.contains("Nothing found"));
    for q in ["", "%20", "%00", "%22%27%3Cscript%3E", "%25_%5C"] {
        page(&ana, &format!("/search?q={q}")).await;
    }
    assert_eq!(app.stranger().get("//search?q=a").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn teammates_in_one_chat_see_each_other() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, "joe%40x.example", "teammate").await;
    receive(&app, 20, "Hello").await;
    let mut stream = ana.listen("//live?chat=1").await;
    assert_eq!(joe.post_form("//inbox/1/here", "writing=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        told(&mut stream, "here").await,
        json!([{"name": "Joe Reyes", "is_writing": true, "is_contact": false}])
    );
    assert_eq!(app.stranger().post_form("//inbox/1/here", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn notices_are_for_whoever_they_concern() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, "joe%40x.example", "teammate").await;
    receive(&app, 20, "Hello").await;
    done(&ana, "/inbox/1/assign", "responsible=1").await;
    let mut stream = joe.listen("//live").await;
    receive(&app, 20, "For Ana").await;
    assert_eq!(ana.post_form("//inbox/1/send", "mode=note&text=%40Joe+Reyes+look").await.status, StatusCode::SEE_OTHER);
    receive(&app, 21, "For anybody").await;
    let mention = told(&mut stream, "news").await;
    assert_eq!((&mention["chat"], &mention["is_mention"]), (&json!(1), &json!(true)), "not of what Ana's contact said");
    let news = told(&mut stream, "news").await;
    assert_eq!((&news["chat"], &news["name"], &news["is_mention"]), (&json!(2), &json!("Contact 21"), &json!(false)));
    assert!(!news.to_string().contains("For anybody"), "what was said shows on no desktop");

    let saved = done(&ana, "/notices", "sound=true&quiet_from=22%3A00&quiet_to=07%3A00").await;
    assert!(saved.contains("as you chose") && saved.contains(r#"value="22:00""#), "{saved}");
    assert!(page(&ana, "/inbox").await.contains(r#"data-quiet="22:00 07:00" data-sound"#));
    let wrong = ana.post_form("//notices", "quiet_from=22%3A00").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_lead_sees_who_waits_and_who_answers() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        receive(&app, 20, "Hello").await;
        receive(&app, 21, "Hello").await;
        app.advance(Duration::from_secs(120));
        assert_eq!(ana.post_form("//inbox/1/send", "text=Here").await.status, StatusCode::SEE_OTHER);
        let told = page(&ana, "/answering").await;
        assert!(
            told.contains("open chat waits") && told.contains("Contact 21") && told.contains("2 minutes"),
            "{told}"
        );
        assert!(told.contains("Ana Martins") && told.contains("1 to 5 minutes"), "{told}");
        let shown = page(&ana, "/inbox/1").await;
        assert!(shown.contains("<bdi>Ana Martins</bdi>"), "who said it stands below: {shown}");
        let agent = teammate(&app, &ana, "joe%40x.example", "teammate").await;
        assert_eq!(agent.get("//answering").await.status, StatusCode::FORBIDDEN);
    }
}
