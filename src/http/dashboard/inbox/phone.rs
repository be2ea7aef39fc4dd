//! The phone of a sandbox's contact, beside the team's side of the same chat: whoever tries Partyline plays the customer.

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect};
use database::{Read, Snapshot};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use transport::{Address, IncomingBody};

use super::bubble::size_of;
use super::chat;
use super::list::{avatar, kind_name};
use super::scene::{OpenChat, read_open};
use super::view::Wish;
use crate::accounts::sandbox::{CONTACTS, Shown as PhoneMessage, is_online, sandbox_of, shown as shown_on};
use crate::error::Error;
use crate::events::log::bounds;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::frame::{Here, PHONE_PATH, Page};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::words::SANDBOX_PHONE;
use crate::http::dashboard::words::phone as w;
use crate::http::fields::Fields;
use crate::id::{ChatId, WorkspaceId};
use crate::inbox::values::{Phone, TEXT_CHARS_MAX};
use crate::store::chats::chat_by_jid;
use crate::store::sandbox::SandboxOf;
use crate::workspace::permissions::Right;
use crate::workspace::tokens::Caller;
use crate::workspace::zone::stored_zone;

/// What a customer may put to a message with one touch.
const EMOJIS: [&str; 5] = ["👍", "❤️", "😂", "😮", "🙏"];
/// Who has no phone that anybody sees; everybody else is known by theirs.
const HIDDEN_SERVER: &str = "@lid";

/// What the page shows.
struct Scene {
    messages: Vec<PhoneMessage>,
    is_online: bool,
    open: Option<OpenChat>,
    seq: i64,
}

/// `?who=` or `?other=` is whoever was chosen; else it is the first contact's.
pub async fn choose(State(desk): State<Desk>, signed: Signed, uri: Uri) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let mut fields = Fields::from_query(uri.query().unwrap_or_default()).unwrap_or_default();
    let other = fields.text("other").filter(|other| !other.trim().is_empty());
    match other.or_else(|| fields.text("who")) {
        Some(who) => Ok(Redirect::to(&path_of(&address_of(&who)?)).into_response()),
        None => show(State(desk), signed, Path(CONTACTS[0].number.to_owned())).await,
    }
}

/// Whoever an address of this page names: a phone with or without its plus, or somebody without one.
///
/// # Errors
/// `validation_error` for anything else.
pub fn address_of(who: &str) -> Result<Address, Error> {
    match who.strip_suffix(HIDDEN_SERVER) {
        Some(id) if (1..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Address::from_jid(who))
        }
        _ => {
            let digits = who.trim().trim_start_matches('+');
            Phone::parse("who", &format!("+{digits}")).map(|phone| Address::from_phone(phone.as_str()))
        }
    }
}

pub fn path_of(address: &Address) -> String {
    let who = address.phone().unwrap_or_else(|| address.jid().to_owned());
    format!("{PHONE_PATH}/{}", who.trim_start_matches('+'))
}

pub async fn show(State(desk): State<Desk>, signed: Signed, Path(who): Path<String>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let address = address_of(&who)?;
    let workspace = signed.who.workspace.id;
    let now = desk.app.clock.now();
    let (asked, writer) = (address.clone(), (signed.who.caller(), signed.who.teammate.display_name.clone()));
    let look = move |tx: &mut Snapshot<'_>| match sandbox_of(tx, workspace, None) {
        Ok(of) => read(tx, workspace, of, &asked, &writer).map(Some),
        Err(error) if error.is_refusal() => Ok(None),
        Err(error) => Err(error),
    };
    let page = Page { panes: Some("phone"), ..Page::new(Here::Phone, SANDBOX_PHONE) };
    let Some(scene) = desk.app.read(look).await? else {
        let words = html! { section.pane { div.empty.pane-body { (icon("phone")) strong { (w::NO_SANDBOX_HERE) } p { (w::THIS_WORKSPACE_HAS_NO_SANDBOX) } } } };
        return Ok(page.show(&signed, &words));
    };
    let name = name_of(&address, scene.open.as_ref());
    let content = html! {
        @match &scene.open {
            Some(open) => (chat::pane(&signed, &Wish::default(), open, None, now)),
            None => section.pane #thread aria-label=(w::THE_TEAMS_SIDE) data-live="nothing" {
                div.empty.pane-body { (icon("inbox")) strong { (w::NOTHING_WAS_SAID_YET) } p { (w::WRITE_FROM_THE_PHONE_AND) } }
            },
        }
        (phone(&signed, &address, &name, &scene))
    };
    Ok(page.show(&signed, &content))
}

fn read(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    of: SandboxOf,
    address: &Address,
    writer: &(Caller, String),
) -> Result<Scene, Error> {
    let chat = chat_by_jid(tx, workspace, of.account, address.jid())?;
    let open = chat.map(|chat| read_open(tx, workspace, chat.id, &Wish::default(), writer)).transpose()?;
    let messages = shown_on(tx, of, address)?;
    Ok(Scene { messages, is_online: is_online(tx, of, address)?, open, seq: bounds(tx, workspace)?.newest })
}

fn name_of(address: &Address, open: Option<&OpenChat>) -> String {
    let known = CONTACTS.iter().find(|contact| contact.address() == *address).map(|contact| contact.name.to_owned());
    known.or_else(|| open.map(|open| open.chat.name.clone())).or_else(|| address.phone()).unwrap_or_default()
}

fn phone(signed: &Signed, address: &Address, name: &str, scene: &Scene) -> Markup {
    let zone = stored_zone(&signed.who.workspace.zone);
    let path = path_of(address);
    let business = &signed.who.workspace.name;
    html! {
        section.pane.phone-side #chats aria-labelledby="phone-title" data-seq=(scene.seq) {
            div.pane-head {
                @if scene.open.is_some() { h2 #phone-title { (w::THE_CUSTOMERS_PHONE) } } @else { h1 #phone-title { (w::THE_CUSTOMERS_PHONE) } }
                form.push method="post" action={ (path) "/do" } {
                    button.btn.btn-small name="what" value=(if scene.is_online { "offline" } else { "online" }) {
                        @if scene.is_online { (w::SWITCH_OFF) } @else { (w::SWITCH_ON) }
                    }
                }
            }
            div.pane-body.card-body.stack tabindex="0" data-ring="in" role="region" aria-label=(w::THE_PHONE) {
                (chooser(address, name))
                div.phone {
                    div.pane-head { (avatar(business, ChatId(3))) div.clip { h3.clip { bdi { (business) } } p.meta { (w::BUSINESS_ACCOUNT) } } }
                    div data-live="switch" {
                        @if !scene.is_online { p.banner data-tone="warning" role="status" { (icon("alert")) span { strong { (w::SWITCHED_OFF) } " " (w::WHAT_IS_SENT_WAITS) } } }
                    }
                    div.pane-body tabindex="0" data-ring="in" role="region" aria-label=(w::THE_PHONES_MESSAGES) {
                        div.thread role="log" aria-live="polite" aria-label=(w::MESSAGES_SEEN_BY_THE_CUSTOMER) data-live="phone" {
                            @for (at, message) in scene.messages.iter().enumerate() { (bubble(message, at, &path, &zone)) }
                            @if scene.messages.is_empty() { p.sys { (w::NOTHING_WAS_SAID_YET_2) } }
                        }
                    }
                    (writing(&path))
                }
            }
        }
    }
}

fn chooser(address: &Address, name: &str) -> Markup {
    let is_known = CONTACTS.iter().any(|contact| contact.address() == *address);
    html! {
        form.line-up method="get" action=(PHONE_PATH) {
            div.field.who {
                label for="who" { (w::YOU_ARE) }
                select #who name="who" data-submits {
                    @if !is_known { option value=(address.phone().unwrap_or_default()) selected { (name) } }
                    // Nobody is a group.
                    @for contact in CONTACTS.iter().filter(|contact| !contact.address().is_group()) {
                        option value=(contact.number) selected[contact.address() == *address] { (contact.name) ", " (contact.number) }
                    }
                }
            }
            div.field.who {
                label for="other" { (w::OR_ANY_NUMBER) }
                input #other name="other" type="tel" autocomplete="off" placeholder="+1 202 555 0177";
            }
            button.btn.btn-small { (w::BE_THEM) }
        }
    }
}

fn bubble(message: &PhoneMessage, at: usize, path: &str, zone: &TimeZone) -> Markup {
    let is_own = message.sender.is_some();
    let menu = format!("menu-{}", message.wamid);
    html! {
        article.msg id={ "p-" (message.wamid) } data-from=(if is_own { "us" } else { "them" }) data-kind=[message.is_deleted.then_some("gone")] {
            div.bubble dir="auto" {
                @if message.reply_to.is_some() { span.meta { (w::AN_ANSWER) } }
                @if message.is_deleted { (w::THIS_MESSAGE_WAS_DELETED) } @else { (said(&message.body)) }
            }
            @if !message.reactions.is_empty() {
                p.reactions { @for reaction in &message.reactions { span.reaction { (reaction.emoji) } } }
            }
            div.msg-meta {
                time { (formatted(message.at, zone, "%H:%M")) }
                @if message.is_edited { span { (w::EDITED) } }
                @if is_own && message.is_read { span.tick data-tone="accent" { (icon("checks")) (w::READ) } }
                @if !message.is_deleted {
                    button.btn.btn-icon.btn-small data-kind="plain" type="button" popovertarget=(menu) aria-label=(w::do_something_with(&(at + 1))) { (icon("more")) }
                    (doing(message, &menu, path, is_own))
                }
            }
        }
    }
}

/// What the customer may do with a message: react to ours, correct and take back their own.
fn doing(message: &PhoneMessage, menu: &str, path: &str, is_own: bool) -> Markup {
    html! {
        div.over.card id=(menu) popover {
            form.card-body.stack method="post" action={ (path) "/do" } {
                input type="hidden" name="message" value=(message.wamid);
                @if is_own {
                    @if let IncomingBody::Text(text) = &message.body {
                        label { (w::CORRECT_IT) input name="text" value=(text) dir="auto" maxlength=(TEXT_CHARS_MAX); }
                        button.btn name="what" value="edit" { (w::CORRECT) }
                    }
                    button.btn.danger name="what" value="delete" { (w::TAKE_IT_BACK) }
                } @else {
                    input type="hidden" name="what" value="react";
                    div.line-up { @for emoji in EMOJIS { button.btn name="emoji" value=(emoji) aria-label=(w::react_with(&emoji)) { (emoji) } } }
                    button.btn name="emoji" value="" { (w::TAKE_MY_REACTION_BACK) }
                }
            }
        }
    }
}

fn said(body: &IncomingBody) -> Markup {
    html! {
        @match body {
            IncomingBody::Text(text) => (text),
            IncomingBody::File(file) => {
                span.attached { (icon("file")) span { strong.clip { @if file.filename.is_empty() { (kind_name(file.kind.as_str())) } @else { bdi { (file.filename) } } } span.meta { (size_of(i64::try_from(file.size_bytes).unwrap_or(i64::MAX))) } } }
                (file.caption)
            },
            IncomingBody::Location { latitude, longitude, name, .. } => span.attached { (icon("pin")) span { strong.clip { @if name.is_empty() { (w::A_PLACE) } @else { (name) } } span.meta.num { (latitude) ", " (longitude) } } },
            IncomingBody::Contacts(cards) => @for card in cards { span.attached { (icon("person")) strong { bdi { (card.name) } } } },
            IncomingBody::Unsupported(what) => (what),
        }
    }
}

fn writing(path: &str) -> Markup {
    let sample = |what: &str, drawing: &str, name: &str| {
        html! { button.btn.btn-icon data-kind="plain" form="phone-does" name="what" value=(what) aria-label=(name) title=(name) { (icon(drawing)) } }
    };
    html! {
        form #phone-does method="post" action={ (path) "/do" } {}
        form.composer.as-customer method="post" action={ (path) "/do" } aria-label=(w::WRITE_AS_THE_CUSTOMER) {
            input type="hidden" name="what" value="text";
            textarea name="text" rows="1" dir="auto" required maxlength=(TEXT_CHARS_MAX) aria-label=(w::MESSAGE_FROM_THE_CUSTOMER) placeholder=(w::WRITE_AS_THE_CUSTOMER) {}
            div.composer-bar {
                button.btn.btn-icon data-kind="plain" type="button" popovertarget="phone-file" aria-label=(w::SEND_A_FILE) { (icon("clip")) }
                (sample("photo", "file", w::SEND_A_PICTURE))
                (sample("voice", "play", w::SEND_A_VOICE_MESSAGE))
                (sample("pdf", "book", w::SEND_A_DOCUMENT))
                (sample("place", "pin", w::SEND_A_PLACE))
                button.btn.btn-icon.push data-kind="primary" aria-label=(w::SEND_AS_THE_CUSTOMER) { (icon("send")) }
            }
        }
        form.card.over #phone-file popover method="post" enctype="multipart/form-data" action={ (path) "/file" } aria-label=(w::SEND_A_FILE_AS_THE) {
            div.card-body.stack {
                div.field { label for="customers-file" { (w::A_FILE_OF_THE_CUSTOMERS) } input #customers-file type="file" name="file" required; }
                button.btn data-kind="primary" { (icon("send")) (w::SEND) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_of_the_sandbox_has_a_page() {
        for contact in CONTACTS.iter().filter(|contact| !contact.address().is_group()) {
            let who = path_of(&contact.address());
            let who = who.strip_prefix("/phone/").expect("a page");
            assert_eq!(address_of(who).expect("somebody"), contact.address(), "{who}");
        }
        for wrong in ["", "x", "@lid", "1@lid.evil", "12@g.us", "+"] {
            assert!(address_of(wrong).is_err(), "{wrong}");
        }
    }
}
