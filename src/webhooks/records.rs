//! Making, changing and deleting webhooks.

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, WebhookId};
use crate::outbound::{Policy, check_url};
use crate::store::Write;
use crate::store::event_cursors::{Consumer, cursor_move};
use crate::store::events::{NewEvent, event_append};
use crate::store::numbers::webhook_next;
use crate::store::webhooks::{WebhookRow, webhook_delete, webhook_find, webhook_insert, webhook_list, webhook_update};
use crate::webhooks::{EventType, NewSecret};
use crate::workspace::audit::{Action, record, record_change};
use crate::workspace::teammates::manager_of;
use crate::workspace::tokens::Caller;

/// Webhooks of a workspace.
pub const WEBHOOKS_MAX: usize = 10;

/// Where events are delivered: an address that may be asked, kept as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Judges the address as far as that goes without asking anybody; delivering judges it again, resolved.
    ///
    /// # Errors
    /// `validation_error` naming the field and what to change.
    pub fn parse(field: &str, given: &str, policy: &Policy) -> Result<WebhookUrl, Error> {
        let given = given.trim_matches(' ');
        check_url(given, policy).map_err(|error| error.in_field(field))?;
        Ok(WebhookUrl(given.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to change of a webhook; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    pub event_type: Option<EventType>,
    pub url: Option<WebhookUrl>,
    pub enabled: Option<bool>,
}

/// Makes a webhook, or finds the one that is there for this event and address and leaves it as it is. Says whether it was
/// made, so that its secret is told once.
///
/// # Errors
/// `validation_error` where the workspace has [`WEBHOOKS_MAX`]; `permission_denied` or `member_not_found` if the caller
/// may not make one.
pub fn make_webhook(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    event_type: EventType,
    url: &WebhookUrl,
    enabled: bool,
    new: &NewSecret,
) -> Result<(WebhookRow, bool), Error> {
    manager_of(write.tx, caller)?;
    let all = webhook_list(write.tx, write.workspace.id)?;
    if let Some(found) = all.iter().find(|one| one.event_type == event_type.as_str() && one.url == url.as_str()) {
        return Ok((found.clone(), false));
    }
    if all.len() >= WEBHOOKS_MAX {
        let rule = format!("A workspace has at most {WEBHOOKS_MAX} webhooks; delete or change one that is there");
        return Err(Error::invalid("url", rule));
    }
    let webhook = WebhookRow {
        id: webhook_next(write)?,
        event_type: event_type.as_str().to_owned(),
        url: url.as_str().to_owned(),
        enabled,
        errors_counter: 0,
        created_at: write.now,
        secret: new.sealed.clone(),
        secret_before: Vec::new(),
        secret_before_until: Time::NEVER,
        id_prefix: new.id_prefix.clone(),
        since_seq: write.counters.event_last,
        failing_since: Time::NEVER,
        disabled_reason: String::new(),
        replay_next: 1,
        replay_last: 0,
    };
    begin_listening(write, &all)?;
    webhook_insert(write, &webhook)?;
    note(write, Kind::WebhookMade, webhook.id)?;
    record(write, Action::WebhookMade, &named(&webhook), "", &webhook.url)?;
    Ok((webhook, true))
}

/// Changes a webhook. Another address, and being switched on again, begin with no failures.
///
/// # Errors
/// `not_found`; `validation_error` where another webhook has this event and address; as [`make_webhook`] besides.
pub fn change_webhook(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    id: WebhookId,
    change: &WebhookChange,
) -> Result<WebhookRow, Error> {
    manager_of(write.tx, caller)?;
    let before = webhook_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_webhook)?;
    let mut webhook = before.clone();
    if let Some(event_type) = change.event_type {
        event_type.as_str().clone_into(&mut webhook.event_type);
    }
    if let Some(url) = &change.url {
        url.as_str().clone_into(&mut webhook.url);
    }
    webhook.enabled = change.enabled.unwrap_or(webhook.enabled);
    if webhook == before {
        return Ok(webhook);
    }
    let all = webhook_list(write.tx, write.workspace.id)?;
    let is_alike = |one: &&WebhookRow| one.id != id && one.event_type == webhook.event_type && one.url == webhook.url;
    if let Some(other) = all.iter().find(is_alike) {
        let rule = format!("Webhook {} has this event_type and url already; change or delete that one", other.id);
        return Err(Error::invalid("url", rule));
    }
    if webhook.url != before.url || webhook.enabled && !before.enabled {
        (webhook.errors_counter, webhook.failing_since) = (0, Time::NEVER);
        webhook.disabled_reason.clear();
    }
    if webhook.enabled && !before.enabled {
        begin_listening(write, &all)?;
    }
    if webhook.event_type != before.event_type || webhook.enabled && !before.enabled {
        webhook.since_seq = write.counters.event_last;
    }
    webhook_update(write, &webhook)?;
    note(write, Kind::WebhookChanged, id)?;
    let said = |one: &WebhookRow| format!("{}, {}", one.event_type, one.url);
    record_change(write, Action::WebhookChanged, &named(&before), said(&before), said(&webhook))?;
    let on = |one: &WebhookRow| if one.enabled { "on" } else { "paused" };
    record_change(write, Action::WebhookChanged, &named(&webhook), on(&before), on(&webhook))?;
    Ok(webhook)
}

/// Where nobody listened so far, the fan-out begins here: what happened before interests nobody.
fn begin_listening(write: &mut Write<'_, '_>, all: &[WebhookRow]) -> Result<(), Error> {
    if all.iter().any(|one| one.enabled) {
        return Ok(());
    }
    let newest = write.counters.event_last;
    cursor_move(write, Consumer::Webhooks, newest)
}

/// Deletes a webhook.
///
/// # Errors
/// `not_found`; as [`make_webhook`] besides.
pub fn delete_webhook(write: &mut Write<'_, '_>, caller: &Caller, id: WebhookId) -> Result<(), Error> {
    manager_of(write.tx, caller)?;
    let webhook = webhook_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_webhook)?;
    webhook_delete(write, id)?;
    note(write, Kind::WebhookDeleted, id)?;
    record(write, Action::WebhookDeleted, &named(&webhook), &webhook.url, "")
}

/// A webhook as the audit log calls it.
pub(super) fn named(webhook: &WebhookRow) -> String {
    format!("{} {}", webhook.id, webhook.event_type)
}

/// What is answered for a webhook that isn't in the workspace.
pub fn unknown_webhook() -> Error {
    Error::not_found("There is no such webhook in this workspace; GET /webhooks lists those there are")
}

fn note(write: &mut Write<'_, '_>, kind: Kind, webhook: WebhookId) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: webhook.to_string() }).map(drop)
}
