//! Who looks at a chat just now, and who writes in it, its contact among them. Kept in memory, since a node knows its own
//! screens and lines; what other nodes should know as well is told to them now and then, by rows of a moment
//! (`src/accounts/presence.rs`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;

use crate::id::{ChatId, TeammateId, WorkspaceId};

/// A seat is kept for so long after its browser was last heard: a bit more than two of its beats.
pub const SEAT_LIVES: Duration = Duration::from_secs(25);
/// How long somebody counts as writing after their last word of it.
pub const WRITING_LIVES: Duration = Duration::from_secs(12);
/// How often other nodes are told of the same person at the most: once of their being there, once of their writing.
pub const TOLD_EVERY: Duration = Duration::from_secs(20);
/// How long other nodes take somebody for being there, or for writing, after they were told so.
pub const TOLD_LIVES: Duration = Duration::from_secs(45);
pub const SEATS_PER_CHAT_MAX: usize = 50;
const CHATS_MAX: usize = 10_000;
/// Changes that a screen may be behind before it misses one; it looks by itself a few seconds later.
const NEWS_MAX: usize = 256;

/// A chat of a workspace.
pub type Room = (WorkspaceId, ChatId);

#[derive(Clone, Debug)]
struct Seat {
    teammate: TeammateId,
    name: String,
    heard_at: Duration,
    wrote_at: Option<Duration>,
    /// When other nodes were last told that they are here, and that they write.
    told_at: Option<Duration>,
    told_writing_at: Option<Duration>,
}

/// Somebody else in a chat.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Other {
    #[serde(skip)]
    pub teammate: TeammateId,
    pub name: String,
    pub is_writing: bool,
    /// Not one of us; only told while they write.
    pub is_contact: bool,
}

/// Who is where. Times are of the monotonic clock.
pub struct Rooms {
    rooms: Mutex<HashMap<Room, Vec<Seat>>>,
    news: broadcast::Sender<Room>,
}

impl Default for Rooms {
    fn default() -> Rooms {
        Rooms { rooms: Mutex::default(), news: broadcast::channel(NEWS_MAX).0 }
    }
}

impl Rooms {
    /// Hears of the rooms in which something changed.
    pub fn listen(&self) -> broadcast::Receiver<Room> {
        self.news.subscribe()
    }

    /// Somebody is in a chat, and writes or doesn't; [`TeammateId::NOBODY`] is its contact. Returns whether it is time to tell
    /// other nodes.
    pub fn sit(&self, room: Room, teammate: TeammateId, name: &str, is_writing: bool, now: Duration) -> bool {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= CHATS_MAX {
            rooms.retain(|_, seats| seats.iter().any(|seat| seat.is_taken(now)));
        }
        if rooms.len() >= CHATS_MAX && !rooms.contains_key(&room) {
            return false;
        }
        let seats = rooms.entry(room).or_default();
        seats.retain(|seat| seat.is_taken(now));
        let before = seats.iter().position(|seat| seat.teammate == teammate).map(|at| seats.remove(at));
        let (mut told_at, mut told_writing_at) =
            before.map_or((None, None), |before| (before.told_at, before.told_writing_at));
        let is_due = |told: Option<Duration>| told.is_none_or(|told| now.saturating_sub(told) >= TOLD_EVERY);
        let is_told = is_due(told_at) || is_writing && is_due(told_writing_at);
        if is_told {
            told_at = Some(now);
            told_writing_at = if is_writing { Some(now) } else { told_writing_at };
        }
        if seats.len() < SEATS_PER_CHAT_MAX {
            let wrote_at = is_writing.then_some(now);
            seats.push(Seat { teammate, name: name.to_owned(), heard_at: now, wrote_at, told_at, told_writing_at });
        }
        drop(rooms);
        let _ = self.news.send(room);
        is_told
    }

    /// Whether a contact of this workspace is known to write; most messages come without.
    pub fn hears_contacts(&self, workspace: WorkspaceId) -> bool {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let of_contact = |seats: &Vec<Seat>| seats.iter().any(|seat| seat.teammate == TeammateId::NOBODY);
        rooms.iter().any(|((of, _), seats)| *of == workspace && of_contact(seats))
    }

    /// Somebody left a chat.
    pub fn leave(&self, room: Room, teammate: TeammateId) {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seats) = rooms.get_mut(&room) {
            seats.retain(|seat| seat.teammate != teammate);
            if seats.is_empty() {
                rooms.remove(&room);
            }
        }
        drop(rooms);
        let _ = self.news.send(room);
    }

    /// Who else is in a chat, by name.
    pub fn others(&self, room: Room, me: TeammateId, now: Duration) -> Vec<Other> {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let seats = rooms.get(&room).into_iter().flatten();
        let others = seats.filter(|seat| seat.teammate != me && seat.is_taken(now));
        let mut others: Vec<Other> = others
            .map(|seat| Other {
                teammate: seat.teammate,
                name: seat.name.clone(),
                is_writing: seat.is_writing(now),
                is_contact: seat.teammate == TeammateId::NOBODY,
            })
            .filter(|other| other.is_writing || !other.is_contact)
            .collect();
        others.sort_by(|one, other| one.name.cmp(&other.name));
        others
    }
}

impl Seat {
    fn is_taken(&self, now: Duration) -> bool {
        now.saturating_sub(self.heard_at) < SEAT_LIVES
    }

    fn is_writing(&self, now: Duration) -> bool {
        self.wrote_at.is_some_and(|wrote_at| now.saturating_sub(wrote_at) < WRITING_LIVES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = (WorkspaceId(1), ChatId(7));
    const ANA: TeammateId = TeammateId(1);
    const JOE: TeammateId = TeammateId(2);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000 + seconds)
    }

    #[test]
    fn others_are_seen_while_they_are_heard() {
        let presence = Rooms::default();
        presence.sit(ROOM, ANA, "Ana", false, at(0));
        presence.sit(ROOM, JOE, "Joe", true, at(1));
        let joe = |is_writing| vec![Other { teammate: JOE, name: "Joe".into(), is_writing, is_contact: false }];
        assert_eq!(presence.others(ROOM, ANA, at(2)), joe(true));
        assert_eq!(presence.others(ROOM, ANA, at(14)), joe(false), "who writes no more isn't writing");
        assert_eq!(presence.others(ROOM, ANA, at(27)), vec![], "and who isn't heard isn't there");
        assert_eq!(presence.others((WorkspaceId(2), ChatId(7)), ANA, at(2)), vec![], "of others nothing");
        presence.sit(ROOM, JOE, "Joe", false, at(30));
        presence.leave(ROOM, JOE);
        assert_eq!(presence.others(ROOM, ANA, at(31)), vec![]);
    }

    #[test]
    fn other_nodes_are_told_of_somebody_once_in_a_while_and_of_writing_once_more() {
        let presence = Rooms::default();
        let told: Vec<bool> = [(0, false), (1, false), (2, true), (9, true), (19, false), (21, true), (25, true)]
            .map(|(second, is_writing)| presence.sit(ROOM, ANA, "Ana", is_writing, at(second)))
            .to_vec();
        assert_eq!(told, [true, false, true, false, false, false, true]);
    }

    #[test]
    fn a_contact_is_told_only_while_they_write() {
        let presence = Rooms::default();
        presence.sit(ROOM, TeammateId::NOBODY, "Echo", true, at(0));
        assert!(presence.others(ROOM, ANA, at(1))[0].is_contact && presence.hears_contacts(ROOM.0));
        assert_eq!(presence.others(ROOM, ANA, at(13)), vec![]);
        presence.leave(ROOM, TeammateId::NOBODY);
        assert!(!presence.hears_contacts(ROOM.0));
    }

    #[test]
    fn a_room_has_so_many_seats_and_everybody_one() {
        let presence = Rooms::default();
        for teammate in 1..=100 {
            for _ in 0..2 {
                presence.sit(ROOM, TeammateId(teammate), "T", false, at(0));
            }
        }
        assert_eq!(presence.others(ROOM, TeammateId(1_000), at(1)).len(), SEATS_PER_CHAT_MAX);
    }
}
