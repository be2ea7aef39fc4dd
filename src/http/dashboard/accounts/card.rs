//! One account on the page: its state in words with the next step, the numbers that explain it, what can be done with it.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use transport::Kind;

use super::cloud::token_form;
use crate::accounts::cold::Room;
use crate::accounts::rehearse::LINE_WORDS;
use crate::accounts::words::{NextAction, Told, Weight};
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::frame::ACCOUNTS_PATH;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::time::{ago, moment};
use crate::store::account_cares::CareRow;
use crate::store::accounts::AccountRow;

/// An account with all that is told of it.
pub struct Entry {
    pub row: AccountRow,
    pub care: CareRow,
    pub told: Told,
    pub waiting: i64,
    /// Somebody links it again.
    pub is_linking: bool,
}

impl Entry {
    fn path(&self, what: &str) -> String {
        format!("{ACCOUNTS_PATH}/{}/{what}", self.row.id)
    }

    /// What changes when the card has news.
    fn mark(&self) -> String {
        let Told { health, until, reason, .. } = &self.told;
        let cold = self.told.cold.map_or(0, |cold| cold.sent);
        let (until, waiting, quality) = (until.map_or(0, Time::ms), self.waiting, &self.care.quality);
        format!("{}/{until}/{waiting}/{cold}/{quality}/{}/{}", health.as_str(), self.row.name, reason.len())
    }
}

pub fn card(entry: &Entry, may_manage: bool, refused: Option<&Error>, now: Time, zone: &TimeZone) -> Markup {
    let row = &entry.row;
    let title = format!("account-{}", row.id);
    html! {
        section.card aria-labelledby=(title) data-live=(title) data-mark=(entry.mark()) {
            header {
                div { h2 id=(title) { bdi { (row.name) } } p.meta.num { (row.phone) " · " (kind(row.transport)) } }
                span.push { (badge(&entry.told, zone)) }
            }
            div.card-body.stack {
                @if entry.told.weight != Weight::Well { (slip(entry, may_manage, zone)) }
                (facts(entry, now, zone))
            }
            @if may_manage { footer { (actions(entry, refused)) } }
        }
    }
}

const fn kind(transport: Kind) -> &'static str {
    match transport {
        Kind::Sandbox => "Sandbox, nothing leaves this server",
        Kind::Web => "Linked device",
        Kind::Cloud => "Cloud API",
    }
}

fn tone(weight: Weight) -> (&'static str, &'static str) {
    match weight {
        Weight::Well => ("success", "check"),
        Weight::Passing => ("warning", "clock"),
        Weight::Bad => ("danger", "alert"),
    }
}

fn badge(told: &Told, zone: &TimeZone) -> Markup {
    let (tone, drawing) = tone(told.weight);
    html! {
        span.badge data-tone=(tone) role="status" {
            (icon(drawing)) span { (told.title) @if let Some(until) = told.until { " until " (moment(until, zone)) } }
        }
    }
}

/// What happened, what it means, one step.
fn slip(entry: &Entry, may_manage: bool, zone: &TimeZone) -> Markup {
    let told = &entry.told;
    let (tone, drawing) = tone(told.weight);
    html! {
        div.banner data-tone=(tone) {
            (icon(drawing))
            p {
                strong { (told.meaning) } " "
                @if !told.reason.is_empty() { bdi { (told.reason) } ". " }
                @if let Some(until) = told.until { "It ends by itself on " (moment(until, zone)) ". " }
                @else if let Some(deadline) = told.deadline.filter(|_| told.next == NextAction::Wait) {
                    "If it lasts until " (moment(deadline, zone)) ", somebody is asked to look. "
                }
            }
            @if may_manage { (next_step(entry)) }
        }
    }
}

fn next_step(entry: &Entry) -> Markup {
    let go = |action: &str, label: &str| {
        html! { form method="post" action=(entry.path(action)) { button.btn.btn-small data-kind="primary" { (label) } } }
    };
    let linking = html! {
        a.btn.btn-small data-kind="primary" href={ (ACCOUNTS_PATH) "/linking/" (entry.row.id) } { "Go on linking" }
    };
    match entry.told.next {
        _ if entry.is_linking => linking,
        NextAction::FinishLinking => linking,
        NextAction::LinkAgain if entry.row.transport == Kind::Cloud => html! {},
        NextAction::LinkAgain => go("link", "Link again"),
        NextAction::TryAgain => go("again", "Try again"),
        NextAction::NewToken if entry.row.transport == Kind::Sandbox => go("again", "Try again"),
        NextAction::NewToken | NextAction::None | NextAction::Wait | NextAction::SlowDown => html! {},
    }
}

fn facts(entry: &Entry, now: Time, zone: &TimeZone) -> Markup {
    let Entry { row, care, told, waiting, .. } = entry;
    html! {
        dl.facts {
            dt { "Waiting to go" } dd.num { @if *waiting == 0 { "Nothing" } @else { (waiting) @if *waiting == 1 { " message" } @else { " messages" } } }
            dt { "To people who never wrote" } dd { (cold(told.cold.as_ref())) }
            @if !care.quality.is_empty() {
                dt { "Quality" }
                dd { (care.quality) ", " span.muted { "as WhatsApp said " (ago(care.quality_at, now)) } }
            }
            dt { "Pause between sends" }
            dd { @match care.pacing_ms { Some(ms) => { (seconds(ms)) " s on average" }, None => { "As the workspace has it" } } }
            dt { "Linked" } dd { (moment(row.linked_at, zone)) }
            @if !row.unlinked_at.is_never() { dt { "Unlinked" } dd { (moment(row.unlinked_at, zone)) } }
            @else if let Some(since) = told.since.filter(|_| told.weight != Weight::Well) {
                dt { (told.title) " since" } dd { (ago(since, now)) }
            }
        }
    }
}

fn cold(cold: Option<&Room>) -> Markup {
    let Some(Room { cap, day, sent, .. }) = cold else { return html! { "No cap" } };
    let today = cap.on_day(day.number);
    let label = format!("{sent} of {today} sent today to people who never wrote");
    html! {
        span.num { (sent) " of " (today) " today" }
        @if today < cap.per_day { span.muted { ", warming up to " (cap.per_day) } }
        div.meter role="meter" aria-label=(label) aria-valuemin="0" aria-valuemax=(today) aria-valuenow=((*sent).min(today)) {
            svg viewBox={ "0 0 " (today) " 1" } preserveAspectRatio="none" aria-hidden="true" { rect width=((*sent).min(today)) height="1" {} }
        }
    }
}

/// Thousandths of a second as people write seconds.
fn seconds(ms: i64) -> String {
    if ms % 1_000 == 0 { (ms / 1_000).to_string() } else { format!("{:.1}", ms as f64 / 1_000.0) }
}

fn actions(entry: &Entry, refused: Option<&Error>) -> Markup {
    let row = &entry.row;
    html! {
        details.more {
            summary.btn.btn-small { "Name" span.hidden-text { " of " (row.name) } }
            form.more-body.stack.tight method="post" action=(entry.path("rename")) {
                @let field = format!("name-{}", row.id);
                label.small for=(field) { "Name" }
                input id=(field) name="name" type="text" value=(row.name) dir="auto" required maxlength="80";
                button.btn.btn-small { "Rename" }
            }
        }
        @if row.unlinked_at.is_never() {
            details.more { summary.btn.btn-small { "Pacing and caps" span.hidden-text { " of " (row.name) } } (manner(entry)) }
            @if row.transport == Kind::Cloud {
                details.more open[refused.is_some()] {
                    summary.btn.btn-small { "New token" span.hidden-text { " for " (row.name) } }
                    div.more-body { (token_form(row.id, refused)) }
                }
            }
            @if row.transport == Kind::Sandbox {
                details.more { summary.btn.btn-small { "Rehearse" span.hidden-text { " with " (row.name) } } (rehearsal(entry)) }
            }
            details.more.push {
                summary.btn.btn-small.danger { "Unlink" span.hidden-text { " " (row.name) } }
                form.more-body.stack.tight method="post" action=(entry.path("unlink")) {
                    p.small { "Nothing goes or comes by this number any more. Its chats stay; what waits goes once it is linked again." }
                    button.btn.btn-small.danger { "Unlink it now" }
                }
            }
        }
    }
}

fn manner(entry: &Entry) -> Markup {
    let care = &entry.care;
    let text = |set: Option<i64>| set.map(|number| number.to_string()).unwrap_or_default();
    let fields = [
        ("pacing_ms", "Mean pause between sends, ms", text(care.pacing_ms), "Empty: as the workspace has it."),
        (
            "cold_per_day",
            "A day to people who never wrote",
            text(care.cold_per_day),
            "Empty: as usual for its kind. 0: no cap.",
        ),
        ("warm_up_days", "Days to warm up", text(care.warm_up_days), "The cap grows over these, from linking on."),
    ];
    html! {
        form.more-body.stack.tight method="post" action=(entry.path("manner")) {
            @for (name, label, value, about) in fields {
                @let field = format!("{name}-{}", entry.row.id);
                div.field {
                    label for=(field) { (label) }
                    input id=(field) name=(name) type="number" inputmode="numeric" min="0" value=(value) aria-describedby={ (field) "-about" };
                    p.meta id={ (field) "-about" } { (about) }
                }
            }
            p.meta { "What is above the cap is accepted, waits for a day with room, and says which." }
            button.btn.btn-small { "Save" }
        }
    }
}

fn rehearsal(entry: &Entry) -> Markup {
    let field = format!("scene-{}", entry.row.id);
    html! {
        form.more-body.stack.tight method="post" action=(entry.path("play")) {
            label.small for=(field) { "What befalls this number, for a minute" }
            select id=(field) name="scene" {
                @for word in LINE_WORDS { option value=(word) { (word.replace('_', " ")) } }
            }
            button.btn.btn-small { "Rehearse it" }
        }
    }
}
