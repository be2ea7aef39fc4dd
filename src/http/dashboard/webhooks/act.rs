//! What is done to a webhook and its deliveries by a form.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{PATH, one};
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::frame::{Here, Page, done};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Refusal, Shown, Signed};
use crate::http::dashboard::words::WEBHOOKS;
use crate::http::dashboard::words::webhooks as w;
use crate::http::public::webhook_requests::example_body;
use crate::id::WebhookId;
use crate::store::Write;
use crate::store::webhooks::WebhookRow;
use crate::webhooks::requests::{replay_span, resend, rotate_secret, send_example};
use crate::webhooks::{NewSecret, WebhookChange, change_webhook, delete_webhook, delivery_id};
use crate::workspace::permissions::Right;
use crate::workspace::zone::{api_time, parse_api_time, stored_zone};

/// A webhook of the path, and who may change it.
pub struct Managed {
    desk: Desk,
    signed: Signed,
    id: i64,
}

impl FromRequestParts<Desk> for Managed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Managed, Refusal> {
        let signed = <Signed as FromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        signed.ensure(Right::ManageWebhooks)?;
        let Path(id) = Path::<i64>::from_request_parts(parts, desk).await?;
        Ok(Managed { desk: desk.clone(), signed, id })
    }
}

#[derive(Default, Deserialize)]
pub struct Nothing {}

/// Delivers an example, and shows how that goes.
pub async fn test(Managed { desk, signed, id }: Managed, Sent(Nothing {}): Sent<Nothing>) -> Shown {
    let (caller, app) = (signed.who.caller(), desk.app.clone());
    let send = move |write: &mut Write<'_, '_>| {
        let now = api_time(write.now, &stored_zone(&write.workspace.zone));
        let body = |webhook: &WebhookRow| example_body(webhook, &app.settings.public_url, &now);
        let (webhook, row) = send_example(write, &caller, WebhookId(id), body)?;
        Ok(delivery_id(&webhook, row.seq))
    };
    let delivery = desk.act(&signed.who, send).await?;
    Ok(to_delivery(id, &delivery, "webhook-tested"))
}

pub async fn pause(managed: Managed, Sent(Nothing {}): Sent<Nothing>) -> Shown {
    switch(managed, false).await
}

pub async fn resume(managed: Managed, Sent(Nothing {}): Sent<Nothing>) -> Shown {
    switch(managed, true).await
}

async fn switch(Managed { desk, signed, id }: Managed, on: bool) -> Shown {
    let caller = signed.who.caller();
    let change = WebhookChange { enabled: Some(on), ..WebhookChange::default() };
    let change = move |write: &mut Write<'_, '_>| change_webhook(write, &caller, WebhookId(id), &change);
    desk.act(&signed.who, change).await?;
    let word = if on { "webhook-resumed" } else { "webhook-paused" };
    Ok(Redirect::to(&done(&format!("{PATH}/{id}"), word)).into_response())
}

pub async fn rotate(Managed { desk, signed, id }: Managed, Sent(Nothing {}): Sent<Nothing>) -> Shown {
    let new = NewSecret::generate(desk.app.sealing_key()?, signed.who.workspace.id)?;
    let (caller, kept) = (signed.who.caller(), new.clone());
    let rotate = move |write: &mut Write<'_, '_>| rotate_secret(write, &caller, WebhookId(id), &kept);
    desk.act(&signed.who, rotate).await?;
    one::with_secret(&desk, &signed, Page::new(Here::Webhooks, WEBHOOKS), id, &new.secret.reveal()).await
}

pub async fn delete(Managed { desk, signed, id }: Managed, Sent(Nothing {}): Sent<Nothing>) -> Shown {
    let caller = signed.who.caller();
    let delete = move |write: &mut Write<'_, '_>| delete_webhook(write, &caller, WebhookId(id));
    desk.act(&signed.who, delete).await?;
    Ok(Redirect::to(&done(PATH, "webhook-deleted")).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    delivery: String,
}

pub async fn resend_one(Managed { desk, signed, id }: Managed, Sent(which): Sent<Which>) -> Shown {
    let (caller, delivery) = (signed.who.caller(), which.delivery.clone());
    let again = move |write: &mut Write<'_, '_>| resend(write, &caller, WebhookId(id), &delivery).map(drop);
    desk.act(&signed.who, again).await?;
    Ok(to_delivery(id, &which.delivery, "webhook-resent"))
}

/// A span of time, in the workspace's zone.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Span {
    pub from: String,
    pub to: String,
}

pub async fn replay_range(Managed { desk, signed, id }: Managed, Sent(span): Sent<Span>) -> Shown {
    let began = match read_span(&span, &signed.who.workspace.zone) {
        Ok((from, to)) => {
            let caller = signed.who.caller();
            let again = move |write: &mut Write<'_, '_>| replay_span(write, &caller, WebhookId(id), from, to);
            desk.act(&signed.who, again).await.map(drop)
        }
        Err(error) => Err(error),
    };
    match began {
        Ok(()) => Ok(Redirect::to(&done(&format!("{PATH}/{id}"), "webhook-replayed")).into_response()),
        Err(error)
            if error.faults.iter().any(|fault| fault.fields.iter().any(|field| field == "from" || field == "to")) =>
        {
            one::with_faults(&desk, &signed, id, &span, &error.faults).await
        }
        Err(error) => Err(Refusal::from(error)),
    }
}

fn read_span(span: &Span, zone: &str) -> Result<(Time, Option<Time>), Error> {
    let zone = stored_zone(zone);
    let unread = |field: &str| Error::invalid(field, w::GIVE_A_DAY_AND);
    let from = parse_api_time(&span.from, &zone).ok_or_else(|| unread("from"))?;
    let to = match span.to.trim() {
        "" => None,
        text => Some(parse_api_time(text, &zone).ok_or_else(|| unread("to"))?),
    };
    Ok((from, to))
}

fn to_delivery(id: i64, delivery: &str, word: &str) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("delivery", delivery).finish();
    // Without a fragment: browsers take a page that asks for itself anew under one as there already.
    Redirect::to(&format!("{}&{query}", done(&format!("{PATH}/{id}"), word))).into_response()
}
