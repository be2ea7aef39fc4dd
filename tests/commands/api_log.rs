//! `partyline api-log`, limited tokens and lost setup links.

use serde_json::json;

use crate::support::Place;

#[test]
fn the_log_is_printed_with_and_without_a_server() {
    let place = Place::new();
    let server = place.serve();
    let token = place.says(&["token", "create", "--name", "CRM", "--scope", "full"]).trim().to_owned();
    assert_eq!(server.api(&token, "GET", "/workspace", None).0, 200);
    let (status, sent) = server.api(&token, "POST", "/messages", Some(&json!({"phone": "+12025550100", "text": "hi"})));
    assert_eq!(status, 200, "{sent}");
    assert_eq!(server.api(&token, "POST", "/messages", Some(&json!({"phone": "x\u{1b}"}))).0, 400);
    let while_it_runs = place.says(&["api-log"]);
    server.stop();
    let afterwards = place.says(&["api-log", "--last", "1000"]);
    assert_eq!(while_it_runs, afterwards);
    let lines: Vec<Vec<&str>> = afterwards.lines().map(|line| line.split("  ").collect()).collect();
    let told: Vec<Vec<&str>> = lines.iter().map(|cells| cells[2..cells.len().min(6)].to_vec()).collect();
    assert_eq!(
        told,
        [
            ["CRM", "GET /workspace", "200", "Success"],
            ["CRM", "POST /messages", "200", "Success"],
            ["CRM", "POST /messages", "400", "Invalid Parameters"],
        ],
        "newest last"
    );
    assert!(lines[2][6].contains("phone") && !afterwards.contains('\u{1b}'), "{afterwards}");
    assert_eq!(place.says(&["api-log", "--last", "1"]).lines().count(), 1);
    let rows = place.says_json(&["api-log", "--json"]);
    assert_eq!(rows[1]["message_uid"], sent["data"]["message_uid"]);
    assert_eq!(rows[2]["body"], r#"{"phone":"x\u001b"}"#);
    assert_eq!(place.run(&["api-log", "--last", "0"]).code, Some(2));
}

#[test]
fn a_limited_token_is_listed_with_its_limits() {
    let place = Place::new();
    let _server = place.serve();
    let account = "+1 202 555 0199";
    let wrong = [
        ("--account", account, account.replace(' ', "")),
        ("--from", "10.0.0.0/40", "10.0.0.0/40".to_owned()),
        ("--expires", "yesterday", "yesterday".to_owned()),
    ];
    for (option, value, named) in wrong {
        let ran = place.run(&["token", "create", "--name", "X", "--scope", "full", option, value]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{option}");
        assert!(ran.stderr.contains(&named), "{ran:?}");
    }
    let limits = ["--from", "203.0.113.9/24", "--from", "::1", "--expires", "30d", "--collapse-duplicates"];
    place.says(&[&["token", "create", "--name", "CRM", "--scope", "full"], limits.as_slice()].concat());
    let listed = place.says_json(&["token", "list", "--json"]);
    assert_eq!(listed[1]["networks"], json!(["203.0.113.0/24", "::1/128"]));
    assert_eq!((&listed[1]["collapse_duplicates"], &listed[1]["expired"]), (&json!(true), &json!(false)));
    assert!(listed[1]["expires_at"].is_string() && listed[0]["expires_at"].is_null());
    let text = place.says(&["token", "list"]);
    assert!(text.contains("from 203.0.113.0/24, from ::1/128, collapses duplicates"), "{text}");
    assert!(text.contains("good until "), "{text}");
}

#[test]
fn a_token_from_elsewhere_is_refused() {
    let place = Place::new();
    let server = place.serve();
    let token = |network| {
        let made = place.says(&["token", "create", "--name", "X", "--scope", "full", "--from", network]);
        made.trim().to_owned()
    };
    assert_eq!(server.api(&token("127.0.0.0/8"), "GET", "/workspace", None).0, 200);
    assert_eq!(server.api(&token("203.0.113.0/24"), "GET", "/workspace", None).0, 401);
}

#[test]
fn a_new_setup_link_takes_the_place_of_a_lost_one() {
    let place = Place::new();
    let mut server = place.serve();
    let lost = server.welcome().link;
    let ran = place.run(&["setup-link"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let link = ran.stdout.trim();
    assert!(link.starts_with(&format!("{}/setup/", server.address)), "{link}");
    assert_eq!((server.page(link), server.page(&lost)), (200, 404));
}
