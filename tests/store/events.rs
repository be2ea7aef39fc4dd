//! The log of events has no gaps, whatever was refused, failed or ran at once.

use std::future::Future;

use database::Priority;
use futures_util::{StreamExt, stream};
use partyline::error::{Code, Error};
use partyline::event_kind::Kind;
use partyline::id::ChatId;
use partyline::store::Write;
use partyline::store::events::{NewEvent, event_append};
use partyline::workspace::settings::LimitChange;
use serde_json::json;

use crate::kit::{START, TestApp};
use crate::support::{both_engines, counters, events, incoming, limited, receive};

fn note(write: &mut Write<'_, '_>) -> Result<i64, Error> {
    event_append(write, NewEvent { kind: Kind::ChatRenamed, chat: ChatId(7), message: None, detail: "x".into() })
}

async fn assert_gapless(stage: &TestApp) {
    let seqs: Vec<i64> = events(stage, stage.workspace).await.iter().map(|event| event.seq).collect();
    let all: Vec<i64> = (1..=i64::try_from(seqs.len()).expect("few")).collect();
    assert_eq!(seqs, all);
    assert_eq!(counters(stage, stage.workspace).await.event_last, *all.last().expect("events"));
}

#[tokio::test]
async fn a_write_that_fails_takes_no_number() {
    both_engines(|stage| async move {
        let before = events(&stage, stage.workspace).await.len();
        for code in [Code::ValidationError, Code::InternalError] {
            let fails = move |write: &mut Write<'_, '_>| note(write).and_then(|_| Err::<(), _>(Error::new(code, "no")));
            stage.app.write(stage.workspace, Priority::Foreground, fails).await.expect_err("it fails");
        }
        let panics = |write: &mut Write<'_, '_>| -> Result<(), Error> {
            note(write)?;
            panic!("planted")
        };
        stage.app.write(stage.workspace, Priority::Foreground, panics).await.expect_err("it panics");
        assert_eq!(stage.write(stage.workspace, note).await, i64::try_from(before).expect("few") + 1);
        assert_gapless(&stage).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sends_receipts_messages_refusals_and_faults_at_once_leave_no_gap() {
    both_engines(|stage| async move {
        let change = LimitChange {
            rate_per_minute: Some(1000),
            credits_per_cycle: Some(20),
            calls_per_cycle: Some(60),
            ..LimitChange::default()
        };
        limited(&stage, change).await;
        let token = stage.token().await;
        let stage = &stage;
        let sends = (0..40).map(|number| {
            let token = token.clone();
            async move {
                let phone = format!("+1 202 555 01{:02}", number % 8);
                let name = if number % 3 == 0 { json!("Maria") } else { json!(null) };
                let body =
                    json!({"phone": phone, "text": "hi", "chat_name": name, "label": format!("l{}", number % 4)});
                let status = token.post("/messages", body).await.status.as_u16();
                assert!(matches!(status, 200 | 400 | 403), "{status}");
            }
        });
        let heard = (0..40).map(|number| async move {
            receive(
                stage,
                incoming(
                    &format!("+35191234560{}", number % 5),
                    "Maria",
                    &format!("M{}", number % 20),
                    "hi",
                    START.ms(),
                ),
            )
            .await;
        });
        let failing = (0..20).map(|_| async move {
            let fails = |write: &mut Write<'_, '_>| note(write).and_then(|_| Err::<(), _>(Error::internal("planted")));
            stage.app.write(stage.workspace, Priority::Background, fails).await.expect_err("it fails");
        });
        tokio::join!(at_once(sends), at_once(heard), at_once(failing));
        stage.flush().await;
        assert_gapless(stage).await;
        let counted = counters(stage, stage.workspace).await;
        assert_eq!(counted.credits_used, 20, "as many as there were, and not one more");
    })
    .await;
}

async fn at_once<F: Future<Output = ()>>(all: impl Iterator<Item = F>) {
    stream::iter(all).for_each_concurrent(64, |one| one).await;
}
