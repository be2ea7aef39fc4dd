//! Narrowing the list down: views with their numbers, filters, and views that a teammate saved.

use maud::{Markup, html};

use super::INBOX_PATH;
use super::scene::{COUNT_MAX, List};
use super::view::{View, Wish};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::words::inbox as w;
use crate::inbox::values::LABEL_CHARS_MAX;

/// Longest name of a saved view.
pub const VIEW_NAME_CHARS_MAX: usize = 40;

pub fn pane(wish: &Wish, list: &List) -> Markup {
    html! {
        nav.views aria-label=(w::VIEWS) data-live="views" {
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
            summary.btn.btn-small data-kind="plain" { (icon("tune")) (w::FILTER) }
            form.stack method="get" action=(INBOX_PATH) {
                @if wish.view != View::default() { input type="hidden" name="view" value=(wish.view.word()); }
                @if !wish.name.is_empty() { input type="hidden" name="name" value=(wish.name); }
                label { (w::LABEL) input name="label" value=[wish.label.as_deref()] dir="auto" maxlength=(LABEL_CHARS_MAX) autocomplete="off"; }
                label { (w::PHONE) input name="phone" value=(wish.phone) type="tel" autocomplete="off"; }
                @if list.accounts.len() > 1 {
                    label { (w::ACCOUNT)
                        select name="account" {
                            option value="" { (w::ANY) }
                            @for account in &list.accounts { option value=(account.id) selected[wish.account == Some(account.id)] { (account.name) } }
                        }
                    }
                }
                label { (w::RESPONSIBLE)
                    select name="who" {
                        option value="" { (w::ANYBODY) }
                        @for teammate in list.teammates.iter().filter(|teammate| teammate.status == "active") {
                            option value=(teammate.id) selected[wish.who == Some(teammate.id)] { (teammate.display_name) }
                        }
                    }
                }
                label { (w::KIND)
                    select name="group" {
                        option value="" { (w::CONTACTS_AND_GROUPS) }
                        option value="false" selected[wish.group == Some(false)] { (w::CONTACTS) }
                        option value="true" selected[wish.group == Some(true)] { (w::GROUPS) }
                    }
                }
                label { (w::READ)
                    select name="read" {
                        option value="" { (w::READ_AND_UNREAD) }
                        option value="false" selected[wish.read == Some(false)] { (w::UNREAD) }
                        option value="true" selected[wish.read == Some(true)] { (w::READ) }
                    }
                }
                label { (w::LAST_MESSAGE_FROM) input name="since" type="date" value=[wish.since]; }
                label { (w::LAST_MESSAGE_UNTIL) input name="until" type="date" value=[wish.until]; }
                button.btn { (w::SHOW) }
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
            @if let Some(label) = &wish.label { span { (w::labelled(&html! { span.chip { bdi { (label) } } })) } }
            @if !wish.phone.is_empty() { span { (w::phone_with(&wish.phone)) } }
            @if let Some(account) = account { span { (w::on(&html! { bdi { (account.name) } })) } }
            @if let Some(who) = who { span { (w::of(&html! { bdi { (who.display_name) } })) } }
            @match wish.group { Some(true) => span { (w::GROUPS) }, Some(false) => span { (w::CONTACTS) }, None => {} }
            @match wish.read { Some(true) => span { (w::READ) }, Some(false) => span { (w::UNREAD) }, None => {} }
            @if let Some(day) = wish.since { span { (w::from_day(&day.to_string())) } }
            @if let Some(day) = wish.until { span { (w::until(&day.to_string())) } }
            a href=(wish.without_filters().address(None)) { (w::SHOW_ALL) }
            @match saved {
                Some(saved) => form method="post" action={ (INBOX_PATH) "/views/" (saved.id) "/delete" } {
                    button.btn.btn-small data-kind="plain" { (w::forget(&html! { bdi { (saved.name) } })) }
                },
                None => form.line-up method="post" action={ (INBOX_PATH) "/views" } {
                    input type="hidden" name="query" value=(query);
                    input.small-field name="name" required maxlength=(VIEW_NAME_CHARS_MAX) dir="auto" aria-label=(w::NAME_OF_THIS_VIEW) placeholder=(w::NAME_THIS_VIEW) autocomplete="off";
                    button.btn.btn-small { (w::SAVE) }
                },
            }
        }
    }
}
