//! A webhook's page: what it is, how it fares, its deliveries, and the one that is open.

use axum::extract::{RawQuery, State};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::PATH;
use super::act::Span;
use super::delivery::{Opened, badge, drawer};
use super::seen::{Fares, state};
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, about};
use crate::http::dashboard::frame::{Done, Here, Page, head};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::secret::secret_field;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{formatted, moment};
use crate::http::dashboard::words::WEBHOOKS;
use crate::http::fields::Fields;
use crate::id::{WebhookId, WorkspaceId};
use crate::store::webhook_deliveries::{DeliveryRow, DeliveryState, delivery_list};
use crate::store::webhooks::{WebhookRow, webhook_find};
use crate::webhooks::{delivery_id, seq_of, unknown_webhook};
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

const ROWS: i64 = 50;
/// Without script the page asks again after so many seconds while an attempt is under way.
const LOOK_EVERY_S: u32 = 2;

/// What the address asks of the deliveries. What can't be read asks nothing.
#[derive(Clone, Default)]
pub struct Asked {
    state: Option<DeliveryState>,
    before: String,
    delivery: String,
}

impl Asked {
    fn read(query: &str) -> Asked {
        let mut fields = Fields::from_query(query).unwrap_or_default();
        let mut text = |name| fields.text(name).unwrap_or_default();
        let state = text("state");
        Asked {
            state: DeliveryState::ALL.into_iter().find(|known| known.as_str() == state),
            before: text("before"),
            delivery: text("delivery"),
        }
    }

    /// The address of the list as it is asked for, to which a delivery or a page is added.
    fn address(&self, webhook: &WebhookRow) -> String {
        let state = self.state.map(|state| format!("state={}&", state.as_str())).unwrap_or_default();
        format!("{PATH}/{}?{state}", webhook.id)
    }
}

/// Everything the page is made of, from one look.
struct Seen {
    webhook: WebhookRow,
    fares: Fares,
    deliveries: Vec<DeliveryRow>,
    has_older: bool,
    open: Option<Opened>,
}

/// What stands on the page beside what is always there.
#[derive(Default)]
struct Beside<'b> {
    secret: Option<&'b str>,
    span: Span,
    faults: &'b [FieldFault],
}

pub async fn show(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    done: Done,
    RawQuery(query): RawQuery,
) -> Shown {
    signed.ensure(Right::ManageWebhooks)?;
    let asked = Asked::read(&query.unwrap_or_default());
    let page = Page::new(Here::Webhooks, WEBHOOKS).with(&done);
    shown(&desk, &signed, page, id, &asked, &Beside::default()).await
}

/// The page of a webhook whose secret has just been made.
pub async fn with_secret(desk: &Desk, signed: &Signed, page: Page<'_>, id: i64, secret: &str) -> Shown {
    shown(desk, signed, page, id, &Asked::default(), &Beside { secret: Some(secret), ..Beside::default() }).await
}

/// The page with what is wrong about the range that should have been replayed.
pub async fn with_faults(desk: &Desk, signed: &Signed, id: i64, span: &Span, faults: &[FieldFault]) -> Shown {
    let beside = Beside { span: span.clone(), faults, secret: None };
    shown(desk, signed, Page::new(Here::Webhooks, WEBHOOKS), id, &Asked::default(), &beside).await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, id: i64, asked: &Asked, beside: &Beside<'_>) -> Shown {
    let (workspace, now, wish) = (signed.who.workspace.id, desk.app.clock.now(), asked.clone());
    let seen = desk.app.read(move |tx| look(tx, workspace, WebhookId(id), &wish, now)).await?;
    let zone = stored_zone(&signed.who.workspace.zone);
    let webhook = &seen.webhook;
    let faults = Faults(beside.faults);
    let content = html! {
        p.back { a href=(PATH) { (icon("back")) (WEBHOOKS) } }
        (head(&webhook.event_type, &webhook.url, &actions(webhook)))
        @if let Some(secret) = beside.secret { (secret_card(webhook, secret)) }
        (replay_form(webhook, &beside.span, faults))
        (facts(&seen, &zone, now))
        section.card #deliveries aria-labelledby="deliveries-head" {
            header { h2 #deliveries-head { "Deliveries" } span.meta { "Kept for 30 days" } (picks(webhook, asked)) }
            div.split {
                div.log-list { (rows(&seen, asked, &zone, now)) }
                @if let Some(open) = &seen.open { (drawer(desk, webhook, open, &asked.address(webhook), &zone, now)) }
            }
        }
    };
    let is_under_way = seen.open.as_ref().is_some_and(|open| open.is_under_way(now));
    let refresh_s = is_under_way.then_some(LOOK_EVERY_S);
    Ok(Page { status: faults.status(), refresh_s, ..page }.show(signed, &content))
}

fn look(
    tx: &mut database::Snapshot<'_>,
    workspace: WorkspaceId,
    id: WebhookId,
    asked: &Asked,
    now: Time,
) -> Result<Seen, Error> {
    let webhook = webhook_find(tx, workspace, id)?.ok_or_else(unknown_webhook)?;
    let before = seq_of(&webhook, &asked.before).unwrap_or(i64::MAX);
    let mut deliveries = delivery_list(tx, workspace, id, before, asked.state, ROWS + 1)?;
    let has_older = i64::try_from(deliveries.len()).is_ok_and(|rows| rows > ROWS);
    deliveries.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let open = match seq_of(&webhook, &asked.delivery) {
        Some(seq) => Opened::read(tx, workspace, id, seq)?,
        None => None,
    };
    Ok(Seen { fares: Fares::of(tx, workspace, &webhook, now)?, webhook, deliveries, has_older, open })
}

fn actions(webhook: &WebhookRow) -> Markup {
    let at = |what: &str| format!("{PATH}/{}/{what}", webhook.id);
    html! {
        @if webhook.enabled {
            button.btn type="button" popovertarget="replay" { (icon("again")) "Replay a range" }
            form method="post" action=(at("pause")) { button.btn { "Pause" } }
        } @else {
            form method="post" action=(at("resume")) { button.btn data-kind="primary" { "Resume" } }
        }
        details.more {
            summary.btn { "More" }
            div.more-body.stack.tight {
                form.stack.tight method="post" action=(at("rotate")) {
                    p.small { "The old secret signs beside the new one for 24 hours." }
                    button.btn.btn-small { (icon("again")) "Rotate the secret" }
                }
                form.stack.tight method="post" action=(at("delete")) {
                    p.small { "What waits is not delivered any more." }
                    button.btn.btn-small.danger { (icon("close")) "Delete" }
                }
            }
        }
        @if webhook.enabled {
            form method="post" action=(at("test")) { button.btn data-kind="primary" { (icon("send")) "Send an example" } }
        }
    }
}

fn secret_card(webhook: &WebhookRow, secret: &str) -> Markup {
    html! {
        section.card aria-labelledby="fresh" data-settle={ (PATH) "/" (webhook.id) } {
            header { span.badge data-tone="accent" { "New" } h2 #fresh { "Signing secret" } }
            div.card-body.stack.tight {
                (secret_field("secret", "The secret", secret))
                p.small {
                    strong { "This is the only time it is shown." } " "
                    span.muted { "Your receiver verifies with it that a request is ours, by any library of Standard Webhooks. " }
                    a href={ (crate::http::openapi::BASE_PATH) "/docs/guides/webhooks" } { "How to verify" }
                }
            }
        }
    }
}

fn facts(seen: &Seen, zone: &TimeZone, now: Time) -> Markup {
    let webhook = &seen.webhook;
    html! {
        @if !webhook.disabled_reason.is_empty() {
            p.banner data-tone="danger" { (icon("alert")) span { strong { "Switched off by Partyline. " } (webhook.disabled_reason) " Mend the receiver, then resume; what was missed can be replayed." } }
        }
        section.card aria-label="How it fares" {
            dl.tiles.card-body {
                div { dt { "State" } dd { (state(webhook, &seen.fares)) } }
                div { dt { "Failed, 24 h" } dd { (seen.fares.rate()) } }
                div { dt { "Last answer" } dd { (seen.fares.last_answer(now)) } }
                div { dt { "Made" } dd { (moment(webhook.created_at, zone)) } }
                @if webhook.secret_before_until > now {
                    div { dt { "Old secret signs until" } dd { (moment(webhook.secret_before_until, zone)) } }
                }
                @if webhook.replay_next <= webhook.replay_last {
                    div { dt { "Replaying" } dd { "event " (webhook.replay_next) " to " (webhook.replay_last) } }
                }
            }
        }
    }
}

fn picks(webhook: &WebhookRow, asked: &Asked) -> Markup {
    let all = [(None, "All")].into_iter();
    let names = [
        (DeliveryState::Waiting, "Waiting"),
        (DeliveryState::Delivered, "Delivered"),
        (DeliveryState::Failed, "Given up"),
    ];
    html! {
        nav.picks.push aria-label="Filter deliveries" {
            @for (state, name) in all.chain(names.map(|(state, name)| (Some(state), name))) {
                @let to = Asked { state, ..Asked::default() };
                a href={ (to.address(webhook)) "#deliveries" } aria-current=[(state == asked.state).then_some("true")] { (name) }
            }
        }
    }
}

fn rows(seen: &Seen, asked: &Asked, zone: &TimeZone, now: Time) -> Markup {
    let (webhook, address) = (&seen.webhook, asked.address(&seen.webhook));
    let open = seen.open.as_ref().map(|open| open.row.seq);
    let before = if asked.before.is_empty() { String::new() } else { format!("before={}&", asked.before) };
    html! {
        @if seen.deliveries.is_empty() {
            div.empty {
                @if asked.state.is_none() { strong { "Nothing delivered yet" } p { "Send an example, or wait for the first " code { (webhook.event_type) } "." } }
                @else { strong { "None of these" } p { a href={ (PATH) "/" (webhook.id) "#deliveries" } { "Show all" } } }
            }
        } @else {
            div.log-row.log-head aria-hidden="true" {
                @for name in ["Made", "Tries", "Event", "Result", "Next try", "Number"] { span { (name) } }
            }
            ol {
                @for row in &seen.deliveries {
                    @let id = delivery_id(webhook, row.seq);
                    li { a.log-row href={ (address) (before) "delivery=" (id) "#delivery" } aria-current=[(open == Some(row.seq)).then_some("true")] {
                        time { (formatted(row.created_at, zone, "%-d %b %H:%M:%S")) }
                        span.verb { "#" (row.attempts) }
                        code.clip { (row.event_type) }
                        span { (badge(row)) }
                        span.clip.muted { @if row.state == DeliveryState::Waiting { (next_try(row, zone, now)) } }
                        span.num.muted { @if row.seq > 0 { (row.seq) } @else { "Example" } }
                    } }
                }
            }
            nav.pager aria-label="Pages of deliveries" {
                span.meta { (seen.deliveries.len()) " shown" }
                @if !asked.before.is_empty() { a.btn.btn-small.push href={ (address) "#deliveries" } { "Newest" } }
                @if let Some(last) = seen.deliveries.last().filter(|_| seen.has_older) {
                    a.btn.btn-small.push href={ (address) "before=" (delivery_id(webhook, last.seq)) "#deliveries" } { "Older" }
                }
            }
        }
    }
}

fn next_try(row: &DeliveryRow, zone: &TimeZone, now: Time) -> String {
    if row.next_at <= now { "Now".to_owned() } else { formatted(row.next_at, zone, "%-d %b %H:%M") }
}

fn replay_form(webhook: &WebhookRow, span: &Span, faults: Faults<'_>) -> Markup {
    let is_open = !faults.0.is_empty();
    let field = |name: &str, label: &str, value: &str, purpose: &str| {
        let about_id = format!("{name}-about");
        html! {
            div.field {
                label for=(name) { (label) }
                input id=(name) name=(name) type="datetime-local" value=(value) aria-describedby=(about_id) aria-invalid=[faults.of(name).map(|_| "true")];
                (about(&about_id, faults.of(name), purpose))
            }
        }
    };
    let body = html! {
        form.card-body.stack method="post" action={ (PATH) "/" (webhook.id) "/replay" } {
            p.small.muted { "Every " code { (webhook.event_type) } " of that time is delivered, also what was delivered before, under the same id. Events are kept for 30 days." }
            (field("from", "From", &span.from, "In the workspace's time zone."))
            (field("to", "Until", &span.to, "Empty: until now."))
            div.line-up {
                @if is_open { a.btn.push href={ (PATH) "/" (webhook.id) } { "Cancel" } }
                @else { button.btn.push type="button" popovertarget="replay" popovertargetaction="hide" { "Cancel" } }
                button.btn data-kind="primary" { "Replay" }
            }
        }
    };
    html! {
        @if is_open {
            section.card #replay aria-labelledby="replay-head" { header { h2 #replay-head { "Replay a range" } } (body) }
        } @else if webhook.enabled {
            div.card.over #replay popover role="dialog" aria-labelledby="replay-head" { header { h2 #replay-head { "Replay a range" } } (body) }
        }
    }
}
