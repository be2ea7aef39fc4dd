//! Lists of chats and messages.

use serde_json::{Value, json};

use crate::kit::{ECHO, Engine, TestApp};

fn names(body: &Value) -> Vec<&str> {
    let chats = body["data"]["chats"].as_array().expect("chats");
    chats.iter().map(|chat| chat["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn filters_narrow_the_list_together() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        for (phone, name) in [(ECHO, "Ana 100%"), ("+12025550102", "Bruno"), ("+12025550103", "ANATOL")] {
            let body = json!({"phone": phone, "text": "hi", "chat_name": name});
            assert_eq!(token.post("/messages", body).await.status, 200);
        }
        for (query, expected) in [
            ("", vec!["Ana 100%", "ANATOL", "Bruno"]),
            ("?name=ana", vec!["Ana 100%", "ANATOL"]),
            ("?name=100%25", vec!["Ana 100%"]),
            ("?name=_na", vec![]),
            ("?phone=%2B12025550102", vec!["Bruno"]),
            ("?group=true", vec![]),
            ("?closed=false&read=true&name=bru", vec!["Bruno"]),
            ("?read=false", vec![]),
            ("?whatsapp_account_id=12025550198@s.whatsapp.net&name=bru", vec!["Bruno"]),
            ("?whatsapp_account_id=1@s.whatsapp.net", vec![]),
            ("?page=2", vec![]),
        ] {
            assert_eq!(names(&token.get(&format!("/chats{query}")).await.body()), expected, "{query}");
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let token = stage.token().await;
        let limits = partyline::workspace::settings::LimitChange { rate_per_minute: Some(1000), ..Default::default() };
        let workspace = stage
            .write(stage.workspace, move |write| {
                partyline::workspace::settings::set_limits(write, &limits)?;
                Ok(write.workspace.clone())
            })
            .await;
        stage.app.limits.changed(&workspace);
        for number in 0..55 {
            token.send(ECHO, &format!("{number}")).await;
        }
        let first = token.get("/chats/1/messages?sorting_order=asc").await.body();
        let second = token.get("/chats/1/messages?sorting_order=asc&page=2").await.body();
        assert_eq!(
            (&first["data"]["has_more_pages"], &second["data"]["has_more_pages"]),
            (&json!(true), &json!(false))
        );
        let texts = |body: &Value| -> Vec<String> {
            let messages = body["data"]["messages"].as_array().expect("messages");
            messages.iter().map(|message| message["text"].as_str().expect("a text").to_owned()).collect()
        };
        let mut all = texts(&first);
        all.extend(texts(&second));
        assert_eq!(all, (0..55).map(|number| number.to_string()).collect::<Vec<_>>());
        let behind = first["data"]["messages"][9]["uid"].as_str().expect("a uid");
        let some =
            token.get(&format!("/chats/1/messages?sorting_order=asc&limit=3&after_message={behind}")).await.body();
        assert_eq!(texts(&some), ["10", "11", "12"]);
    }
}
