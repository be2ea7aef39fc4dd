//! What belongs to one workspace is nothing to another: an id of somebody else answers byte for byte as one that nobody has,
//! on every operation, in its path, its query and its body, and nothing of theirs changes. Made from the document, so that
//! a new operation is covered by existing; a name that this test doesn't know must be taught to it.

use serde_json::{Value, json};

use crate::catalogue::{self, Content};
use crate::dump::{changes, dump};
use crate::kit::{Answer, Engine, TestApp};
use crate::operations::{Half, Operation};
use crate::scene::{ONLY_CONTACT, ONLY_LABEL, ONLY_NAME, Scene};

const NOBODYS_UID: &str = "019b0000-0000-7000-8000-000000000000";
const NOBODYS_NUMBER: &str = "777777";

/// Names of the query and of bodies that mean nothing outside of their request.
const PLAIN: &[&str] = &[
    // Of events. Their cursors are numbers that every log has.
    "types",
    "template",
    "start",
    "end",
    "dimensions",
    "phone_number_id",
    "business_id",
    "access_token",
    "app_secret",
    "sandbox",
    "from",
    "chat",
    "sample",
    "latitude",
    "longitude",
    "contact_phone",
    "unsupported",
    "emoji",
    "lid",
    "outcome",
    "outgoing",
    "duration_seconds",
    "video",
    "answers",
    "callback_url",
    "whatsapp_template",
    "whatsapp_template_language",
    "whatsapp_template_variables",
    "fails_with",
    "delay_seconds",
    "scene",
    "seconds",
    "advance_seconds",
    "speed",
    "online",
    "code",
    "status",
    // A number that both workspaces may have by the time; tests/api/chat_filters.rs shows it to an outsider.
    "after_chat",
    "text",
    "caption",
    "filename",
    "content_type",
    "file",
    "download_url",
    "jid",
    "reaction",
    "origin",
    "is_private",
    "closed",
    "read",
    "group",
    "chatgpt_autoresponse_enabled",
    "page",
    "size",
    "limit",
    "from_me",
    "after",
    "before",
    "created_after",
    "created_before",
    "with_msg",
    "sorting_order",
    "enabled",
    "event_type",
    "visibility",
    "role",
    "first_name",
    "last_name",
    "labels",
    "send_at",
    "state",
    "from_seq",
    "to_seq",
    "q",
    "cursor",
];

/// A phone, which is nobody's.
const NUMBER: &str = "number";

/// What may be unique in a workspace, and must not be in another: whoever takes theirs gets an answer of the same kind.
const TAKEN: [&str; 2] = ["email", "url"];

/// Names that stand for nothing that is there: whoever gives one makes another thing of that name, and is answered with its
/// own.
const GIVEN: [(&str, &str); 3] =
    [("POST /templates", "name"), ("PATCH /templates/{template_id}", "name"), ("POST /waba/accounts", "name")];

/// Where a value of the first workspace goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Path,
    Query,
    Body,
}

/// A value that means something in the first workspace, and one that means nothing anywhere.
fn pair(scene: &Scene, name: &str, place: Place) -> Option<(String, String)> {
    let made = match name {
        "attachment_template_id" => "template_id",
        other => other,
    };
    if place == Place::Body && scene.half == Half::Any && Scene::is_never_made(made) {
        return None;
    }
    let id = |name: &str| scene.ids.get(name).cloned().unwrap_or_else(|| panic!("no {name}"));
    let (theirs, nobodys) = match name {
        "chat_id" | "template_id" | "webhook_id" | "user_id" | "account_id" => (id(name), NOBODYS_NUMBER.to_owned()),
        "waba_account_id" => (id("account_id"), NOBODYS_NUMBER.to_owned()),
        "handle_id" => (id(name), NOBODYS_UID.to_owned()),
        "delivery_id" => (id(name), "msg_0000000000000000_1".to_owned()),
        "attachment_template_id" => (id("template_id"), NOBODYS_NUMBER.to_owned()),
        "message_uid" | "file_uid" | "note_uid" | "scheduled_uid" => (id(name), NOBODYS_UID.to_owned()),
        "reply_to" | "reply_to_uid" | "after_message" | "before_message" | "react_to" | "edits" | "deletes" => {
            (id("message_uid"), NOBODYS_UID.to_owned())
        }
        "whatsapp_account_phone" | "whatsapp_phone" => (id("account_phone"), "+19195550198".to_owned()),
        "whatsapp_account_id" => (id("account_jid"), "19195550198@s.whatsapp.net".to_owned()),
        "responsible" | "email" => ("2rui@harbour.example".to_owned(), "nobody@harbour.example".to_owned()),
        "team_title" => ("Workshop".to_owned(), "Nowhere".to_owned()),
        "url" => ("https://crm.example/2".to_owned(), "https://crm.example/9".to_owned()),
        "label" => (ONLY_LABEL.to_owned(), "nowhere".to_owned()),
        "name" | "chat_name" => (ONLY_NAME.to_owned(), "Nobody".to_owned()),
        "phone" => (ONLY_CONTACT.to_owned(), "+12025550175".to_owned()),
        // Of the sandbox: it is there for everybody, and has of each workspace only what that one sent.
        NUMBER | "participant" => (ONLY_CONTACT[1..].to_owned(), "12025550175".to_owned()),
        _ => {
            assert!(
                place != Place::Path && PLAIN.contains(&name),
                "whose is {name}? Teach tests/contract/isolation.rs"
            );
            return None;
        }
    };
    Some((theirs, nobodys))
}

/// What an id in a path could be, and isn't; `None` where it names nothing of a workspace.
pub fn nobodys(scene: &Scene, name: &str) -> Option<String> {
    pair(scene, name, Place::Path).map(|(_, nobodys)| nobodys).filter(|_| name != NUMBER)
}

/// Asks for an operation as the catalogue says, but for one value.
async fn ask(actor: &Scene, operation: &Operation, place: Place, name: &str, value: &str) -> Answer {
    let path = catalogue::path(operation, |parameter| match place {
        Place::Path if parameter == name => value.to_owned(),
        _ => actor.ids[parameter].clone(),
    });
    let path = if place == Place::Query {
        format!("{path}?{name}={}", value.replace('+', "%2B").replace(' ', "%20"))
    } else {
        path
    };
    let mut content = actor.content(operation);
    if let (Content::Json(body), Place::Body) = (&mut content, place) {
        let is_number = name.ends_with("template_id") || name.ends_with("account_id") && name.starts_with("waba");
        body[name] = if is_number { json!(value.parse::<i64>().expect("a number")) } else { json!(value) };
    }
    catalogue::send(&actor.token, operation, &path, content).await
}

/// Status and body, with the value that was asked for and UUIDs taken out; of a phone also its digits alone.
fn told(answer: &Answer, value: &str) -> String {
    let told = format!("{:?} {}", answer.headers.get("retry-after"), answer.told());
    let told = without(&told, value);
    value.strip_prefix('+').map_or(told.clone(), |digits| without(&told, digits))
}

fn without(told: &str, value: &str) -> String {
    let (mut text, mut rest) = (String::new(), told);
    while let Some(at) = rest.find(value) {
        // A short number may stand inside of another one.
        let whole = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        let stands = whole(rest[..at].chars().next_back()) && whole(rest[at + value.len()..].chars().next());
        text += &rest[..at];
        text += if stands { "[value]" } else { value };
        rest = &rest[at + value.len()..];
    }
    text + rest
}

/// Every place of an operation in which something may be named.
fn places(operation: &Operation) -> Vec<(Place, String)> {
    let path = operation.path_parameters().map(|name| (Place::Path, name.to_owned()));
    let query = operation.query_parameters().map(|parameter| (Place::Query, parameter.name.clone()));
    let body = operation.json_body().into_iter().flat_map(|body| body.properties.keys());
    let form = operation.bodies.get("multipart/form-data").into_iter().flat_map(|form| form.properties.keys());
    path.chain(query).chain(body.chain(form).map(|name| (Place::Body, name.clone()))).collect()
}

/// Where `outsider` learns or does something with what `first` owns, by names for which `is_asked` holds.
pub async fn leaks(first: &Scene, outsider: &Scene, is_asked: impl Fn(&Operation, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    // Reads first, since what the outsider writes may make things of its own under the same names; what ends something
    // last, so that there is something to be found until then.
    let rank = |operation: &Operation| match operation.method.as_str() {
        "GET" => 0,
        // It writes nothing either, and tells what is there.
        "POST" if operation.path == "/messages/preview" => 0,
        "DELETE" => 2,
        _ => 1,
    };
    let mut operations: Vec<_> = first.operations().collect();
    operations.sort_by_key(|operation| rank(operation));
    for operation in operations {
        for (place, name) in places(operation).into_iter().filter(|(_, name)| is_asked(operation, name)) {
            let Some((theirs, mut nobodys)) = pair(first, &name, place) else { continue };
            if operation.name == "POST /messages/to_chat_name" && name == "chat_name" {
                // Elsewhere the name is given to a chat of the one who asks.
                nobodys = "Never Given".to_owned();
            }
            let foreign = ask(outsider, operation, place, &name, &theirs).await;
            let unknown = ask(outsider, operation, place, &name, &nobodys).await;
            let at = format!("{} {place:?} {name}", operation.name);
            if place == Place::Path && name != NUMBER && unknown.status != 404 {
                found.push(format!("{at}: an unknown one is {}", unknown.told()));
            }
            let is_given = GIVEN.contains(&(operation.name.as_str(), name.as_str()));
            let same = if TAKEN.contains(&name.as_str()) || is_given {
                foreign.status == unknown.status
            } else {
                told(&foreign, &theirs) == told(&unknown, &nobodys)
            };
            if !same {
                found.push(format!("{at}: {}\nnot as unknown: {}", foreign.told(), unknown.told()));
            }
        }
    }
    found
}

/// How many operations name something of a workspace, and how many such names they have.
fn tried(first: &Scene) -> (usize, usize) {
    let names = |operation: &&Operation| {
        places(operation).iter().filter(|(place, name)| pair(first, name, *place).is_some()).count()
    };
    let each: Vec<usize> = first.operations().map(|operation| names(&operation)).filter(|names| *names > 0).collect();
    (each.len(), each.iter().sum())
}

#[tokio::test]
async fn foreign_ids_answer_as_ids_that_do_not_exist_and_nothing_changes() {
    for half in Half::BOTH {
        foreign_ids_answer_as_ids_that_do_not_exist_and_nothing_changes_for(half).await;
    }
}

#[allow(clippy::print_stdout, reason = "docs/measurements.md has these figures")]
async fn foreign_ids_answer_as_ids_that_do_not_exist_and_nothing_changes_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (first, outsider) = (Scene::first_of(&stage, half).await, Scene::second_of(&stage, half).await);
        let (operations, names) = tried(&first);
        println!("{engine:?}: {names} foreign ids on {operations} of {} operations", first.operations().count());
        stage.settle_use_of(&first.token).await;
        partyline::indexer::catch_up(&stage.app).await.expect("what is there can be found");
        let before = dump(&stage, first.workspace).await;
        let found = leaks(&first, &outsider, |_, _| true).await;
        assert!(found.is_empty(), "{engine:?}: {} leaks:\n{}", found.len(), found.join("\n"));
        let changed = changes(&before, &dump(&stage, first.workspace).await, &[]);
        assert!(changed.is_empty(), "{engine:?}: {changed:#?}");
    }
}

#[tokio::test]
async fn a_leak_and_a_change_are_found() {
    for half in Half::BOTH {
        a_leak_and_a_change_are_found_for(half).await;
    }
}

async fn a_leak_and_a_change_are_found_for(half: Half) {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (first, mut outsider) = (Scene::first_of(&stage, half).await, Scene::second_of(&stage, half).await);
    let before = dump(&stage, first.workspace).await;
    // Somebody who isn't kept apart at all.
    outsider.token = first.token.clone();
    outsider.ids = first.ids.clone();
    let found = leaks(&first, &outsider, |_, _| true).await;
    for operation in half.operations().filter(|operation| operation.path_parameters().any(|name| name != NUMBER)) {
        let start = format!("{} Path", operation.name);
        assert!(found.iter().any(|leak| leak.starts_with(&start)), "{start} in {found:#?}");
    }
    let changed = changes(&before, &dump(&stage, first.workspace).await, &[]);
    assert!(changed.iter().any(|change| change.starts_with("messages: new")), "{changed:#?}");
}

#[tokio::test]
async fn lists_hold_nothing_of_another_workspace() {
    for half in Half::BOTH {
        lists_hold_nothing_of_another_workspace_for(half).await;
    }
}

async fn lists_hold_nothing_of_another_workspace_for(half: Half) {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (_, outsider) = (Scene::first_of(&stage, half).await, Scene::second_of(&stage, half).await);
        partyline::indexer::catch_up(&stage.app).await.expect("what is there can be found");
        for operation in half.operations().filter(|operation| operation.method == "GET" && !operation.is_stream()) {
            let told = outsider.ask(operation).await.to_string();
            for theirs in [ONLY_NAME, ONLY_LABEL, ONLY_CONTACT, "Workshop", "2rui", "crm.example/2"] {
                assert!(!told.contains(theirs), "{engine:?} {}: {theirs} in {told}", operation.name);
            }
            assert_ne!(told, Value::Null.to_string());
        }
    }
}
