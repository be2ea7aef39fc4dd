//! Contacts: looked through, noted as wanting no mass messages, two made one, taken in and handed out as CSV.

use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect};
use database::Snapshot;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Sent, SentFile};
use super::frame::{CONTACTS_PATH, Done, Here, Page, done, head};
use super::inbox::INBOX_PATH;
use super::page::icon;
use super::session::{Shown, Signed};
use super::words::CONTACTS;
use super::words::contacts as w;
use crate::error::Error;
use crate::http::dashboard::path::Path;
use crate::http::fields::Fields;
use crate::http::multipart::read_text;
use crate::id::ContactId;
use crate::inbox::contact_book::{IMPORTED_MAX, bring_up_to_date, make_missing, merge, opt_out};
use crate::inbox::contact_csv::{HEAD, NewContact, line, read};
use crate::store::contact_book::{ContactRow, contact_list};
use crate::workspace::audit::{Action, record};
use crate::workspace::permissions::Right;

const WORDS_CHARS_MAX: usize = 100;
const PAGE_ROWS: i64 = 50;
/// Contacts of one table that is handed out.
const EXPORTED_MAX: i64 = 100_000;
const CSV_BYTES_MAX: usize = 1024 * 1024;
/// Contacts of one write: some ten milliseconds of work.
const WRITTEN_AT_ONCE: usize = 100;

#[derive(Clone, Default)]
struct Wanted {
    words: String,
    behind: i64,
}

fn wanted(uri: &Uri) -> Wanted {
    let mut fields = Fields::from_query(uri.query().unwrap_or_default()).unwrap_or_default();
    let words: String = fields.text("q").unwrap_or_default().trim().chars().take(WORDS_CHARS_MAX).collect();
    Wanted { words: words.replace('\0', ""), behind: fields.integer("behind").unwrap_or(0).max(0) }
}

pub async fn show(State(desk): State<Desk>, signed: Signed, told: Done, uri: Uri) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let (workspace, asked) = (signed.who.workspace.id, wanted(&uri));
    let wish = asked.clone();
    let look = move |tx: &mut Snapshot<'_>| {
        let part = (!wish.words.is_empty()).then_some(wish.words.trim_start_matches('+'));
        Ok::<_, Error>(contact_list(tx, workspace, ContactId(wish.behind), part, PAGE_ROWS + 1)?)
    };
    let rows = desk.app.read(look).await?;
    let may_change = signed.may(Right::SendMessages);
    let actions = html! {
        a.btn href={ (CONTACTS_PATH) "/contacts.csv" } { (icon("download")) "CSV" }
        @if may_change { button.btn type="button" popovertarget="import" { (icon("plus")) (w::TAKE_IN_CSV) } }
    };
    let content = html! {
        (head(CONTACTS, w::EVERYBODY_WHO_WROTE_TO_YOU, &actions))
        form.line-up role="search" method="get" action=(CONTACTS_PATH) {
            input.who type="search" name="q" value=(asked.words) dir="auto" maxlength=(WORDS_CHARS_MAX) aria-label=(w::FIND_A_CONTACT) placeholder=(w::A_NAME_OR_A_PHONE) data-key="/";
            button.btn { (icon("search")) (w::FIND) }
        }
        (table(&asked, &rows, may_change))
        @if may_change { (import_form()) }
    };
    Ok(Page::new(Here::Contacts, CONTACTS).with(&told).show(&signed, &content))
}

fn table(asked: &Wanted, rows: &[ContactRow], may_change: bool) -> Markup {
    let has_more = i64::try_from(rows.len()).is_ok_and(|rows| rows > PAGE_ROWS);
    let shown = &rows[..rows.len() - usize::from(has_more)];
    html! {
        section.card aria-label=(w::CONTACTS) {
            @if shown.is_empty() { div.empty { strong { @if asked.words.is_empty() { (w::NO_CONTACTS_YET) } @else { (w::NOBODY_FOUND) } } p { (w::CONTACTS_COME_WITH_THE_FIRST) } } }
            @else {
                table.table {
                    thead { tr { @if may_change { th { span.hidden-text { (w::TICK) } } } th { (w::NAME) } th { (w::PHONE) } th { (w::CHAT) } th { (w::MASS_MESSAGES) } } }
                    tbody { @for row in shown { (one(row, may_change)) } }
                }
                @if may_change || has_more {
                    footer {
                        @if may_change { form #merge method="post" action={ (CONTACTS_PATH) "/merge" } { button.btn.btn-small { (w::MAKE_THE_TWO_TICKED_ONES) } } }
                        @if let (true, Some(last)) = (has_more, shown.last()) {
                            a.btn.btn-small.push href={ (CONTACTS_PATH) "?q=" (utf8_percent_encode(&asked.words, NON_ALPHANUMERIC)) "&behind=" (last.id) } { (w::MORE) }
                        }
                    }
                }
            }
        }
    }
}

fn one(row: &ContactRow, may_change: bool) -> Markup {
    let name = if row.name.is_empty() { &row.chat_name } else { &row.name };
    let phone = row.jid.strip_suffix("@s.whatsapp.net").map(|digits| format!("+{digits}"));
    let is_out = !row.opted_out_at.is_never();
    html! {
        tr {
            @if may_change { td data-label=(w::TICK) { label.tick-cell { input type="checkbox" form="merge" name="contact" value=(row.id) aria-label=(w::tick(&name)); } } }
            td data-label=(w::NAME) { @if name.is_empty() { span.muted { (w::UNNAMED) } } @else { bdi { (name) } } }
            td.num data-label=(w::PHONE) { @match &phone { Some(phone) => (phone), None => span.muted { (w::HIDDEN) } } }
            td data-label=(w::CHAT) { @if row.chat.0 > 0 { a href={ (INBOX_PATH) "/" (row.chat) } { bdi { (row.chat_name) } } } @else { span.muted { (w::NONE) } } }
            td data-label=(w::MASS_MESSAGES) {
                @if may_change {
                    form method="post" action={ (CONTACTS_PATH) "/" (row.id) "/opt" } {
                        input type="hidden" name="out" value=(!is_out);
                        button.btn.btn-small aria-label=(w::turn(is_out, name)) { @if is_out { (w::OPTED_OUT) } @else { (w::ALLOWED) } }
                    }
                } @else if is_out { (w::OPTED_OUT) } @else { (w::ALLOWED) }
            }
        }
    }
}

fn import_form() -> Markup {
    html! {
        form.card.over #import popover method="post" enctype="multipart/form-data" action={ (CONTACTS_PATH) "/import" } aria-label=(w::TAKE_IN_CONTACTS) {
            div.card-body.stack {
                h2 { (w::TAKE_IN_CONTACTS) }
                p.meta { (w::a_csv_file(&IMPORTED_MAX)) }
                div.field { label for="csv" { (w::FILE) } input #csv type="file" name="file" accept=".csv,text/csv" required; }
                div.line-up {
                    button.btn data-kind="primary" { (w::TAKE_IN) }
                    button.btn type="button" popovertarget="import" popovertargetaction="hide" { (w::CANCEL) }
                }
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Choice {
    out: bool,
}

pub async fn opt(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(given): Sent<Choice>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    desk.act(&signed.who, move |write| opt_out(write, ContactId(id), given.out)).await?;
    Ok(Redirect::to(&done(CONTACTS_PATH, if given.out { "opted-out" } else { "opted-in" })).into_response())
}

/// The older of the two stays.
pub async fn merge_two(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Vec<(String, String)>>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let ticked = given.iter().filter(|pair| pair.0 == "contact").filter_map(|pair| pair.1.parse().ok());
    let mut ids: Vec<i64> = ticked.collect();
    ids.sort_unstable();
    ids.dedup();
    let [into, from] = ids[..] else {
        return Err(Error::invalid("contact", w::TICK_TWO_CONTACTS_TO_MAKE).into());
    };
    desk.act(&signed.who, move |write| merge(write, ContactId(from), ContactId(into))).await?;
    Ok(Redirect::to(&done(CONTACTS_PATH, "merged")).into_response())
}

pub async fn import(State(desk): State<Desk>, signed: Signed, SentFile(body): SentFile) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let contacts = read(&read_text(body, CSV_BYTES_MAX).await?)?;
    for some in contacts.chunks(WRITTEN_AT_ONCE) {
        let (new, known): (Vec<NewContact>, Vec<NewContact>) = (some.to_vec(), some.to_vec());
        desk.act(&signed.who, move |write| make_missing(write, &new)).await?;
        desk.act(&signed.who, move |write| bring_up_to_date(write, &known)).await?;
    }
    Ok(Redirect::to(&done(CONTACTS_PATH, "imported")).into_response())
}

pub async fn export(State(desk): State<Desk>, signed: Signed) -> Shown {
    signed.ensure(Right::ReadChats)?;
    let workspace = signed.who.workspace.id;
    let look =
        move |tx: &mut Snapshot<'_>| Ok::<_, Error>(contact_list(tx, workspace, ContactId(0), None, EXPORTED_MAX)?);
    let rows = desk.app.read(look).await?;
    let said = w::contacts(rows.len());
    // Who took them out stands in the audit log, before they go out.
    desk.act(&signed.who, move |write| record(write, Action::ContactsExported, "contacts.csv", "", &said)).await?;
    let table: String = std::iter::once(HEAD.to_owned()).chain(rows.iter().map(line)).collect();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"partyline-contacts.csv\"")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, table).into_response())
}
