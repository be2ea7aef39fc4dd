//! What a page's own thread was busy with, as the browser traces it: how long each task was, and how much of that the
//! processor really worked for it. On a machine that does other things beside, a task waits for its turn in the middle; that is
//! no fault of the page, so the time of the processor is what a test holds.

use serde_json::Value;

/// A task of the thread that draws and answers.
#[derive(Clone, Debug)]
pub struct Task {
    pub wall_ms: f64,
    /// Of it what the thread was on the processor.
    pub cpu_ms: f64,
    /// What it did longest, for whoever has to find out why.
    pub parts: Vec<String>,
}

const TASK: &str = "RunTask";
const PAGE_THREAD: &str = "CrRendererMain";
/// A task that is taken apart has at least so much of the processor, and each part that is told so much.
const TOLD_MS_MIN: f64 = 20.0;
const PART_MS_MIN: f64 = 2.0;

/// The tasks in what was traced.
pub fn tasks_of(events: &[Value]) -> Vec<Task> {
    let is_page = |event: &&Value| event["name"] == "thread_name" && event["args"]["name"] == PAGE_THREAD;
    let threads: Vec<(&Value, &Value)> =
        events.iter().filter(is_page).map(|event| (&event["pid"], &event["tid"])).collect();
    let of_page = |event: &&Value| event["ph"] == "X" && threads.contains(&(&event["pid"], &event["tid"]));
    let done: Vec<&Value> = events.iter().filter(of_page).collect();
    let is_task = |event: &&&Value| event["name"] == TASK;
    done.iter().filter(is_task).map(|task| task_of(task, &done)).collect()
}

fn task_of(task: &Value, done: &[&Value]) -> Task {
    let (from, to) = (number(task, "ts"), number(task, "ts") + number(task, "dur"));
    let is_within = |event: &Value| {
        let begins = number(event, "ts");
        event["tid"] == task["tid"] && event["pid"] == task["pid"] && (from..to).contains(&begins)
    };
    let cpu_ms = number(task, "tdur") / 1_000.0;
    let mut parts = Vec::new();
    if cpu_ms >= TOLD_MS_MIN {
        for event in done.iter().filter(|event| is_within(event)) {
            let part_ms = number(event, "tdur") / 1_000.0;
            if part_ms >= PART_MS_MIN {
                parts.push(format!("{} {part_ms:.1}", event["name"].as_str().unwrap_or("?")));
            }
        }
    }
    Task { wall_ms: number(task, "dur") / 1_000.0, cpu_ms, parts }
}

fn number(event: &Value, name: &str) -> f64 {
    event[name].as_f64().unwrap_or(0.0)
}
