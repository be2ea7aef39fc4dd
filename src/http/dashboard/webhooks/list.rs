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
use crate::store::webhooks::{WebhookRow, webhook_list};
use crate::webhooks::WEBHOOKS_MAX;
use crate::workspace::permissions::Right;

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
    let purpose = "Your systems hear what happens: each event is posted to an address of yours, signed, tried again for \
                   three days where nobody answers, and kept here.";
    let faults = Faults(faults);
    let content = html! {
        (head(WEBHOOKS, purpose, &html! {
            @if !is_asking && webhooks.len() < WEBHOOKS_MAX {
                button.btn type="button" data-kind="primary" popovertarget="new-webhook" { (icon("plus")) "Add webhook" }
            }
        }))
        (form(given, faults, is_asking))
        section.card aria-labelledby="webhooks" {
            header { h2 #webhooks { "Addresses" } span.meta { (webhooks.len()) " of " (WEBHOOKS_MAX) } }
            @if webhooks.is_empty() {
                div.empty {
                    (icon("hook"))
                    strong { "Nobody listens yet" }
                    p { "Add the address of a system of yours, and send it an example to see what it gets." }
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
                @for name in ["Event and address", "State"] { th scope="col" role="columnheader" { (name) } }
                th.end scope="col" role="columnheader" { "Failed, 24 h" }
                th scope="col" role="columnheader" { "Last answer" }
                th scope="col" role="columnheader" { span.hidden-text { "Actions" } }
            } }
            tbody role="rowgroup" {
                @for (webhook, fares) in webhooks {
                    tr role="row" {
                        td role="cell" data-label="Event" { div {
                            a href={ (PATH) "/" (webhook.id) } { strong { code { (webhook.event_type) } } }
                            div.meta { (webhook.url) }
                        } }
                        td role="cell" data-label="State" { (state(webhook, fares)) }
                        td.end role="cell" data-label="Failed, 24 h" { span { (fares.rate()) } }
                        td role="cell" data-label="Last answer" { (fares.last_answer(now)) }
                        td.end role="cell" data-label="" { span.line-up.nowrap { (quick(webhook)) } }
                    }
                }
            }
        }
    }
}

/// What is done to a webhook most often.
fn quick(webhook: &WebhookRow) -> Markup {
    let of = html! { span.hidden-text { " webhook " (webhook.id) } };
    let at = |what: &str| format!("{PATH}/{}/{what}", webhook.id);
    html! {
        @if webhook.enabled {
            form method="post" action=(at("test")) { button.btn.btn-small { "Test" (of) } }
            form method="post" action=(at("pause")) { button.btn.btn-small { "Pause" (of) } }
        } @else {
            form method="post" action=(at("resume")) { button.btn.btn-small { "Resume" (of) } }
        }
    }
}
