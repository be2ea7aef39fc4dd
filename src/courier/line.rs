//! How one webhook fares, as far as this server remembers, and how much of it may be under way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::courier::places::Places;
use crate::id::WebhookId;
use crate::store::webhooks::WebhookRow;
use crate::webhooks::outcomes::{Ending, Outcome};
use crate::webhooks::schedule::Verdict;

/// Attempts of one webhook at once: at first, and once it has shown that it keeps up. One that failed has one.
const WINDOW_FIRST: usize = 4;
const WINDOW_MAX: usize = 32;
/// Deliveries of one webhook that are claimed ahead, once it keeps up with all of its window: the next ones begin while others
/// are still being recorded. Were it to hang, they are put back within some seconds.
const IN_HAND_MAX: usize = 128;
/// How long events wait for room at a webhook that keeps up, before they become rows that wait.
pub(super) const PUT_OFF_MAX: Duration = Duration::from_millis(50);

/// How one webhook fares, as far as this server remembers.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Under way, or claimed and waiting for their turn.
    pub running: usize,
    window: usize,
    pub failed_last: bool,
    /// Its last answer came so soon that events can wait in the log for it.
    pub is_prompt: bool,
    /// Through which its attempts go, so many at once.
    pub gate: Arc<Semaphore>,
}

impl Line {
    pub fn of(webhook: &WebhookRow) -> Line {
        let failed_last = webhook.errors_counter > 0;
        let window = if failed_last { 1 } else { WINDOW_FIRST };
        Line { running: 0, window, failed_last, is_prompt: false, gate: Arc::new(Semaphore::new(WINDOW_MAX)) }
    }

    fn in_hand_max(&self) -> usize {
        if self.is_prompt && self.window == WINDOW_MAX { IN_HAND_MAX } else { self.window }
    }

    /// Takes to heart how an attempt ended.
    pub fn learn(&mut self, outcome: &Outcome) {
        match &outcome.ending {
            Ending::Answered { verdict: Verdict::Delivered, .. } => {
                self.window = if self.failed_last { WINDOW_FIRST } else { (self.window + 1).min(WINDOW_MAX) };
                self.failed_last = false;
            }
            Ending::Answered { .. } | Ending::Silent(_) => {
                (self.window, self.failed_last) = (1, true);
                // Whatever waits for its turn is put back, instead of failing as well.
                std::mem::replace(&mut self.gate, Arc::new(Semaphore::new(WINDOW_MAX))).close();
            }
            Ending::NothingToTell(_) | Ending::PutBack => return,
        }
        let took = Duration::from_millis(u64::try_from(outcome.duration_ms).unwrap_or(u64::MAX));
        self.is_prompt = !self.failed_last && took < PUT_OFF_MAX;
    }
}

/// How many more deliveries of a webhook may be claimed.
pub(super) fn room(lines: &HashMap<WebhookId, Line>, places: &Places, webhook: &WebhookRow) -> usize {
    let left = match lines.get(&webhook.id) {
        Some(line) => line.in_hand_max().saturating_sub(line.running),
        None => Line::of(webhook).window,
    };
    left.min(places.room_at(&webhook.url))
}
