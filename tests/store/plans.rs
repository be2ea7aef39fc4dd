//! SQLite takes the index that a statement was written for. It has one plan per statement, chosen by the hand-written
//! statistics of migration 3; a table that is left out there is walked through from end to end.

use database::{Engine as DatabaseEngine, Error, Read, Sql, Value};
use partyline::store::every_statement;

use crate::kit::{Engine, TestApp};

/// Tables that grow without end: a step into one of these must name more than whose rows they are.
const LARGE: [&str; 16] = [
    "web_records",
    "messages",
    "message_times",
    "status_history",
    "outbox",
    "chats",
    "events",
    "sandbox_messages",
    "sandbox_steps",
    "idempotency",
    "files",
    "message_files",
    "webhook_deliveries",
    "webhook_attempts",
    "send_steps",
    "message_receipts",
];

/// Statements that go through all rows of a workspace or an account in an index's order, and stop at their LIMIT or mean it.
/// The API log is a ring of bounded size.
const WALKS: [&str; 20] = [
    // A number's keys, all of them or all of a kind, and a copy's of every number.
    "web_records LEFT_OUT_OF_COPIES",
    "web_records WEB_RECORD_COUNT",
    "web_records WEB_RECORD_FORGET",
    "web_records WEB_RECORD_DELETE_BEFORE",
    "account_cares WAITING_COUNT",
    "audit AUDIT_INSERT",
    "api_calls API_CALL_LIST",
    "explanations ACCEPTING_CALL",
    "api_calls API_CALL_SINCE",
    "api_calls API_CALL_COUNTS",
    "outbox OUTBOX_COUNT",
    "events EVENT_BOUNDS",
    "outbox OUTBOX_AHEAD",
    "events EVENT_PRUNE",
    "events EVENT_LAST",
    "files FILE_LIST",
    "sandbox MESSAGE_LIST",
    "sandbox STEP_NEXT",
    "sandbox STEP_FORGET",
    "sandbox MESSAGE_FORGET",
];

#[tokio::test]
async fn no_statement_walks_through_a_large_table() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let mut findings = Vec::new();
    for (file, name, sql) in every_statement() {
        let label = format!("{file} {name}");
        for step in plan(&stage.app.database, sql).await {
            if walks(&step) && !WALKS.contains(&label.as_str()) {
                findings.push(format!("{label}: {step}"));
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

/// Each list of chats and the index that it must walk: in the list's order, and without a look at any chat, also where a label's
/// must fit further filters.
const LISTS: [(&str, &str); 5] = [
    ("ALL", "chats_by_news"),
    ("UNREAD", "chats_unread"),
    ("CLOSED", "chats_closed"),
    ("RESPONSIBLE", "chats_by_responsible"),
    ("LABEL", "chat_labels_by_label"),
];
/// As pages and as what is skipped before them, whatever has to fit.
const FORMS: [&str; 6] = ["", "_SKIP", "_PLAINLY", "_PLAINLY_SKIP", "_FITTING", "_FITTING_SKIP"];

#[tokio::test]
async fn every_list_of_chats_walks_its_index_and_sorts_nothing() {
    let stage = TestApp::on(Engine::Sqlite).await;
    for (file, name, sql) in every_statement() {
        let is_list = |list: &str| FORMS.iter().any(|form| name == format!("{list}{form}"));
        let Some((_, index)) = LISTS.iter().find(|(list, _)| file == "chat_walks" && is_list(list)) else { continue };
        let steps = plan(&stage.app.database, sql).await;
        let walk = format!("USING COVERING INDEX {index} (");
        assert!(steps[0].contains(&walk), "{name}: {steps:?}");
        let looks = if name.starts_with("LABEL_FITTING") { 2 } else { 1 };
        assert_eq!(steps.len(), looks, "{name}: {steps:?}");
        let place = "COVERING INDEX chats_by_news (workspace_id=? AND last_message_at_ms=? AND name_folded=?";
        assert!(steps[1..].iter().all(|step| step.contains(place)), "{steps:?}");
    }
}

#[tokio::test]
async fn a_span_of_time_in_a_chat_is_found_by_its_ends() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let ends = [
        "COVERING INDEX message_times_by_chat (workspace_id=? AND chat_id=? AND at_ms>? AND at_ms<?)",
        "messages_by_chat (workspace_id=? AND chat_id=? AND from_me=? AND uid>? AND uid<?)",
    ];
    for (file, name, sql) in every_statement() {
        if file == "message_lists" && name.starts_with("LIST_TIMED") {
            let steps = plan(&stage.app.database, sql).await;
            assert!(ends.iter().all(|end| steps.iter().any(|step| step.contains(end))), "{name}: {steps:#?}");
        }
    }
}

/// Whether a step of a plan goes through a large table by nothing more than its owner.
fn walks(step: &str) -> bool {
    let scans =
        LARGE.iter().any(|table| step == format!("SCAN {table}") || step.starts_with(&format!("SCAN {table} ")));
    let owners = ["(workspace_id=?)", "(workspace_id=? AND account_id=?)"];
    // An alias doesn't tell the table, so the index or the whole statement must: only large tables have such owners' keys.
    let by_owner = step.starts_with("SEARCH ") && owners.iter().any(|owner| step.contains(owner));
    scans || by_owner && !SMALL.iter().any(|table| step.starts_with(&format!("SEARCH {table} ")))
}

/// Tables with a few rows per workspace, and the aliases under which statements know them.
const SMALL: [&str; 38] = [
    "web_openings",
    "chat_words_states",
    "known",
    "stale",
    "waba_profiles",
    "waba_templates",
    "waba_analyses",
    "chat_presence",
    "template_uses",
    "account_cares",
    "account_linkings",
    "limit_requests",
    "cloud_accounts",
    "sandbox_graphs",
    "accounts",
    "a",
    "tokens",
    "workspaces",
    "workspace_counters",
    "c",
    "w",
    "rate_slots",
    "sandbox_contacts",
    "sandbox_members",
    "sandbox_clocks",
    "k",
    "teams",
    "teammates",
    "templates",
    "p",
    "webhooks",
    "event_cursors",
    "f",
    "sessions",
    "entry_links",
    "usage_days",
    "token_calls",
    "scheduled_sends",
];

async fn plan(database: &database::Database, sql: &'static Sql) -> Vec<String> {
    let text = sql.text(DatabaseEngine::Sqlite);
    let explain: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {text}").into_boxed_str());
    let parameters = (1..100).take_while(|number| text.contains(&format!("${number}"))).count();
    let look = move |snapshot: &mut database::Snapshot<'_>| {
        snapshot.query(&Sql::both(explain), vec![Value::Null; parameters], |row| row.get::<String>(3))
    };
    let steps: Result<Vec<String>, Error> = database.read(look).await;
    steps.unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_walk_is_known_when_it_is_seen() {
    assert!(walks("SEARCH messages USING PRIMARY KEY (workspace_id=?)"));
    assert!(walks("SEARCH o USING PRIMARY KEY (workspace_id=? AND account_id=?)"));
    assert!(walks("SCAN messages"));
    assert!(!walks("SEARCH messages USING INDEX messages_by_wamid (workspace_id=? AND account_id=? AND wamid=?)"));
}
