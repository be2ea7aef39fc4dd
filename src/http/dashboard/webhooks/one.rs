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
use crate::http::dashboard::words::webhooks as w;
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
        (replay_form(webhook, &beside.span, signed.who.workspace.kept_days, faults))
        (facts(&seen, &zone, now))
        section.card #deliveries aria-labelledby="deliveries-head" {
            header { h2 #deliveries-head { (w::DELIVERIES) } span.meta { (w::kept_for_days(&signed.who.workspace.kept_days)) } (picks(webhook, asked)) }
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
            button.btn type="button" popovertarget="replay" { (icon("again")) (w::REPLAY_A_RANGE) }
            form method="post" action=(at("pause")) { button.btn { (w::PAUSE) } }
        } @else {
            form method="post" action=(at("resume")) { button.btn data-kind="primary" { (w::RESUME) } }
        }
        details.more {
            summary.btn { (w::MORE) }
            div.more-body.stack.tight {
                form.stack.tight method="post" action=(at("rotate")) {
                    p.small { (w::THE_OLD_SECRET_SIGNS) }
                    button.btn.btn-small { (icon("again")) (w::ROTATE_THE_SECRET) }
                }
                form.stack.tight method="post" action=(at("delete")) {
                    p.small { (w::WHAT_WAITS_IS_NOT) }
                    button.btn.btn-small.danger { (icon("close")) (w::DELETE) }
                }
            }
        }
        @if webhook.enabled {
            form method="post" action=(at("test")) { button.btn data-kind="primary" { (icon("send")) (w::SEND_AN_EXAMPLE) } }
        }
    }
}

fn secret_card(webhook: &WebhookRow, secret: &str) -> Markup {
    html! {
        section.card aria-labelledby="fresh" data-settle={ (PATH) "/" (webhook.id) } {
            header { span.badge data-tone="accent" { (w::NEW) } h2 #fresh { (w::SIGNING_SECRET) } }
            div.card-body.stack.tight {
                (secret_field("secret", w::THE_SECRET, secret))
                p.small {
                    strong { (w::THIS_IS_THE_ONLY) } " "
                    span.muted { (w::YOUR_RECEIVER_VERIFIES_WITH) }
                    a href={ (crate::http::openapi::BASE_PATH) "/docs/guides/webhooks" } { (w::HOW_TO_VERIFY) }
                }
            }
        }
    }
}

fn facts(seen: &Seen, zone: &TimeZone, now: Time) -> Markup {
    let webhook = &seen.webhook;
    html! {
        @if !webhook.disabled_reason.is_empty() {
            p.banner data-tone="danger" { (icon("alert")) span { strong { (w::SWITCHED_OFF_BY_PARTYLINE) } (w::mend_the_receiver_then(&webhook.disabled_reason)) } }
        }
        section.card aria-label=(w::HOW_IT_FARES) {
            dl.tiles.card-body {
                div { dt { (w::STATE) } dd { (state(webhook, &seen.fares)) } }
                div { dt { (w::FAILED_24_H) } dd { (seen.fares.rate()) } }
                div { dt { (w::LAST_ANSWER) } dd { (seen.fares.last_answer(now)) } }
                div { dt { (w::MADE) } dd { (moment(webhook.created_at, zone)) } }
                @if webhook.secret_before_until > now {
                    div { dt { (w::OLD_SECRET_SIGNS_UNTIL) } dd { (moment(webhook.secret_before_until, zone)) } }
                }
                @if webhook.replay_next <= webhook.replay_last {
                    div { dt { (w::REPLAYING) } dd { (w::event_to(&webhook.replay_next, &webhook.replay_last)) } }
                }
            }
        }
    }
}

fn picks(webhook: &WebhookRow, asked: &Asked) -> Markup {
    let all = [(None, w::ALL)].into_iter();
    let names = [
        (DeliveryState::Waiting, w::WAITING),
        (DeliveryState::Delivered, w::DELIVERED),
        (DeliveryState::Failed, w::GIVEN_UP),
    ];
    html! {
        nav.picks.push aria-label=(w::FILTER_DELIVERIES) {
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
                @if asked.state.is_none() { strong { (w::NOTHING_DELIVERED_YET) } p { (w::SEND_AN_EXAMPLE_OR) code { (webhook.event_type) } "." } }
                @else { strong { (w::NONE_OF_THESE) } p { a href={ (PATH) "/" (webhook.id) "#deliveries" } { (w::SHOW_ALL) } } }
            }
        } @else {
            div.log-row.log-head aria-hidden="true" {
                @for name in [w::MADE, w::TRIES, w::EVENT, w::RESULT, w::NEXT_TRY, w::NUMBER] { span { (name) } }
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
                        span.num.muted { @if row.seq > 0 { (row.seq) } @else { (w::EXAMPLE) } }
                    } }
                }
            }
            nav.pager aria-label=(w::PAGES_OF_DELIVERIES) {
                span.meta { (w::shown(&seen.deliveries.len())) }
                @if !asked.before.is_empty() { a.btn.btn-small.push href={ (address) "#deliveries" } { (w::NEWEST) } }
                @if let Some(last) = seen.deliveries.last().filter(|_| seen.has_older) {
                    a.btn.btn-small.push href={ (address) "before=" (delivery_id(webhook, last.seq)) "#deliveries" } { (w::OLDER) }
                }
            }
        }
    }
}

fn next_try(row: &DeliveryRow, zone: &TimeZone, now: Time) -> String {
    if row.next_at <= now { w::NOW_2.to_owned() } else { formatted(row.next_at, zone, "%-d %b %H:%M") }
}

fn replay_form(webhook: &WebhookRow, span: &Span, kept_days: i64, faults: Faults<'_>) -> Markup {
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
            p.small.muted { (w::EVERY) code { (webhook.event_type) } (w::of_that_time_is(&kept_days)) }
            (field("from", w::FROM, &span.from, w::IN_THE_WORKSPACES_TIME))
            (field("to", w::UNTIL, &span.to, w::EMPTY_UNTIL_NOW))
            div.line-up {
                @if is_open { a.btn.push href={ (PATH) "/" (webhook.id) } { (w::CANCEL) } }
                @else { button.btn.push type="button" popovertarget="replay" popovertargetaction="hide" { (w::CANCEL) } }
                button.btn data-kind="primary" { (w::REPLAY) }
            }
        }
    };
    html! {
        @if is_open {
            section.card #replay aria-labelledby="replay-head" { header { h2 #replay-head { (w::REPLAY_A_RANGE) } } (body) }
        } @else if webhook.enabled {
            div.card.over #replay popover role="dialog" aria-labelledby="replay-head" { header { h2 #replay-head { (w::REPLAY_A_RANGE) } } (body) }
        }
    }
}
