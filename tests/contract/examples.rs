//! What the documentation shows for a terminal is run, and answers as it says.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Method;
use partyline::http::openapi::BASE_PATH;
use serde_json::Value;

use crate::catalogue::{PNG, form, ogg, picture_host};
use crate::kit::{Actor, Answer, Engine, TestApp};
use crate::operations::{Half, ours};
use crate::scene::Scene;
use crate::shell::{Curl, curls};

/// A block of code on a page: its caption, its text.
type Block = (String, String);

async fn page(actor: &Actor, path: &str) -> String {
    let answer = actor.get(&format!("/{path}")).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

/// Every page of the documentation, found by following its links.
async fn pages(actor: &Actor) -> Vec<(String, String)> {
    let start = format!("{BASE_PATH}/docs");
    let first = page(actor, &start).await;
    let mut paths: BTreeSet<String> = [start].into();
    paths.extend(
        first
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split(['"', '#']).next())
            .filter(|href| href.starts_with(&format!("{BASE_PATH}/docs/")))
            .map(str::to_owned),
    );
    let mut found = Vec::new();
    for path in paths {
        let text = page(actor, &path).await;
        found.push((path, text));
    }
    found
}

/// The figures of code on a page, without their tags.
fn blocks(page: &str) -> Vec<Block> {
    let between = |text: &str, start: &str, end: &str| {
        let from = text.find(start).map(|at| at + start.len())?;
        let from = from + text[from..].find('>')? + 1;
        text[from..].find(end).map(|length| plain(&text[from..from + length]))
    };
    let figures = page.split("<figure class=\"code\"").skip(1);
    figures
        .filter_map(|figure| {
            Some((between(figure, "<figcaption", "</figcaption>")?, between(figure, "<pre", "</pre>")?))
        })
        .collect()
}

fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            letter if !in_tag => out.push(letter),
            _ => {}
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// The operations that a page is about.
fn half_of(path: &str) -> Half {
    if path.contains("official-accounts") { Half::Official } else { Half::Any }
}

/// Does what the line says, in this process.
async fn run(scene: &Scene, curl: &Curl) -> Answer {
    let (_, path) = curl.url.rsplit_once(BASE_PATH).unwrap_or_else(|| panic!("not below the base: {curl:?}"));
    let is_known = |name: &str| ["authorization", "content-type"].contains(&name);
    let mut actor = scene.token.clone();
    for (name, value) in curl.headers.iter().filter(|(name, _)| !is_known(name)) {
        actor = actor.with_header(name, value);
    }
    assert!(
        curl.headers.iter().any(|(name, value)| name == "authorization" && value.starts_with("Bearer ")),
        "{curl:?}"
    );
    let method: Method = curl.method().parse().expect("a method");
    if curl.form.is_empty() {
        let kind = curl.headers.iter().find(|(name, _)| name == "content-type");
        if let Some((name, value)) = kind {
            actor = actor.with_header(name, value);
        }
        assert!(curl.data.is_none() || kind.is_some(), "curl would call it a form: {curl:?}");
        return actor.ask(method, path, Body::from(curl.data.clone().unwrap_or_default())).await;
    }
    let part = |(name, value): &(String, String)| match value.strip_prefix('@') {
        Some(file) if file.contains("ogg") => (name.clone(), Some(file.to_owned()), ogg()),
        Some(file) => (name.clone(), Some(file.to_owned()), PNG.to_vec()),
        None => (name.clone(), None, value.clone().into_bytes()),
    };
    let parts: Vec<_> = curl.form.iter().map(part).collect();
    let (kind, bytes) = form(&parts);
    actor.with_header("content-type", &kind).ask(method, path, Body::from(bytes)).await
}

/// Whether `shown` has no key that `told` lacks.
fn is_like(shown: &Value, told: &Value) -> bool {
    match (shown, told) {
        (Value::Object(shown), Value::Object(told)) => {
            shown.iter().all(|(key, value)| told.get(key).is_some_and(|own| is_like(value, own)))
        }
        (Value::Array(shown), Value::Array(told)) => {
            shown.iter().zip(told.iter().cycle()).all(|(one, other)| is_like(one, other))
        }
        (shown, told) => {
            shown.is_null() || told.is_null() || std::mem::discriminant(shown) == std::mem::discriminant(told)
        }
    }
}

/// A line that is shown, and the answer that is shown right below it.
fn shown(page: &str, scene: &Scene) -> Vec<(Curl, Option<Value>)> {
    let variable = |name: &str| match name {
        "PARTYLINE" => format!("https://line.example{BASE_PATH}"),
        "TOKEN" => "pl_live_x".to_owned(),
        name => {
            let id = scene.ids.get(name.to_lowercase().as_str());
            id.unwrap_or_else(|| panic!("what is ${name}? Use the name of a parameter")).clone()
        }
    };
    let blocks = blocks(page);
    let mut found = Vec::new();
    for (at, (caption, text)) in blocks.iter().enumerate().filter(|(_, (caption, _))| caption == "In a terminal") {
        let mut lines = curls(text, &variable);
        for line in &mut lines {
            line.url = scene.meant(std::mem::take(&mut line.url));
        }
        let answer = blocks.get(at + 1).filter(|(caption, _)| caption == "JSON");
        let answer = answer.map(|(_, text)| serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}")));
        let last = lines.pop();
        found.extend(lines.into_iter().map(|line| (line, None)));
        found.extend(last.map(|line| (line, answer)));
        assert!(!caption.is_empty());
    }
    found
}

#[tokio::test]
async fn every_line_of_the_documentation_works() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let reader = stage.stranger();
    let (mut run_in_all, mut failed) = (0, Vec::new());
    for (path, text) in pages(&reader).await {
        // Each page with a workspace of its own: what one ends, another may show.
        let scene = Scene::second_of(&stage, half_of(&path)).await;
        let text = text.replace("https://files.example", picture_host());
        let mut lines = shown(&text, &scene);
        if path.contains("/reference/") {
            lines.sort_by_key(|(line, _)| line.method() == "DELETE");
        }
        for (line, expected) in lines {
            let answer = run(&scene, &line).await;
            run_in_all += 1;
            let refused = expected.as_ref().is_some_and(|shown| shown["status"] == "error");
            if answer.status.is_success() == refused {
                failed.push(format!("{path}: {} {}: {}", line.method(), line.url, answer.text()));
            } else if let Some(expected) = expected.filter(|expected| !is_like(expected, &answer.body())) {
                failed.push(format!("{path}: {} {} shows {expected}, not {}", line.method(), line.url, answer.text()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(run_in_all > ours().len(), "only {run_in_all} lines were found");
}

/// The guides that there must be, by their addresses.
const GUIDES: [&str; 9] = [
    "first-message",
    "sending",
    "files",
    "chats-and-labels",
    "limits-and-credits",
    "idempotency",
    "errors",
    "sandbox",
    "moving-from-timelinesai",
];

#[tokio::test]
async fn every_guide_is_there_and_says_when_it_was_changed() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let found = pages(&stage.stranger()).await;
    let (guides, others): (Vec<_>, Vec<_>) = found.iter().partition(|(path, _)| path.contains("/docs/guides/"));
    for name in GUIDES {
        assert!(guides.iter().any(|(path, _)| path.ends_with(&format!("/{name}"))), "{name}");
    }
    assert!(!others.is_empty());
    for (path, text) in found {
        let day = text.split("<time datetime=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let is_day = day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        assert!(is_day, "{path} bears no date: {day}");
    }
}

#[tokio::test]
async fn every_operation_has_an_example_and_an_anchor() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let scenes = [Scene::second(&stage).await, Scene::second_of(&stage, Half::Official).await];
    let scene_of = |half: Half| scenes.iter().find(|scene| scene.half == half).expect("both are there");
    let llms = stage.stranger().get("//llms.txt").await.text();
    assert_eq!(stage.stranger().get("/llms.txt").await.text(), llms);
    let pages = pages(&stage.stranger()).await;
    let lines: Vec<Curl> = pages
        .iter()
        .filter(|(path, _)| path.contains("/reference/"))
        .flat_map(|(path, text)| shown(text, scene_of(half_of(path))))
        .map(|(line, _)| line)
        .collect();
    for operation in ours() {
        let path = scene_of(Half::of(operation)).path(operation);
        let example = lines
            .iter()
            .find(|line| line.method() == operation.method && line.url.ends_with(&format!("{BASE_PATH}{path}")));
        let example = example.unwrap_or_else(|| panic!("{} has no example", operation.name));
        let sends = example.data.is_some() || !example.form.is_empty();
        assert_eq!(sends, !operation.bodies.is_empty(), "{}: teach src/http/docs/examples.rs", operation.name);
        assert!(llms.contains(&operation.name), "{} is not in llms.txt", operation.name);
    }
    for line in llms.lines().filter_map(|line| line.split("](https://line.example").nth(1)) {
        let (path, place) = line
            .split(')')
            .next()
            .and_then(|link| link.split_once('#'))
            .unwrap_or((line.split(')').next().unwrap_or(""), ""));
        let text = page(&stage.stranger(), path).await;
        assert!(place.is_empty() || text.contains(&format!("id=\"{place}\"")), "{path}#{place}");
    }
}
