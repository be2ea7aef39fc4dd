//! Integrations, Public API: a token from its making to its end, what is used, the log and its files.

use std::time::Duration;

use axum::http::StatusCode;
use partyline::workspace::tokens::Scope;

use crate::kit::{Actor, Answer, ECHO, Engine, TestApp};
use crate::{PASSWORD, came_in, log_in, owner, teammate};

const PAGE: &str = "//integrations/public-api";

/// The token that a page shows once.
fn shown_token(page: &Answer) -> String {
    let text = page.text();
    let field = text.split("id=\"token\"").nth(1).unwrap_or_else(|| panic!("no token: {text}"));
    field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value").to_owned()
}

async fn generate(somebody: &Actor, form: &str) -> Answer {
    somebody.post_form("//integrations/public-api/tokens", form).await
}

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_seen_in_the_log() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let made = generate(&ana, "name=crm-prod&scope=full").await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text());
        let token = shown_token(&made);
        // In the field, and in each of the six examples.
        assert_eq!(made.text().matches(&token).count(), 7, "{}", made.text());
        assert!(!ana.get(PAGE).await.text().contains(&token), "it is shown again");

        let crm = app.somebody(&token);
        let uid = crm.send(ECHO, "Hello").await;
        assert_eq!(crm.get("/chats/999").await.status, StatusCode::NOT_FOUND);
        app.settle_use_of(&crm).await;
        let page = ana.get(PAGE).await.text();
        assert!(page.contains("crm-prod") && page.contains(&token[..12]), "{page}");
        assert!(page.contains(">/chats/999<") && page.contains("404 Not Found"), "{page}");
        assert!(page.contains(r#"data-label="Calls">3</td>"#), "calls of the token: {page}");
        assert!(page.contains("4 of 50 in the last minute") || page.contains("3 of 50 in the last minute"), "{page}");

        let call = page.split("call=").nth(1).and_then(|rest| rest.split('#').next()).expect("a row").to_owned();
        let opened = ana.get(&format!("{PAGE}?call={call}")).await.text();
        assert!(opened.contains("What it caused"), "{opened}");
        let sent = ana.get(&format!("{PAGE}?method=POST&call=1")).await.text();
        assert!(sent.contains(&uid) && sent.contains("Pending"), "{sent}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_stands_beside_its_field() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let refused = generate(&ana, "name=&scope=everything&expires=soon&from=nowhere").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let text = refused.text();
    for fault in ["Choose one of the scopes", "&quot;soon&quot; is no time", "&quot;nowhere&quot; is no network"] {
        assert!(text.contains(fault), "{fault}: {text}");
    }
    assert!(generate(&ana, "name=+&scope=full").await.text().contains("A token's name has 1 to 64 characters"));
    assert!(!ana.get(PAGE).await.text().contains("pl_live_"));

    let limited = generate(&ana, "name=ci&scope=read&expires=30d&from=203.0.113.0%2F24&collapse=on").await;
    let page = ana.get(PAGE).await.text();
    for limit in ["Good until 14 Feb 2026", "From 203.0.113.0/24", "Repeats collapse", "Read only"] {
        assert!(page.contains(limit), "{limit}: {page}");
    }
    assert_eq!(app.somebody(&shown_token(&limited)).get("/workspace").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_rotated_token_stays_good_for_a_day_where_that_is_wished() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let first = shown_token(&generate(&ana, "name=crm&scope=send").await);
    let second = shown_token(&ana.post_form(&format!("{PAGE}/tokens/1/rotate"), "overlap=on").await);
    let good = async |token: &str| {
        app.somebody(token).post("/messages", serde_json::json!({})).await.status != StatusCode::UNAUTHORIZED
    };
    assert!(good(&first).await && good(&second).await);
    app.advance(Duration::from_secs(24 * 3600));
    assert!(!good(&first).await && good(&second).await);
    let third = shown_token(&ana.post_form(&format!("{PAGE}/tokens/2/rotate"), "").await);
    app.advance(Duration::from_millis(500));
    assert!(!good(&second).await && good(&third).await);
    assert_eq!(ana.post_form(&format!("{PAGE}/tokens/2/rotate"), "").await.status, StatusCode::NOT_FOUND);

    assert_eq!(
        ana.post_form(&format!("{PAGE}/tokens/3/revoke"), "").await.header("location"),
        "/integrations/public-api?done=revoked"
    );
    app.advance(Duration::from_millis(500));
    assert!(!good(&third).await);
    assert_eq!(ana.post_form(&format!("{PAGE}/tokens/3/revoke"), "").await.status, StatusCode::NOT_FOUND);
    assert!(ana.get(PAGE).await.text().contains("Ended tokens"));
}

#[tokio::test]
async fn the_log_is_filtered_and_leafed_through() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let crm = app.token().await;
    for number in 0..40 {
        crm.get(&format!("/chats/{number}")).await;
    }
    app.advance(Duration::from_secs(61));
    for _ in 0..25 {
        crm.get("/workspace").await;
    }
    crm.post("/messages", serde_json::json!({"phone": "12", "text": "SECRET-WORD"})).await;
    let rows =
        async |query: &str| ana.get(&format!("{PAGE}?{query}")).await.text().matches("<a class=\"log-row\"").count();
    assert_eq!(rows("").await, 50);
    assert_eq!(rows("outcome=3").await, 40);
    assert_eq!(rows("status=2").await, 25);
    assert_eq!(rows("status=400").await, 1);
    assert_eq!(rows("method=POST").await, 1);
    assert_eq!(rows("path=chats%2F3").await, 11);
    assert_eq!(rows("text=secret-word").await, 1);
    assert_eq!(rows("token=99").await, 0);
    assert_eq!(rows("from=2026-01-15T04%3A01").await, 26);
    assert_eq!(rows("to=2026-01-15T04%3A01").await, 40);
    assert_eq!(rows("outcome=99&status=x&from=never&before=x").await, 50, "what can't be read asks nothing");
    let page = ana.get(&format!("{PAGE}?path=%2F")).await.text();
    let older = page.split("before=").nth(1).and_then(|rest| rest.split('#').next()).expect("older rows");
    assert_eq!(rows(&format!("before={older}")).await, 16);
}

#[tokio::test]
async fn the_log_is_downloaded_as_text_table_and_lines_of_json() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let token = shown_token(&generate(&ana, "name=%3DSUM(A1)&scope=full").await);
    let crm = app.somebody(&token);
    crm.get("/workspace").await;
    app.advance(Duration::from_millis(1));
    crm.post("/messages", serde_json::json!({"phone": "+1", "text": "a\nb"})).await;
    let text = ana.get(&format!("{PAGE}/log.txt")).await;
    assert_eq!(text.header("content-disposition"), "attachment; filename=\"partyline-api-log.txt\"");
    assert_eq!(text.text().lines().count(), 2, "{}", text.text());
    assert!(text.text().lines().next().is_some_and(|line| line.contains("GET /workspace  200  Success")));

    let csv = ana.get(&format!("{PAGE}/log.csv?outcome=2")).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let rows: Vec<String> = csv.text().split("\r\n").map(str::to_owned).collect();
    assert_eq!(rows.len(), 3, "{}", csv.text());
    assert!(rows[0].starts_with("time,request_id,") && rows[1].contains("\"'=SUM(A1)\""), "{}", csv.text());

    let lines = ana.get(&format!("{PAGE}/log.ndjson?status=2")).await.text();
    let all: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((all.len(), all[0]["status"].as_i64()), (1, Some(200)), "{lines}");
}

#[tokio::test]
async fn usage_is_counted_by_day_and_begins_again_with_the_cycle() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let crm = app.token().await;
        crm.send(ECHO, "one").await;
        partyline::sweeper::sweep(&app.app).await.expect("swept");
        app.advance(Duration::from_secs(24 * 3600));
        crm.send(ECHO, "two").await;
        crm.get("/chats").await;
        app.flush().await;
        let page = ana.get(PAGE).await.text();
        for day in ["15 Jan: 1<", "16 Jan: 2<", "16 Jan: 1<"] {
            assert!(page.contains(day), "{day}: {page}");
        }
        assert!(page.contains("199,997") && page.contains("1,998 left of 2,000"), "{page}");
        assert!(page.contains(r#"data-label="Calls">3</td>"#), "{page}");
        partyline::sweeper::sweep(&app.app).await.expect("swept");
        assert!(ana.get(PAGE).await.text().contains("16 Jan: 2<"), "counted twice or not at all");

        app.advance(Duration::from_secs(31 * 24 * 3600));
        crm.send(ECHO, "three").await;
        let ana = came_in(&app.stranger(), &log_in(&app, "ana%40northpier.example", PASSWORD).await);
        let page = ana.get(PAGE).await.text();
        assert!(page.contains("199,999 left of 200,000") && page.contains("16 Feb: 1<"), "{page}");
        assert!(page.contains(r#"data-label="Calls">1</td>"#), "{page}");
    }
}

#[tokio::test]
async fn each_role_sees_its_part_of_the_page() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    generate(&ana, "name=crm&scope=full").await;
    let supervisor = teammate(&app, &ana, "sue%40x.example", "team_supervisor").await;
    let page = supervisor.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("This cycle"), "{}", page.text());
    for hidden in ["Generate New Token", "Download log", "pl_live_", "Request an increase"] {
        assert!(!page.text().contains(hidden), "{hidden}");
    }
    let agent = teammate(&app, &ana, "joe%40x.example", "agent").await;
    assert_eq!(agent.get(PAGE).await.status, StatusCode::FORBIDDEN);
    for somebody in [&supervisor, &agent] {
        for path in ["log.txt", "log.csv", "log.ndjson"] {
            assert_eq!(somebody.get(&format!("{PAGE}/{path}")).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        for path in ["tokens", "tokens/1/rotate", "tokens/1/revoke"] {
            let form = "name=x&scope=full";
            assert_eq!(
                somebody.post_form(&format!("{PAGE}/{path}"), form).await.status,
                StatusCode::FORBIDDEN,
                "{path}"
            );
        }
    }
    let evil = ana.with_header("origin", "https://evil.example");
    for path in ["tokens", "tokens/1/rotate", "tokens/1/revoke"] {
        let refused = evil.post_form(&format!("{PAGE}/{path}"), "name=x&scope=full").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(ana.get(PAGE).await.text().contains("Request an increase"));
}

#[tokio::test]
async fn another_workspaces_tokens_and_calls_are_not_there() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (other, _) = app.other_workspace().await;
    let outsider = app.token_of(other, Scope::Full, false).await;
    outsider.get("/chats/31337").await;
    let page = ana.get(PAGE).await.text();
    assert!(!page.contains("31337") && !page.contains("pl_live_"), "{page}");
    assert!(!ana.get(&format!("{PAGE}/log.txt")).await.text().contains("31337"));
    for path in ["tokens/1/rotate", "tokens/1/revoke"] {
        assert_eq!(ana.post_form(&format!("{PAGE}/{path}"), "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(outsider.get("/workspace").await.status, StatusCode::OK);
}

#[tokio::test]
async fn hostile_paths_names_and_bodies_are_inert() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let made = generate(&ana, "name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&scope=full").await;
    let crm = app.somebody(&shown_token(&made));
    crm.get("/chats/%3Cimg%20src=x%3E").await;
    crm.post("/messages", serde_json::json!({"phone": "<script>alert(2)</script>"})).await;
    let hostile = "text=%22%3E%3Cscript%3E&path=%3Cimg%3E&from=%22%3E%3Cscript%3E&call=2";
    for page in [
        made,
        ana.get(PAGE).await,
        ana.get(&format!("{PAGE}?call=2")).await,
        ana.get(&format!("{PAGE}?{hostile}")).await,
    ] {
        let text = page.text();
        assert!(!text.contains("<script>") && !text.contains("<img"), "{text}");
        assert!(page.header("content-security-policy").contains("script-src 'self';"));
        assert!(!text.contains("style=\"") && !text.contains("onclick"), "{text}");
    }
}

#[tokio::test]
async fn the_log_is_live_and_says_what_a_call_caused() {
    for engine in Engine::all() {
        let app = TestApp::on(engine).await;
        let ana = owner(&app).await;
        let crm = app.token().await;
        crm.post(
            "/webhooks",
            serde_json::json!({"event_type": "message:sent:new", "url": "https://crm.example.com/hear"}),
        )
        .await;
        app.flush().await;
        let page = ana.get(PAGE).await.text();
        let stream = page.split("data-stream=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a stream");
        assert_eq!(stream, "/live?watch=calls&amp;mark=1");
        let mut live = ana.listen("//live?watch=calls&mark=1").await;
        let uid = crm.send(ECHO, "Your bike is ready").await;
        app.flush().await;
        let told = live.next().await.expect("it tells");
        assert_eq!(
            (told.id.as_str(), &told.data),
            ("", &serde_json::json!(0)),
            "no row is told, only that there is one"
        );

        let page = ana.get(&format!("{PAGE}?call=2")).await.text();
        assert!(page.contains(&format!("/inbox/1#m-{uid}")), "{page}");
        assert!(page.contains("message:sent:new") && page.contains("chat:outgoing:new"), "{page}");
        partyline::courier::deliver_due(&app.app).await.expect("tried");
        let page = ana.get(&format!("{PAGE}?call=2")).await.text();
        assert!(page.contains("/integrations/webhooks/1?delivery=msg_") && page.contains("Retrying"), "{page}");

        let supervisor = teammate(&app, &ana, "sue%40x.example", "team_supervisor").await;
        assert_eq!(supervisor.get("//live?watch=calls&mark=0").await.status, StatusCode::FORBIDDEN);
        assert_ne!(app.stranger().get("//live?watch=calls").await.status, StatusCode::OK);
    }
}
