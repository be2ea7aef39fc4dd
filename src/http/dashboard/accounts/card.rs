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
use crate::http::dashboard::words::accounts as w;
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
        let reach = self.care.reach.unwrap_or(-1);
        format!("{}/{until}/{waiting}/{cold}/{quality}/{reach}/{}/{}", health.as_str(), self.row.name, reason.len())
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
        Kind::Sandbox => w::SANDBOX_NOTHING_LEAVES_THIS,
        Kind::Web => w::BY_A_PHONE,
        Kind::Cloud => w::CLOUD_API,
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
            (icon(drawing)) span { (told.title) @if let Some(until) = told.until { (w::until(&moment(until, zone))) } }
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
                @if let Some(until) = told.until { (w::it_ends_by_itself(&moment(until, zone))) }
                @else if let Some(deadline) = told.deadline.filter(|_| told.next == NextAction::Wait) {
                    (w::if_it_lasts_until(&moment(deadline, zone)))
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
        a.btn.btn-small data-kind="primary" href={ (ACCOUNTS_PATH) "/linking/" (entry.row.id) } { (w::GO_ON_LINKING) }
    };
    match entry.told.next {
        _ if entry.is_linking => linking,
        NextAction::FinishLinking => linking,
        NextAction::LinkAgain if entry.row.transport == Kind::Cloud => html! {},
        NextAction::LinkAgain => go("link", w::LINK_AGAIN),
        NextAction::TryAgain => go("again", w::TRY_AGAIN),
        NextAction::NewToken if entry.row.transport == Kind::Sandbox => go("again", w::TRY_AGAIN),
        NextAction::NewToken | NextAction::None | NextAction::Wait | NextAction::SlowDown => html! {},
    }
}

fn facts(entry: &Entry, now: Time, zone: &TimeZone) -> Markup {
    let Entry { row, care, told, waiting, .. } = entry;
    html! {
        dl.facts {
            dt { (w::WAITING_TO_GO) } dd.num { @if *waiting == 0 { (w::NOTHING) } @else { (waiting) @if *waiting == 1 { (w::MESSAGE) } @else { (w::MESSAGES) } } }
            dt { (w::TO_PEOPLE_WHO_NEVER) } dd { (cold(told.cold.as_ref())) }
            @if !care.quality.is_empty() {
                dt { (w::QUALITY) }
                dd { (care.quality) ", " span.muted { (w::as_whatsapp_said(&ago(care.quality_at, now))) } }
            }
            @if let Some(people) = care.reach {
                dt { (w::MESSAGING_LIMIT) }
                dd { @if people > 0 { (w::people_a_day(&people)) } @else { (w::ANY_NUMBER_OF_PEOPLE) } }
            }
            @if let Some(speed) = care.per_second.or(told.sends_per_second) {
                dt { (w::AT_MOST) } dd.num { (w::messages_a_second(&speed)) }
            }
            dt { (w::PAUSE_BETWEEN_SENDS) }
            dd { @match care.pacing_ms { Some(ms) => { (w::s_on_average(&seconds(ms))) }, None => { (w::AS_THE_WORKSPACE_HAS) } } }
            dt { (w::LINKED) } dd { (moment(row.linked_at, zone)) }
            @if !row.unlinked_at.is_never() { dt { (w::UNLINKED) } dd { (moment(row.unlinked_at, zone)) } }
            @else if let Some(since) = told.since.filter(|_| told.weight != Weight::Well) {
                dt { (w::since(&told.title)) } dd { (ago(since, now)) }
            }
        }
    }
}

fn cold(cold: Option<&Room>) -> Markup {
    let Some(Room { cap, day, sent, .. }) = cold else { return html! { (w::NO_CAP) } };
    let today = cap.on_day(day.number);
    let label = w::sent_today(*sent, today);
    html! {
        span.num { (w::of_today(&sent, &today)) }
        @if today < cap.per_day { span.muted { (w::warming_up_to(&cap.per_day)) } }
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
            summary.btn.btn-small { (w::NAME) span.hidden-text { (w::of_words(&row.name)) } }
            form.more-body.stack.tight method="post" action=(entry.path("rename")) {
                @let field = format!("name-{}", row.id);
                label.small for=(field) { (w::NAME) }
                input id=(field) name="name" type="text" value=(row.name) dir="auto" required maxlength="80";
                button.btn.btn-small { (w::RENAME) }
            }
        }
        @if row.unlinked_at.is_never() {
            details.more { summary.btn.btn-small { (w::PACING_AND_CAPS) span.hidden-text { (w::of_words(&row.name)) } } (manner(entry)) }
            @if row.transport == Kind::Cloud {
                details.more open[refused.is_some()] {
                    summary.btn.btn-small { (w::NEW_TOKEN) span.hidden-text { (w::for_words(&row.name)) } }
                    div.more-body { (token_form(row.id, refused)) }
                }
            }
            @if row.transport == Kind::Sandbox {
                details.more { summary.btn.btn-small { (w::REHEARSE) span.hidden-text { (w::with(&row.name)) } } (rehearsal(entry)) }
            }
            details.more.push {
                summary.btn.btn-small.danger { (w::UNLINK) span.hidden-text { " " (row.name) } }
                form.more-body.stack.tight method="post" action=(entry.path("unlink")) {
                    p.small { (w::NOTHING_GOES_OR_COMES) }
                    button.btn.btn-small.danger { (w::UNLINK_IT_NOW) }
                }
            }
        }
    }
}

fn manner(entry: &Entry) -> Markup {
    let care = &entry.care;
    let text = |set: Option<i64>| set.map(|number| number.to_string()).unwrap_or_default();
    let fields = [
        ("pacing_ms", w::MEAN_PAUSE_BETWEEN_SENDS, text(care.pacing_ms), w::EMPTY_AS_THE_WORKSPACE),
        ("cold_per_day", w::A_DAY_TO_PEOPLE, text(care.cold_per_day), w::EMPTY_AS_USUAL_FOR),
        ("warm_up_days", w::DAYS_TO_WARM_UP, text(care.warm_up_days), w::THE_CAP_GROWS_OVER),
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
            p.meta { (w::WHAT_IS_ABOVE_THE) }
            button.btn.btn-small { (w::SAVE) }
        }
    }
}

fn rehearsal(entry: &Entry) -> Markup {
    let field = format!("scene-{}", entry.row.id);
    html! {
        form.more-body.stack.tight method="post" action=(entry.path("play")) {
            label.small for=(field) { (w::WHAT_BEFALLS_THIS_NUMBER) }
            select id=(field) name="scene" {
                @for word in LINE_WORDS { option value=(word) { (word.replace('_', " ")) } }
            }
            button.btn.btn-small { (w::REHEARSE_IT) }
        }
    }
}
