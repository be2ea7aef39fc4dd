//! Having an attachment fetched again that WhatsApp didn't give.

use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use super::actions::back_to;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::chat as w;
use crate::id::{ChatId, MessageUid};
use crate::inbox::attachments::fetch_again;
use crate::workspace::permissions::Right;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    back: String,
    message: String,
}

pub async fn fetch(State(desk): State<Desk>, signed: Signed, Path(chat): Path<i64>, Sent(given): Sent<Which>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let unknown = |_| Error::not_found(w::THERE_IS_NO_SUCH_MESSAGE);
    let uid = Uuid::try_parse(&given.message).map(MessageUid).map_err(unknown)?;
    let (app, caller, workspace) = (desk.app.clone(), signed.who.caller(), signed.who.workspace.id);
    desk.act(&signed.who, move |write| {
        let account = fetch_again(write, &caller, uid)?;
        write.tx.wake(&app.fetch_bells.of((workspace, account)));
        Ok(())
    })
    .await?;
    Ok(back_to(&given.back, Some(ChatId(chat))))
}
