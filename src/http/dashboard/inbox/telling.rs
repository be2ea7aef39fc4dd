//! What happened to a chat, in words, and who was behind it: for its thread and its history.

use std::collections::HashMap;

use database::Read;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::{Cause, Kind};
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::words::chat as w;
use crate::id::{TeammateId, TokenId, WorkspaceId};
use crate::store::events::EventRow;
use crate::store::tokens::token_list;
use crate::workspace::zone::utc_time;

/// Names of those who do things.
#[derive(Default)]
pub struct Names {
    pub teammates: HashMap<TeammateId, String>,
    tokens: HashMap<TokenId, String>,
}

impl Names {
    /// Those that the events name. Tokens are looked up only where one did something.
    pub fn read(
        tx: &mut impl Read,
        workspace: WorkspaceId,
        teammates: HashMap<TeammateId, String>,
        events: &[EventRow],
    ) -> Result<Names, Error> {
        let mut tokens = HashMap::new();
        if events.iter().any(|event| matches!(event.cause, Cause::Token(_))) {
            tokens.extend(token_list(tx, workspace)?.into_iter().map(|row| (row.id, row.name)));
        }
        Ok(Names { teammates, tokens })
    }

    pub fn by(&self, event: &EventRow) -> Option<String> {
        match event.cause {
            Cause::Teammate(id) => {
                Some(self.teammates.get(&id).cloned().unwrap_or_else(|| w::SOMEBODY_WHO_HAS_LEFT.to_owned()))
            }
            Cause::Token(id) => match self.tokens.get(&id) {
                Some(name) => Some(w::public_api_with(name)),
                None => Some(w::PUBLIC_API.to_owned()),
            },
            Cause::Operator => Some(w::THE_OPERATOR.to_owned()),
            Cause::Outside => None,
        }
    }

    fn teammate(&self, number: &str) -> &str {
        let id = number.parse().ok().map(TeammateId);
        id.and_then(|id| self.teammates.get(&id)).map_or(w::SOMEBODY_WHO_HAS_LEFT, String::as_str)
    }
}

/// What a thread tells of a chat, oldest first. A label that was made is told with its first use and has no line of its own.
pub fn lines(events: &[EventRow]) -> impl Iterator<Item = (&EventRow, bool)> {
    let made = |event: &EventRow| {
        let is_it = |one: &EventRow| one.kind == Kind::LabelMade && one.seq + 1 == event.seq;
        event.kind == Kind::ChatLabelled && events.iter().any(is_it)
    };
    events.iter().filter(|event| event.kind != Kind::LabelMade).map(move |event| (event, made(event)))
}

/// One line between the messages of a thread.
pub fn line(event: &EventRow, is_made: bool, names: &Names, zone: &TimeZone) -> Markup {
    let contact_wrote = event.cause == Cause::Outside && event.kind == Kind::ChatReopened;
    html! {
        p.sys id={ "e-" (event.seq) } {
            (what(event, is_made, names, zone))
            @if let Some(by) = names.by(event) { (w::by(&html! { bdi { (by) } })) }
            @if contact_wrote { (w::ITS_CONTACT_WROTE) }
            " " time datetime=(utc_time(event.at)) { (formatted(event.at, zone, "%H:%M")) }
        }
    }
}

pub fn what(event: &EventRow, is_made: bool, names: &Names, zone: &TimeZone) -> Markup {
    let detail = event.detail.as_str();
    let moment = || detail.parse().map(|ms| formatted(Time::from_ms(ms), zone, "%-d %b, %H:%M")).unwrap_or_default();
    html! {
        @match event.kind {
            Kind::ChatAssigned => (w::assigned_to(&html! { bdi { (names.teammate(detail.split(',').next().unwrap_or_default())) } })),
            Kind::ChatUnassigned => (w::nobody_answers(&html! { bdi { (names.teammate(detail)) } })),
            Kind::ChatLabelled if is_made => (w::label_created(&strongly(detail))),
            Kind::ChatLabelled => (w::label_added(&strongly(detail))),
            Kind::ChatUnlabelled => (w::label_taken_off(&strongly(detail))),
            Kind::ChatRenamed => (w::named(&strongly(detail))),
            Kind::ChatSnoozed => (w::snoozed_until(&moment())),
            Kind::MessageScheduled => (w::scheduled_for(&moment())),
            kind => (plain(kind)),
        }
    }
}

fn strongly(name: &str) -> Markup {
    html! { strong { bdi { (name) } } }
}

fn plain(kind: Kind) -> &'static str {
    match kind {
        Kind::ChatOutgoing | Kind::ChatIncoming => w::THE_CHAT_BEGAN,
        Kind::ChatClosed => w::CLOSED,
        Kind::ChatReopened => w::OPEN_AGAIN,
        Kind::ChatUnsnoozed => w::BACK_FROM_BEING_SNOOZED,
        Kind::MessageReceived => w::A_MESSAGE_CAME_IN,
        Kind::MessageSent => w::A_MESSAGE_WENT_OUT,
        Kind::MessageSynced => w::A_MESSAGE_WAS_TAKEN_OVER,
        Kind::MessageUnscheduled => w::A_SCHEDULED_MESSAGE_WAS_CANCELLED,
        Kind::MessageHeld => w::A_MESSAGE_IS_HELD,
        Kind::MessageUncertain => w::A_MESSAGE_MAY_HAVE_GONE,
        Kind::MessageEdited => w::A_MESSAGE_WAS_CORRECTED,
        Kind::MessageDeleted => w::A_MESSAGE_WAS_TAKEN_BACK,
        Kind::MessageReaction => w::A_REACTION,
        Kind::NoteAdded => w::A_NOTE_WAS_LEFT,
        Kind::NoteDeleted => w::A_NOTE_WAS_DELETED,
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ChatId;

    fn event(seq: i64, kind: Kind, detail: &str, cause: Cause) -> EventRow {
        EventRow { seq, kind, at: Time::from_ms(0), chat: ChatId(1), message: None, detail: detail.to_owned(), cause }
    }

    #[test]
    fn a_label_is_created_where_it_was_used_first_and_whoever_did_it_is_named() {
        let token = Cause::Token(TokenId(1));
        let events = [
            event(7, Kind::LabelMade, "vip", token),
            event(8, Kind::ChatLabelled, "vip", token),
            event(9, Kind::ChatLabelled, "old", Cause::Teammate(TeammateId(2))),
            event(12, Kind::ChatReopened, "", Cause::Outside),
        ];
        let names = Names {
            teammates: HashMap::from([(TeammateId(2), "Joe".to_owned())]),
            tokens: HashMap::from([(TokenId(1), "crm".to_owned())]),
        };
        let told: Vec<String> = lines(&events)
            .map(|(event, is_made)| line(event, is_made, &names, &TimeZone::UTC).into_string())
            .map(|html| {
                let mut is_tag = false;
                let visible = |letter: &char| match letter {
                    '<' => {
                        is_tag = true;
                        false
                    }
                    '>' => {
                        is_tag = false;
                        false
                    }
                    _ => !is_tag,
                };
                html.chars().filter(visible).collect()
            })
            .collect();
        let wanted = [
            "Label vip created and added by Public API (crm) 00:00",
            "Label old added by Joe 00:00",
            "Open again: its contact wrote 00:00",
        ];
        assert_eq!(told, wanted);
    }
}
