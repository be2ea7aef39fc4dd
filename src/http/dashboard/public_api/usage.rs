//! How much of the quotas is used in this cycle, and what that will come to.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::INCREASE_PATH;
use super::increase::state_badge;
use crate::clock::Time;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::Signed;
use crate::http::dashboard::time::{formatted, grouped};
use crate::http::dashboard::words::REQUEST_AN_INCREASE;
use crate::http::dashboard::words::public_api as w;
use crate::store::limit_requests::LimitRequestRow;
use crate::workspace::permissions::Right;
use crate::workspace::usage::{QuotaUse, Usage};
use crate::workspace::zone::stored_zone;

/// Where a quota begins to warn, in percent.
const NEARLY_PERCENT: i64 = 80;
/// The chart's height in its own units; a column is ten wide with its gap.
const CHART_HEIGHT: i64 = 100;

pub fn card(usage: &Usage, signed: &Signed, request: Option<&LimitRequestRow>) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let last = Time::from_ms(usage.cycle.ends_at.ms() - 1);
    let day = |at: Time| formatted(at, &zone, "%-d %b");
    html! {
        section.card aria-labelledby="usage" data-live="usage" {
            header {
                h2 #usage { (w::THIS_CYCLE) }
                span.meta.push {
                    (w::to_resets(&day(usage.cycle.starts_at), &day(last), &formatted(usage.cycle.ends_at, &zone, "%a %-d %b %H:%M"), &place(&signed.who.workspace.zone)))
                }
            }
            div.card-body.stack {
                (quota(w::API_CALLS, &usage.calls, None, &zone))
                (chart(w::API_CALLS_PER_DAY, &usage.days.iter().map(|day| (day.date, day.calls)).collect::<Vec<_>>(), usage.today))
                (quota(w::MASS_SENDING_CREDITS, &usage.credits, Some(usage.topped_up), &zone))
                (chart(w::CREDITS_PER_DAY, &usage.days.iter().map(|day| (day.date, day.credits)).collect::<Vec<_>>(), usage.today))
            }
            footer {
                span.small { span.muted { (w::RATE) } (w::of_in_the_last(&grouped(usage.rate_used), &grouped(usage.rate_limit))) }
                @if signed.may(Right::ManageTokens) { (increase(request)) }
            }
        }
    }
}

/// `Europe/Lisbon` is Lisbon to whoever lives there.
fn place(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

fn quota(name: &str, quota: &QuotaUse, topped_up: Option<i64>, zone: &TimeZone) -> Markup {
    let left = (quota.limit - quota.used).max(0);
    let percent = |of: i64| (of.saturating_mul(100) / quota.limit.max(1)).clamp(0, 100);
    let used = percent(quota.used);
    let tone = (used >= NEARLY_PERCENT || quota.runs_out_at.is_some()).then_some("warning");
    html! {
        div.stack.tight data-tone=[tone] {
            div.line-up {
                h3.muted.small { (name) }
                span.meta.push {
                    (w::left_of(&grouped(left), &grouped(quota.limit)))
                    @if let Some(more) = topped_up.filter(|more| *more > 0) { (w::and_topped_up(&grouped(more))) }
                }
            }
            div.line-up {
                span.big { (grouped(quota.used)) } span.muted.small { (w::USED) }
                @if used >= NEARLY_PERCENT { span.badge.push data-tone="warning" { (icon("alert")) (used) " %" } }
                @else { span.meta.push { @match quota.forecast { Some(forecast) => (w::about_by_the_reset(&grouped(forecast))), None => (w::TOO_EARLY_FOR_A_FORECAST) } } }
            }
            div.meter role="meter" aria-label={ (w::used(&name)) } aria-valuemin="0" aria-valuemax=(quota.limit) aria-valuenow=(quota.used) {
                svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" {
                    @if let Some(forecast) = quota.forecast { rect.soon width=(percent(forecast)) height="1" {} }
                    rect width=(used) height="1" {}
                }
            }
            @if let Some(at) = quota.runs_out_at {
                p.small { (w::AT_THIS_PACE_ALL) strong { (formatted(at, zone, "%a %-d %b")) } (w::BEFORE_THE_RESET) }
            }
        }
    }
}

/// A column per day of the cycle; days to come are a line on the ground.
fn chart(name: &str, days: &[(Date, i64)], today: Date) -> Markup {
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let now = days.iter().find(|(date, _)| *date == today).map_or(0, |(_, count)| *count);
    let total: i64 = days.iter().map(|(_, count)| count).sum();
    let width = days.len() * 10;
    let label = w::chart(name, &grouped(total), &grouped(most.min(total)), &grouped(now));
    let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else { return html! {} };
    if total == 0 {
        return html! { p.meta { (w::NONE_SO_FAR_IN) } };
    }
    html! {
        figure {
            svg.chart viewBox={ "0 0 " (width) " " (CHART_HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
                @for (at, (date, count)) in days.iter().enumerate() {
                    @let height = if *count > 0 { (count * CHART_HEIGHT / most).max(2) } else { 1 };
                    rect class=[(*count == 0).then_some("none")] x=(at * 10 + 1) y=(CHART_HEIGHT - height) width="8" height=(height) rx="0.6" {
                        title { (short(*date)) ": " (grouped(*count)) }
                    }
                }
            }
            figcaption.line-up.meta {
                span { (short(*first)) } span.push { (w::today_so_far(&grouped(now))) } span.push { (short(*last)) }
            }
        }
    }
}

fn short(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// The way to more, and how far the last request is.
fn increase(request: Option<&LimitRequestRow>) -> Markup {
    html! {
        span.line-up.push {
            @if let Some(request) = request { (state_badge(request.state)) }
            a.btn href=(INCREASE_PATH) { (REQUEST_AN_INCREASE) }
        }
    }
}
