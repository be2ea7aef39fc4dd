//! Ten thousand chats, and one of a hundred thousand messages: nothing that a person does there makes the page stutter.

use std::time::Duration;

use serde_json::Value;

use crate::bulk::{CHATS, MESSAGES, fill};
use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;

/// A task that keeps the page from answering for longer than this is felt (<https://w3c.github.io/longtasks/>: 50 ms).
const FELT_MS: f64 = 50.0;
/// Of so many turns of the wheel over a list so few may be felt: the machine of a test does other things as well.
const FELT_MAX: usize = 2;
/// For a task in a thread, on such a machine; on a quiet one it is the former (docs/measurements.md).
const TASK_MS_MAX: f64 = 1_000.0;
/// Messages that a page holds at once, with the pages that stand at its ends.
const HELD_MAX: i64 = 300;

const WATCH: &str = "window.felt = []; new PerformanceObserver((list) => \
    list.getEntries().forEach((entry) => felt.push(entry.duration))).observe({type: 'longtask'}); 0";

fn felt(tab: &mut Tab<'_>) -> Vec<f64> {
    let told = tab.value("window.felt");
    let felt =
        told.as_array().map(|all| all.iter().filter_map(Value::as_f64).collect::<Vec<f64>>()).unwrap_or_default();
    felt.into_iter().filter(|ms| *ms > FELT_MS).collect()
}

#[test]
#[allow(clippy::print_stderr, reason = "a measurement")]
fn thousands_of_chats_and_messages_scroll_without_a_stutter() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    let server = server.restarted(fill);
    ana.visit(&server.at("/inbox"));
    ana.until("document.querySelectorAll('#chats .chat').length === 50");
    ana.value(WATCH);
    for _ in 0..30 {
        ana.wheel("#chats [data-live=list]", 240);
        std::thread::sleep(Duration::from_millis(16));
    }
    ana.until("document.querySelector('#chats [data-live=list]').scrollTop > 500");
    let in_list = felt(&mut ana);
    ana.inspect("inbox-many-chats");
    ana.click(".more-chats a");
    ana.until("location.search.includes('behind=') && document.readyState === 'complete'");
    ana.fill("#chats [type=search]", "contact 1099");
    ana.press("Enter");
    ana.until("document.querySelectorAll('#chats .chat').length === 11 && document.readyState === 'complete'");

    ana.visit(&server.at("/inbox/1"));
    settled(&mut ana, "/inbox/1");
    ana.value(WATCH);
    let mut first = String::new();
    for _ in 0..400 {
        ana.wheel("#thread [data-live=thread]", -600);
        std::thread::sleep(Duration::from_millis(16));
        let held = ana.value("document.querySelectorAll('#thread .msg').length").as_i64().unwrap_or(0);
        assert!(held <= HELD_MAX, "{held} messages are held");
        first = ana
            .value("document.querySelector('#thread .msg .bubble')?.textContent ?? ''")
            .as_str()
            .unwrap_or("")
            .to_owned();
        if first.starts_with("Line 991") {
            break;
        }
    }
    assert!(first.starts_with("Line 991"), "nine hundred messages back: {first}");
    let in_thread = felt(&mut ana);
    // Something comes in meanwhile: it is told, and the way to it is short.
    ana.value("felt.length = 0");
    server.post("/messages", r#"{"phone": "+12025550100", "text": "at the far end"}"#);
    ana.until("document.querySelector('#chats').textContent.includes('at the far end')");
    ana.until("document.querySelector('.pill')?.textContent === 'To the newest'");
    ana.photograph("inbox-far-back");
    ana.click(".pill");
    ana.until(
        "document.querySelector('.thread').textContent.includes('at the far end') && !document.querySelector('.pill')",
    );
    let in_news = felt(&mut ana);
    eprintln!("felt, {CHATS} chats: {in_list:?}; {MESSAGES} messages: {in_thread:?}; news: {in_news:?}");
    assert!(in_list.len() <= FELT_MAX, "{in_list:?}");
    for felt in [in_thread, in_news] {
        assert!(felt.iter().all(|ms| *ms <= TASK_MS_MAX), "{felt:?}");
    }
    // While the server was filled nobody was there.
    let others = |complaint: &String| !complaint.contains("ERR_CONNECTION_REFUSED");
    assert_eq!(ana.complaints().into_iter().filter(others).collect::<Vec<String>>(), Vec::<String>::new());
}
