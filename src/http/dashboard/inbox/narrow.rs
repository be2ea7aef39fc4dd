//! Narrowing the list down: views with their numbers, filters, and views that a teammate saved.

use maud::{Markup, html};

use super::INBOX_PATH;
use super::scene::{COUNT_MAX, List};
use super::view::{View, Wish};
use crate::http::dashboard::page::icon;
use crate::inbox::values::LABEL_CHARS_MAX;

/// Longest name of a saved view.
pub const VIEW_NAME_CHARS_MAX: usize = 40;

pub fn pane(wish: &Wish, list: &List) -> Markup {
    html! {
        nav.views aria-label="Views" data-live="views" {
            @for (view, _, name) in View::EVERY {
                a href=(wish.in_view(view).address(None)) aria-current=[(view == wish.view).then_some("page")] {
                    (name)
                    @if let Some((_, count)) = list.counts.iter().find(|(of, count)| *of == view && *count > 0) {
                        span.view-count { @if *count > COUNT_MAX { (COUNT_MAX) "+" } @else { (count) } }
                    }
                }
            }
            @for saved in &list.saved {
                @let place = format!("{INBOX_PATH}?{}", saved.query);
                a href=(place) aria-current=[(place == wish.address(None)).then_some("page")] { bdi { (saved.name) } }
            }
        }
        (filters(wish, list))
        @if !wish.is_plain_list() { (narrowed(wish, list)) }
    }
}

fn filters(wish: &Wish, list: &List) -> Markup {
    html! {
        details.filter-box {
            summary.btn.btn-small data-kind="plain" { (icon("tune")) "Filter" }
            form.stack method="get" action=(INBOX_PATH) {
                @if wish.view != View::default() { input type="hidden" name="view" value=(wish.view.word()); }
                @if !wish.name.is_empty() { input type="hidden" name="name" value=(wish.name); }
                label { "Label" input name="label" value=[wish.label.as_deref()] dir="auto" maxlength=(LABEL_CHARS_MAX) autocomplete="off"; }
                label { "Phone" input name="phone" value=(wish.phone) type="tel" autocomplete="off"; }
                @if list.accounts.len() > 1 {
                    label { "Account"
                        select name="account" {
                            option value="" { "Any" }
                            @for account in &list.accounts { option value=(account.id) selected[wish.account == Some(account.id)] { (account.name) } }
                        }
                    }
                }
                label { "Responsible"
                    select name="who" {
                        option value="" { "Anybody" }
                        @for teammate in list.teammates.iter().filter(|teammate| teammate.status == "active") {
                            option value=(teammate.id) selected[wish.who == Some(teammate.id)] { (teammate.display_name) }
                        }
                    }
                }
                label { "Kind"
                    select name="group" {
                        option value="" { "Contacts and groups" }
                        option value="false" selected[wish.group == Some(false)] { "Contacts" }
                        option value="true" selected[wish.group == Some(true)] { "Groups" }
                    }
                }
                label { "Read"
                    select name="read" {
                        option value="" { "Read and unread" }
                        option value="false" selected[wish.read == Some(false)] { "Unread" }
                        option value="true" selected[wish.read == Some(true)] { "Read" }
                    }
                }
                label { "Last message from" input name="since" type="date" value=[wish.since]; }
                label { "Last message until" input name="until" type="date" value=[wish.until]; }
                button.btn { "Show" }
            }
        }
    }
}

/// What the list is narrowed down to, the way back, and keeping it.
fn narrowed(wish: &Wish, list: &List) -> Markup {
    let who = wish.who.and_then(|who| list.teammates.iter().find(|teammate| teammate.id == who));
    let account = wish.account.and_then(|id| list.accounts.iter().find(|account| account.id == id));
    let query = wish.query();
    let saved = list.saved.iter().find(|saved| saved.query == query);
    html! {
        div.narrowed {
            @if let Some(label) = &wish.label { span { "Labelled " span.chip { bdi { (label) } } } }
            @if !wish.phone.is_empty() { span { "Phone with " (wish.phone) } }
            @if let Some(account) = account { span { "On " bdi { (account.name) } } }
            @if let Some(who) = who { span { "Of " bdi { (who.display_name) } } }
            @match wish.group { Some(true) => span { "Groups" }, Some(false) => span { "Contacts" }, None => {} }
            @match wish.read { Some(true) => span { "Read" }, Some(false) => span { "Unread" }, None => {} }
            @if let Some(day) = wish.since { span { "From " (day) } }
            @if let Some(day) = wish.until { span { "Until " (day) } }
            a href=(wish.without_filters().address(None)) { "Show all" }
            @match saved {
                Some(saved) => form method="post" action={ (INBOX_PATH) "/views/" (saved.id) "/delete" } {
                    button.btn.btn-small data-kind="plain" { "Forget " bdi { (saved.name) } }
                },
                None => form.line-up method="post" action={ (INBOX_PATH) "/views" } {
                    input type="hidden" name="query" value=(query);
                    input.small-field name="name" required maxlength=(VIEW_NAME_CHARS_MAX) dir="auto" aria-label="Name of this view" placeholder="Name this view" autocomplete="off";
                    button.btn.btn-small { "Save" }
                },
            }
        }
    }
}
