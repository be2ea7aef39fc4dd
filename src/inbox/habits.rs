//! How a teammate wants to hear of news: which, with a sound or without, and when not at all.

use database::Read;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, MessageUid, TeammateId, WorkspaceId};
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::inbox_desk::{habits_find, habits_put};
use crate::store::messages::message_find;
use crate::store::teammates::TeammateRow;

/// What a teammate chose. Hours are of their own clock, so it is their browser that keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habits {
    /// Messages in chats of theirs and of nobody, and notes that name them.
    pub notices: bool,
    pub sound: bool,
    /// `HH:MM`; both or neither. The first may be later than the second: over midnight.
    pub quiet_from: String,
    pub quiet_to: String,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits { notices: true, sound: false, quiet_from: String::new(), quiet_to: String::new() }
    }
}

impl Habits {
    /// # Errors
    /// `validation_error` for hours that are none, or one without the other.
    pub fn ensure_good(&self) -> Result<(), Error> {
        let hours = [("quiet_from", &self.quiet_from), ("quiet_to", &self.quiet_to)];
        for (field, hour) in hours {
            if !hour.is_empty() && !is_hour(hour) {
                return Err(Error::invalid(field, "Quiet hours are times of day, as 22:00"));
            }
        }
        if self.quiet_from.is_empty() != self.quiet_to.is_empty() {
            return Err(Error::invalid("quiet_to", "Quiet hours have a beginning and an end; give both or neither"));
        }
        Ok(())
    }
}

fn is_hour(text: &str) -> bool {
    let parts: Option<(u8, u8)> =
        text.split_once(':').and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)));
    text.len() == 5 && parts.is_some_and(|(hour, minute)| hour < 24 && minute < 60)
}

/// What a teammate chose, or what holds for those who never did.
pub fn habits_of(tx: &mut impl Read, workspace: WorkspaceId, teammate: TeammateId) -> Result<Habits, Error> {
    let kept = habits_find(tx, workspace, teammate)?;
    Ok(kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// # Errors
/// As [`Habits::ensure_good`].
pub fn keep_habits(write: &mut Write<'_, '_>, teammate: TeammateId, habits: &Habits) -> Result<(), Error> {
    habits.ensure_good()?;
    let json = serde_json::to_string(habits).map_err(Error::internal)?;
    Ok(habits_put(write, teammate, &json)?)
}

/// News that a teammate is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct News {
    pub chat: i64,
    /// What the chat is called.
    pub name: String,
    pub is_mention: bool,
    /// The chat is theirs or nobody's.
    pub is_mine: bool,
}

/// Whether an event is news for a teammate: a message in a chat of theirs or of nobody, or a note of somebody else that names
/// them. What was said is not told: a notice shows on screens that others see.
pub fn news_for(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    me: &TeammateRow,
    kind: Kind,
    chat: ChatId,
    message: Option<MessageUid>,
) -> Result<Option<News>, Error> {
    let is_mention = match (kind, message) {
        (Kind::MessageReceived, _) => false,
        (Kind::NoteAdded, Some(note)) => {
            let found = message_find(tx, workspace, note)?;
            let naming = format!("@{}", me.display_name);
            let names_me =
                found.is_some_and(|note| note.details.said_by != me.id && note.message.text.contains(&naming));
            if me.display_name.is_empty() || !names_me {
                return Ok(None);
            }
            true
        }
        _ => return Ok(None),
    };
    let Some(chat) = chat_find(tx, workspace, chat)? else { return Ok(None) };
    let is_mine = chat.responsible == me.id || chat.responsible == TeammateId::NOBODY;
    Ok((is_mine || is_mention).then_some(News { chat: chat.id.0, name: chat.name, is_mention, is_mine }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, to: &str) -> bool {
        Habits { quiet_from: from.into(), quiet_to: to.into(), ..Habits::default() }.ensure_good().is_ok()
    }

    #[test]
    fn quiet_hours_are_two_times_of_day_or_none() {
        assert!(hours("", "") && hours("22:00", "07:30") && hours("00:00", "23:59"));
        let wrong =
            [("22:00", ""), ("", "7:00"), ("24:00", "07:00"), ("22:60", "07:00"), ("ten", "07:00"), ("22:00", "7:00")];
        assert!(wrong.iter().all(|(from, to)| !hours(from, to)));
    }
}
