//! The bounded queues between callers and the threads that own connections. Knows nothing of what it carries.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Priority};

/// How far into a queue a lane looks for more writes of the key it has taken up.
const SCAN_MAX: usize = 256;

struct Entry<J> {
    key: i64,
    since: Instant,
    job: J,
}

struct State<J> {
    foreground: VecDeque<Entry<J>>,
    background: VecDeque<Entry<J>>,
    closed: bool,
    /// Takers that wait.
    waiting: usize,
}

/// Two queues, foreground and background, one taker at a time getting a batch from both.
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    arrived: Condvar,
    queue_max: usize,
    background_wait_max: Duration,
}

impl<J> Queue<J> {
    pub(crate) fn new(queue_max: usize, background_wait_max: Duration) -> Queue<J> {
        let state = State { foreground: VecDeque::new(), background: VecDeque::new(), closed: false, waiting: 0 };
        Queue { state: Mutex::new(state), arrived: Condvar::new(), queue_max, background_wait_max }
    }

    pub(crate) fn push(&self, key: i64, priority: Priority, job: J) -> Result<(), Error> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        let queue = match priority {
            Priority::Foreground => &mut state.foreground,
            Priority::Background => &mut state.background,
        };
        if queue.len() >= self.queue_max {
            return Err(Error::Busy);
        }
        queue.push_back(Entry { key, since: Instant::now(), job });
        let is_awaited = state.waiting > 0;
        drop(state);
        // Telling nobody costs a call to the system all the same.
        if is_awaited {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for work and moves at most `batch_max` jobs into `batch`. `false` once closed and empty.
    ///
    /// A quarter of the batch is the background's when it has work; when its oldest has waited too long, it is the
    /// foreground that gets a quarter. What one side leaves free the other may use.
    pub(crate) fn take(&self, batch_max: usize, batch: &mut Vec<J>) -> bool {
        let Some(mut state) = self.wait() else { return false };
        let late = state.background.front().is_some_and(|entry| entry.since.elapsed() >= self.background_wait_max);
        let quarter = (batch_max / 4).max(1);
        let background_share = if late { batch_max.saturating_sub(quarter).max(1) } else { quarter };
        let spare = batch_max.saturating_sub(state.foreground.len());
        let background = state.background.len().min(background_share.max(spare)).min(batch_max);
        let foreground = state.foreground.len().min(batch_max - background);
        batch.extend(state.foreground.drain(..foreground).map(|entry| entry.job));
        batch.extend(state.background.drain(..background).map(|entry| entry.job));
        true
    }

    /// Like [`Queue::take`], but every job taken has the key of the first one.
    pub(crate) fn take_one_key(&self, batch_max: usize, batch: &mut Vec<J>, turn: u64) -> bool {
        let Some(mut state) = self.wait() else { return false };
        let late = state.background.front().is_some_and(|entry| entry.since.elapsed() >= self.background_wait_max);
        let background_first = state.foreground.is_empty() || late || turn % 4 == 3;
        let front = state.background.front().filter(|_| background_first).or(state.foreground.front());
        let Some(key) = front.or(state.background.front()).map(|entry| entry.key) else { return true };
        let State { foreground, background, .. } = &mut *state;
        let (first, second) = if background_first { (background, foreground) } else { (foreground, background) };
        take_key(first, key, batch_max, batch);
        take_key(second, key, batch_max, batch);
        true
    }

    fn wait(&self) -> Option<MutexGuard<'_, State<J>>> {
        let mut state = self.lock();
        while state.foreground.is_empty() && state.background.is_empty() {
            if state.closed {
                return None;
            }
            state.waiting += 1;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        Some(state)
    }

    /// Takes no more jobs; those already here are still given out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Jobs waiting, foreground and background.
    pub(crate) fn depths(&self) -> (u64, u64) {
        let state = self.lock();
        (state.foreground.len() as u64, state.background.len() as u64)
    }

    // No code of anybody else runs under this lock, so a poisoned one still guards good data.
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_key<J>(queue: &mut VecDeque<Entry<J>>, key: i64, batch_max: usize, batch: &mut Vec<J>) {
    let mut others = VecDeque::new();
    let mut looked = 0;
    while batch.len() < batch_max && looked < SCAN_MAX {
        let Some(entry) = queue.pop_front() else { break };
        looked += 1;
        if entry.key == key { batch.push(entry.job) } else { others.push_back(entry) }
    }
    while let Some(entry) = others.pop_back() {
        queue.push_front(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue<i64> {
        Queue::new(1000, Duration::from_secs(3600))
    }

    fn fill(queue: &Queue<i64>, priority: Priority, jobs: std::ops::Range<i64>) {
        jobs.for_each(|job| queue.push(job % 3, priority, job).unwrap());
    }

    #[test]
    fn a_quarter_of_a_batch_is_the_backgrounds() {
        let queue = queue();
        fill(&queue, Priority::Foreground, 0..500);
        fill(&queue, Priority::Background, 500..1000);
        let mut batch = Vec::new();
        assert!(queue.take(128, &mut batch));
        assert_eq!(batch.iter().filter(|job| **job >= 500).count(), 32);
        assert_eq!(batch.len(), 128);
    }

    #[test]
    fn what_one_side_leaves_free_the_other_uses() {
        let queue = queue();
        fill(&queue, Priority::Foreground, 0..10);
        fill(&queue, Priority::Background, 500..1000);
        let mut batch = Vec::new();
        assert!(queue.take(128, &mut batch));
        assert_eq!(batch.len(), 128);
        assert_eq!(batch[..10], (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn late_background_work_goes_first() {
        let queue = Queue::new(1000, Duration::ZERO);
        fill(&queue, Priority::Foreground, 0..500);
        fill(&queue, Priority::Background, 500..1000);
        let mut batch = Vec::new();
        assert!(queue.take(128, &mut batch));
        assert_eq!(batch.iter().filter(|job| **job >= 500).count(), 96);
    }

    #[test]
    fn a_lane_takes_one_key_in_order_and_leaves_the_others_in_order() {
        let queue = queue();
        fill(&queue, Priority::Foreground, 0..9);
        let mut batch = Vec::new();
        assert!(queue.take_one_key(128, &mut batch, 0));
        assert_eq!(batch, [0, 3, 6]);
        batch.clear();
        assert!(queue.take_one_key(128, &mut batch, 1));
        assert_eq!(batch, [1, 4, 7]);
    }

    #[test]
    fn every_fourth_turn_of_a_lane_begins_with_the_background() {
        let queue = queue();
        fill(&queue, Priority::Foreground, 0..1);
        fill(&queue, Priority::Background, 1..2);
        let mut batch = Vec::new();
        assert!(queue.take_one_key(128, &mut batch, 3));
        assert_eq!(batch, [1]);
    }

    #[test]
    fn a_closed_queue_gives_out_what_it_has_and_takes_nothing() {
        let queue = queue();
        fill(&queue, Priority::Foreground, 0..1);
        queue.close();
        assert!(matches!(queue.push(0, Priority::Foreground, 1), Err(Error::Closed)));
        let mut batch = Vec::new();
        assert!(queue.take(128, &mut batch));
        assert!(!queue.take(128, &mut batch));
    }
}
