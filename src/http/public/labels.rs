//! The labels of a chat.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::{Fields, quoted};
use crate::http::public::chats::parse_chat_id;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::Ok as OkBody;
use crate::id::ChatId;
use crate::inbox::labels::{LABELS_PER_CALL_MAX, Labelling, change_labels};
use crate::inbox::reach::reached_chat;
use crate::inbox::values::LabelName;
use crate::inbox::waba::reached_waba_chat;
use crate::store::labels::label_list;
use crate::workspace::tokens::Caller;

/// Labels to give a chat.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct LabelsToSet {
    /// Blanks around a label are cut, repeated ones count once; case counts. A label that isn't there yet is made.
    #[schema(max_items = 100, inline)]
    labels: Vec<LabelText>,
}

/// A label.
#[derive(Serialize, ToSchema)]
#[schema(value_type = String, max_length = 64)]
pub struct LabelText(String);

/// A chat's labels.
#[derive(Serialize, ToSchema)]
pub struct Labels {
    /// In alphabetical order; at most 100.
    #[schema(inline)]
    pub labels: Vec<LabelText>,
}

/// Read a chat's labels
#[utoipa::path(
    get, path = "/chats/{chat_id}/labels", tag = "Labels", operation_id = "list_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "The labels", body = OkBody<Labels>), Refusals,
    ),
)]
pub async fn list_chat_labels(call: Call, path: Path<String>) -> Response {
    list(call, &path.0, Chats::Any).await
}

/// Replace a chat's labels
///
/// The chat bears these labels then and no others; an empty list takes all of them off.
#[utoipa::path(
    post, path = "/chats/{chat_id}/labels", tag = "Labels", operation_id = "replace_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    request_body = LabelsToSet,
    responses(
        (status = 200, description = "The labels as they are now", body = OkBody<Labels>), Refusals, BodyRefusals,
    ),
)]
pub async fn replace_chat_labels(call: Call, path: Path<String>, body: RawBody) -> Response {
    change(call, &path.0, body, (Chats::Any, Labelling::Replace)).await
}

/// Add labels to a chat
///
/// The chat keeps those that it has.
#[utoipa::path(
    put, path = "/chats/{chat_id}/labels", tag = "Labels", operation_id = "add_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    request_body = LabelsToSet,
    responses(
        (status = 200, description = "The labels as they are now", body = OkBody<Labels>), Refusals, BodyRefusals,
    ),
)]
pub async fn add_chat_labels(call: Call, path: Path<String>, body: RawBody) -> Response {
    change(call, &path.0, body, (Chats::Any, Labelling::Add)).await
}

/// Which chats an operation knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chats {
    Any,
    /// Those on official accounts.
    Official,
}

impl Chats {
    fn ensure(self, tx: &mut impl Read, caller: &Caller, chat: ChatId) -> Result<(), Error> {
        match self {
            Chats::Any => reached_chat(tx, caller, chat).map(drop),
            Chats::Official => reached_waba_chat(tx, caller, chat).map(drop),
        }
    }
}

pub(super) async fn list(mut call: Call, id: &str, chats: Chats) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_chat_id(id));
    call.read(request, move |tx, caller, chat| {
        chats.ensure(tx, caller, *chat)?;
        Ok(Labels::of(label_list(tx, caller.workspace, *chat)?))
    })
    .await
}

pub(super) async fn change(
    mut call: Call,
    id: &str,
    body: RawBody,
    (chats, labelling): (Chats, Labelling),
) -> Response {
    let request = call.may_manage().and_then(|()| {
        let chat = parse_chat_id(id)?;
        call.body(body, read_labels).map(|labels| (chat, labels))
    });
    call.write(request, move |write, caller, (chat, labels)| {
        chats.ensure(write.tx, caller, *chat)?;
        Ok(Done::with(Labels::of(change_labels(write, *chat, labels, labelling)?)))
    })
    .await
}

fn read_labels(fields: &mut Fields) -> Option<BTreeSet<LabelName>> {
    let Some(given) = fields.texts("labels") else {
        if !fields.has_fault("labels") {
            fields.fault("labels", "labels is missing; give a list of labels, empty for none".into());
        }
        return None;
    };
    if given.len() > LABELS_PER_CALL_MAX {
        let rule = format!("labels has {} entries; at most {LABELS_PER_CALL_MAX} are allowed in one call", given.len());
        fields.fault("labels", rule);
        return None;
    }
    let mut labels = BTreeSet::new();
    for (at, label) in given.iter().enumerate() {
        match LabelName::parse(&format!("labels[{at}]"), label) {
            Ok(label) => drop(labels.insert(label)),
            Err(error) => fields.fault("labels", format!("{}; this is {}", error.message, quoted(label))),
        }
    }
    Some(labels)
}

impl Labels {
    pub(super) fn of(labels: Vec<String>) -> Labels {
        Labels { labels: labels.into_iter().map(LabelText).collect() }
    }
}
