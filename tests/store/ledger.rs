//! The ledger: what reads and refusals leave in the log, and that nothing of it is lost or counted twice.

use partyline::clock::Time;
use partyline::id::{TokenId, WorkspaceId};
use partyline::store::api_calls::{API_CALLS_MAX, ApiCallRow, REASON_CHARS_MAX, api_call_insert, api_call_list};
use partyline::workspace::api_log::Outcome;
use partyline::workspace::ledger::Ledger;
use partyline::workspace::settings::LimitChange;
use serde_json::json;

use crate::kit::{ECHO, Engine, START, TestApp};
use crate::support::{both_engines, counters, limited};

fn row(path: &str, status: i64, outcome: Outcome) -> ApiCallRow {
    ApiCallRow {
        seq: 0,
        at: START,
        request: "r".into(),
        token: TokenId(1),
        method: "GET".into(),
        path: path.into(),
        status,
        outcome: outcome as i64,
        reason: String::new(),
        ignored: String::new(),
        duration_us: 5,
        repeats: 1,
        message: None,
        body: String::new(),
    }
}

async fn logged(stage: &TestApp, workspace: WorkspaceId) -> Vec<ApiCallRow> {
    stage.app.read(move |tx| Ok(api_call_list(tx, workspace, 20_000)?)).await.expect("a read")
}

#[tokio::test]
async fn refusals_alike_become_one_row_and_count_as_no_call() {
    both_engines(|stage| async move {
        let ledger = Ledger::default();
        for _ in 0..100 {
            ledger.note_refusal(stage.workspace, row("/chats", 429, Outcome::RateLimited));
        }
        ledger.flush(&stage.app.database, START, false).await.expect("flushed");
        let first = logged(&stage, stage.workspace).await;
        assert_eq!(first.iter().map(|row| row.repeats).collect::<Vec<_>>(), [1], "the first is logged at once");
        ledger.flush(&stage.app.database, START + std::time::Duration::from_secs(60), false).await.expect("flushed");
        let all = logged(&stage, stage.workspace).await;
        assert_eq!(all.iter().map(|row| row.repeats).collect::<Vec<_>>(), [99, 1], "the rest once the minute is over");
        assert_eq!(counters(&stage, stage.workspace).await.calls_used, 0);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_different_refusals_is_bounded_and_still_counted() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let ledger = Ledger::default();
    for number in 0..20_000 {
        ledger.note_refusal(stage.workspace, row(&format!("/messages/{number}"), 429, Outcome::RateLimited));
    }
    ledger.flush(&stage.app.database, START, true).await.expect("flushed");
    let all = logged(&stage, stage.workspace).await;
    assert_eq!(all.iter().map(|row| row.repeats).sum::<i64>(), 20_000);
    assert!(all.len() < 300, "{} rows", all.len());
}

#[tokio::test]
async fn what_could_not_be_written_waits_whichever_workspace_it_is_of() {
    both_engines(|stage| async move {
        let ledger = Ledger::default();
        let (other, _) = stage.other_workspace().await;
        let nobody = WorkspaceId(999);
        for workspace in [stage.workspace, other, nobody] {
            for number in 0..250 {
                ledger.note(workspace, row(&format!("/{number}"), 200, Outcome::Success), 1);
            }
        }
        let closed = stage.other_node(&stage.stranger()).0;
        closed.database.close();
        ledger.flush(&closed.database, START, false).await.expect_err("nobody is there");
        assert_eq!([stage.workspace, other, nobody].map(|workspace| ledger.waiting(workspace)), [250; 3]);
        ledger.flush(&stage.app.database, START, false).await.expect_err("one of them doesn't exist");
        assert_eq!([stage.workspace, other, nobody].map(|workspace| ledger.waiting(workspace)), [0, 0, 250]);
        for workspace in [stage.workspace, other] {
            let rows = logged(&stage, workspace).await;
            let paths: Vec<String> = rows.iter().rev().map(|row| row.path.clone()).collect();
            assert_eq!(paths, (0..250).map(|number| format!("/{number}")).collect::<Vec<_>>(), "each once, in order");
            assert_eq!(counters(&stage, workspace).await.calls_used, 250);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_says_what_happened_no_more_and_no_less() {
    both_engines(|stage| async move {
        limited(&stage, LimitChange { rate_per_minute: Some(45), ..LimitChange::default() }).await;
        let token = stage.token().await;
        let mut told = Vec::new();
        for number in 0..60 {
            let answer = match number % 6 {
                0 => token.post("/messages", json!({"phone": ECHO, "text": "hi"})).await,
                1 => token.post("/messages", json!({"phone": "nobody"})).await,
                2 => token.post_raw("/messages", "{").await,
                3 => token.get("/chats/99").await,
                4 => token.get("/chats?page=0").await,
                _ => token.get("/chats").await,
            };
            told.push(i64::from(answer.status.as_u16()));
        }
        stage.flush().await;
        let rows = logged(&stage, stage.workspace).await;
        let counted = told.iter().filter(|status| **status != 429).count();
        assert!((44..=45).contains(&counted), "{counted} calls passed");
        for status in [200, 400, 404, 429] {
            let logged: i64 = rows.iter().filter(|row| row.status == status).map(|row| row.repeats).sum();
            let answered = told.iter().filter(|answer| **answer == status).count();
            assert_eq!(usize::try_from(logged), Ok(answered), "{status}");
        }
        let seqs: Vec<i64> = rows.iter().rev().map(|row| row.seq).collect();
        assert!(seqs.iter().zip(1..).all(|(seq, number)| *seq == number), "{seqs:?}");
        assert_eq!(usize::try_from(counters(&stage, stage.workspace).await.calls_used), Ok(counted));
    })
    .await;
}

#[tokio::test]
async fn whatever_a_caller_sends_the_log_takes_it() {
    both_engines(|stage| async move {
        let token = stage.token().await;
        let long = "x".repeat(30_000);
        for body in [
            json!({"phone": "1\u{0}2", "text": "hi"}),
            json!({"phone": ECHO, "text": "a\u{0}b", "chat_name": "\u{0}", "label": "\u{0}"}),
            json!({"phone": ECHO, "text": "hi", "\u{0}odd\u{1F6B2}": 1}),
            json!({"phone": ECHO, "text": "hi", &long: 1, "whatsapp_account_phone": "\u{0}"}),
        ] {
            assert!(token.post("/messages", body).await.status.as_u16() < 500);
        }
        token.post_raw("/messages", format!("{{\"{long}\\u0000\": 1, \"{long}\\u0000\": 2}}")).await;
        token.get("/chats?a%00=1").await;
        token.get(&format!("/chats/%00{}", "y".repeat(3000))).await;
        stage.flush().await;
        let rows = logged(&stage, stage.workspace).await;
        assert_eq!(rows.len(), 7);
        assert!(rows.iter().all(|row| row.reason.chars().count() <= REASON_CHARS_MAX && !row.reason.contains('\0')));
    })
    .await;
}

#[tokio::test]
async fn the_log_is_a_ring() {
    both_engines(|stage| async move {
        for first in (0..API_CALLS_MAX + 50).step_by(250) {
            let rows: Vec<_> = (first..(first + 250).min(API_CALLS_MAX + 50))
                .map(|number| ApiCallRow { at: Time::from_ms(number), ..row("/chats", 200, Outcome::Success) })
                .collect();
            stage
                .write(stage.workspace, move |write| rows.iter().try_for_each(|row| api_call_insert(write, row)))
                .await;
        }
        let rows = logged(&stage, stage.workspace).await;
        assert_eq!(i64::try_from(rows.len()), Ok(API_CALLS_MAX));
        assert_eq!((rows[0].seq, rows[0].at.ms()), (API_CALLS_MAX + 50, API_CALLS_MAX + 49));
        assert_eq!(rows.last().map(|row| (row.seq, row.at.ms())), Some((51, 50)));
    })
    .await;
}
