//! The list of webhooks: what each hears, where, and how it fares.

use axum::extract::{RawQuery, State};
use maud::{Markup, html};

use super::PATH;
use super::add::{Given, form};
use super::seen::{Fares, state};
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Faults;
use crate::http::dashboard::frame::{Done, Here, Page, head};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::WEBHOOKS;
use crate::http::dashboard::words::webhooks as w;
use crate::store::webhooks::{WebhookRow, webhook_list};
use crate::webhooks::WEBHOOKS_MAX;
use crate::workspace::permissions::Right;
use maud::display;

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done, RawQuery(query): RawQuery) -> Shown {
    signed.ensure(Right::ManageWebhooks)?;
    let is_asking = query.is_some_and(|query| query.split('&').any(|pair| pair == "new=1"));
    let page = Page::new(Here::Webhooks, WEBHOOKS).with(&done);
    shown(&desk, &signed, page, is_asking, &Given::default(), &[]).await
}

pub async fn shown(
    desk: &Desk,
    signed: &Signed,
    page: Page<'_>,
    is_asking: bool,
    given: &Given,
    faults: &[FieldFault],
) -> Shown {
    let (workspace, now) = (signed.who.workspace.id, desk.app.clock.now());
    let look = move |tx: &mut database::Snapshot<'_>| {
        let webhooks = webhook_list(tx, workspace)?;
        let seen = webhooks.into_iter().map(|row| {
            let fares = Fares::of(tx, workspace, &row, now)?;
            Ok((row, fares))
        });
        seen.collect::<Result<Vec<(WebhookRow, Fares)>, Error>>()
    };
    let webhooks = desk.app.read(look).await?;
    let purpose = w::YOUR_SYSTEMS_HEAR_WHAT;
    let faults = Faults(faults);
    let content = html! {
        (head(WEBHOOKS, purpose, &html! {
            @if !is_asking && webhooks.len() < WEBHOOKS_MAX {
                button.btn type="button" data-kind="primary" popovertarget="new-webhook" { (icon("plus")) (w::ADD_WEBHOOK) }
            }
        }))
        (form(given, faults, is_asking))
        section.card aria-labelledby="webhooks" {
            header { h2 #webhooks { (w::ADDRESSES) } span.meta { (w::of_words(&webhooks.len(), &WEBHOOKS_MAX)) } }
            @if webhooks.is_empty() {
                div.empty {
                    (icon("hook"))
                    strong { (w::NOBODY_LISTENS_YET) }
                    p { (w::ADD_THE_ADDRESS_OF) }
                }
            } @else { (table(&webhooks, now)) }
        }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn table(webhooks: &[(WebhookRow, Fares)], now: Time) -> Markup {
    html! {
        table.table role="table" aria-labelledby="webhooks" {
            thead role="rowgroup" { tr role="row" {
                @for name in [w::EVENT_AND_ADDRESS, w::STATE] { th scope="col" role="columnheader" { (name) } }
                th.end scope="col" role="columnheader" { (w::FAILED_24_H) }
                th scope="col" role="columnheader" { (w::LAST_ANSWER) }
                th scope="col" role="columnheader" { span.hidden-text { (w::ACTIONS) } }
            } }
            tbody role="rowgroup" {
                @for (webhook, fares) in webhooks {
                    tr role="row" {
                        td role="cell" data-label=(w::EVENT) { div {
                            a href={ (PATH) "/" (webhook.id) } { strong { code { (webhook.event_type) } } }
                            div.meta { (webhook.url) }
                        } }
                        td role="cell" data-label=(w::STATE) { (state(webhook, fares)) }
                        td.end role="cell" data-label=(w::FAILED_24_H) { span { (fares.rate()) } }
                        td role="cell" data-label=(w::LAST_ANSWER) { (fares.last_answer(now)) }
                        td.end role="cell" data-label="" { span.line-up.nowrap { (quick(webhook)) } }
                    }
                }
            }
        }
    }
}

/// What is done to a webhook most often.
fn quick(webhook: &WebhookRow) -> Markup {
    let of = html! { span.hidden-text { (w::webhook(&display(webhook.id))) } };
    let at = |what: &str| format!("{PATH}/{}/{what}", webhook.id);
    html! {
        @if webhook.enabled {
            form method="post" action=(at("test")) { button.btn.btn-small { (w::test(&of)) } }
            form method="post" action=(at("pause")) { button.btn.btn-small { (w::pause(&of)) } }
        } @else {
            form method="post" action=(at("resume")) { button.btn.btn-small { (w::resume(&of)) } }
        }
    }
}
