//! Ten thousand chats, and one of a hundred thousand messages: nothing that a person does there makes the page stutter.

use std::time::Duration;

use crate::bulk::{CHATS, MESSAGES, fill};
use crate::chromium::Chromium;
use crate::inbox::at_work;
use crate::screens::settled;
use crate::server::Server;
use crate::tab::Tab;
use crate::tasks::Task;

/// A task that keeps the page from answering for longer than this is felt (<https://w3c.github.io/longtasks/>: 50 ms). It is held
/// by the processor's time: by the clock a task also waits for whatever else the machine of a test does, which says nothing of the
/// page. What the clock says is told beside it.
const FELT_MS: f64 = 50.0;
/// What is held: a machine whose processors are shared gives each task up to twice the time that it takes alone, and takes one
/// or two aside for longer. A page that stutters does so with each piece that is put into it.
const HELD_MS: f64 = 2.0 * FELT_MS;
const ASIDE_MAX: usize = 2;
/// Messages that a page holds at once, with the pages that stand at its ends.
const HELD_MAX: i64 = 300;

/// What was felt since the watch began, worst first; both clocks are told.
#[allow(clippy::print_stderr, reason = "a measurement")]
fn felt(tab: &mut Tab<'_>, what: &str) -> Vec<Task> {
    let mut tasks = tab.tasks();
    assert!(!tasks.is_empty(), "the browser tells no tasks");
    tasks.sort_by(|one, other| other.cpu_ms.total_cmp(&one.cpu_ms));
    let by_clock: Vec<f64> = tasks.iter().map(|task| task.wall_ms.round()).filter(|ms| *ms > FELT_MS).collect();
    eprintln!(
        "{what}: longest {:.0} ms of the processor; above {FELT_MS} ms by the clock: {by_clock:?}",
        tasks[0].cpu_ms
    );
    tasks.retain(|task| task.cpu_ms > FELT_MS);
    tasks
}

fn assert_smooth(tab: &mut Tab<'_>, what: &str) {
    let felt = felt(tab, what);
    let held = felt.iter().filter(|task| task.cpu_ms > HELD_MS);
    let told: Vec<String> = held.map(|task| format!("{:.0} ms: {}", task.cpu_ms, task.parts.join(", "))).collect();
    assert!(told.len() <= ASIDE_MAX, "{what}: {told:?}");
}

#[test]
fn thousands_of_chats_and_messages_scroll_without_a_stutter() {
    let Some(mut browser) = Chromium::start() else { return };
    let server = Server::first_start();
    let mut ana = Tab::open(&mut browser);
    at_work(&mut ana, &server);
    let server = server.restarted(fill);
    ana.visit(&server.at("/inbox"));
    ana.until("document.querySelectorAll('#chats .chat').length === 50");
    ana.watch_tasks();
    for _ in 0..30 {
        ana.wheel("#chats [data-live=list]", 240);
        std::thread::sleep(Duration::from_millis(16));
    }
    ana.until("document.querySelector('#chats [data-live=list]').scrollTop > 500");
    assert_smooth(&mut ana, &format!("{CHATS} chats"));
    ana.inspect("inbox-many-chats");
    ana.click(".more-chats a");
    ana.until("location.search.includes('behind=') && document.readyState === 'complete'");
    ana.fill("#chats [type=search]", "contact 1099");
    ana.press("Enter");
    ana.until("document.querySelectorAll('#chats .chat').length === 11 && document.readyState === 'complete'");

    ana.visit(&server.at("/inbox/1"));
    settled(&mut ana, "/inbox/1");
    ana.watch_tasks();
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
    assert_smooth(&mut ana, &format!("{MESSAGES} messages"));
    // Something comes in meanwhile: it is told, and the way to it is short.
    ana.watch_tasks();
    server.post("/messages", r#"{"phone": "+12025550100", "text": "at the far end"}"#);
    ana.until("document.querySelector('#chats').textContent.includes('at the far end')");
    ana.until("document.querySelector('.pill')?.textContent === 'To the newest'");
    ana.click(".pill");
    ana.until(
        "document.querySelector('.thread').textContent.includes('at the far end') && !document.querySelector('.pill')",
    );
    assert_smooth(&mut ana, "news");
    // The check finds what is felt.
    ana.watch_tasks();
    let busy = "const end = performance.now() + 400; while (performance.now() < end); window.wasBusy = true";
    ana.value(&format!("setTimeout(() => {{ {busy} }})"));
    ana.until("window.wasBusy");
    assert!(!felt(&mut ana, "planted").is_empty());
    // While the server was filled nobody was there.
    let others = |complaint: &String| !complaint.contains("ERR_CONNECTION_REFUSED");
    assert_eq!(ana.complaints().into_iter().filter(others).collect::<Vec<String>>(), Vec::<String>::new());
}
