//! The rate limit of one node: at most N calls of a workspace in any sliding 60 s. Source: the contract, "Limits and money".
//!
//! A call at `t` holds its slot through `t + 60 s`, exclusive: N calls at `t` admit the next at `t + 60 s` exactly. Up to
//! [`EXACT_LIMIT_MAX`] each slot is kept with its own instant; above, instants are rounded up to the whole second and
//! counted together, which holds slots up to a second too long and so never admits more than N.
//!
//! Instants are monotonic readings the caller gives (`Clock::monotonic`), never the wall clock, which jumps. Two
//! threads' readings may come in the wrong order by up to [`LATE_NS`] and the limit still holds on the readings as given.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The highest limit, in calls per 60 s, that is kept to the nanosecond (32 KB of slots at worst).
pub const EXACT_LIMIT_MAX: u32 = 1_000;

const WINDOW_NS: i64 = 60_000_000_000;
const BUCKET_NS: i64 = 1_000_000_000;
/// How long a slot is kept once it is free, for readings that come late.
const LATE_NS: i64 = 1_000_000_000;
/// What an age taken from the log can be wrong by: its rows are stamped in whole milliseconds.
const LOG_GRAIN: Duration = Duration::from_millis(1);
/// Locks of [`RateWindows`]: enough that the threads of a large machine seldom meet.
const SHARDS: i64 = 32;
/// How often a shard drops its idle windows.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Refused: how long until a call would be admitted, if no other came first.
///
/// Above [`EXACT_LIMIT_MAX`] the true wait can be 61 s; the contract allows 60, and the next answer then says 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    seconds: u8,
}

impl RetryAfter {
    /// Whole seconds, rounded up, 1 to 60.
    pub fn seconds(self) -> u64 {
        u64::from(self.seconds)
    }

    fn from_ns(wait_ns: i64) -> RetryAfter {
        let seconds = (wait_ns + 999_999_999).div_euclid(1_000_000_000).clamp(1, 60);
        RetryAfter { seconds: u8::try_from(seconds).unwrap_or(60) }
    }
}

/// Calls that took their slots at one instant.
#[derive(Debug)]
struct Slots {
    /// The monotonic reading, ns; negative for calls before this process began.
    at_ns: i64,
    calls: u32,
}

/// One workspace's sliding window. Memory grows with the calls of the last minute, not with the limit.
#[derive(Debug)]
pub struct RateWindow {
    limit: u32,
    /// Oldest first; never an instant twice.
    slots: VecDeque<Slots>,
}

impl RateWindow {
    /// An empty window for `limit` calls per 60 s; a limit of 0 admits nothing.
    pub fn new(limit: u32) -> RateWindow {
        RateWindow { limit, slots: VecDeque::new() }
    }

    /// The window as a process finds it at its start: the log's calls, each as its age at `now`, in any order, and
    /// `assumed` calls that may have been admitted and never logged.
    ///
    /// The log is flushed within 200 ms, so a crash can forget the calls of its last 200 ms; the caller knows whether there
    /// was one and how many calls to allow for (the limit, to be certain). They hold their slots from `now` on, the
    /// latest they can have happened.
    pub fn rebuild(limit: u32, now: Duration, ages: impl IntoIterator<Item = Duration>, assumed: u32) -> RateWindow {
        let now_ns = nanoseconds(now);
        let mut instants: Vec<i64> = ages
            .into_iter()
            .map(|age| nanoseconds(age.saturating_sub(LOG_GRAIN)))
            .filter(|age_ns| *age_ns < WINDOW_NS)
            .map(|age_ns| now_ns - age_ns)
            .collect();
        instants.sort_unstable();
        let mut window = RateWindow::new(limit);
        for at_ns in instants {
            window.hold(at_ns, 1);
        }
        if assumed > 0 {
            window.hold(now_ns, assumed);
        }
        window
    }

    /// Changes the limit from the next call on. Slots already taken stay taken: a lowered limit admits nothing until
    /// enough of them are free, a raised one admits the difference at once.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// Takes a slot for a call at `now`, or says when to come again. A refused call takes none.
    pub fn take(&mut self, now: Duration) -> Result<(), RetryAfter> {
        let now_ns = nanoseconds(now);
        while self.slots.front().is_some_and(|oldest| oldest.at_ns + WINDOW_NS + LATE_NS <= now_ns) {
            self.slots.pop_front();
        }
        match self.wait_ns(now_ns) {
            Some(wait_ns) => Err(RetryAfter::from_ns(wait_ns)),
            None => {
                self.hold(now_ns, 1);
                Ok(())
            }
        }
    }

    /// The whole rule: how long the call that came `limit` calls before this one still holds its slot, in ns; `None`: it
    /// doesn't, or there was none.
    fn wait_ns(&self, now_ns: i64) -> Option<i64> {
        if self.limit == 0 {
            return Some(WINDOW_NS);
        }
        let mut calls = 0u32;
        for slots in self.slots.iter().rev() {
            calls = calls.saturating_add(slots.calls);
            if calls >= self.limit {
                let wait_ns = slots.at_ns + WINDOW_NS - now_ns;
                return (wait_ns > 0).then_some(wait_ns);
            }
        }
        None
    }

    fn hold(&mut self, now_ns: i64, calls: u32) {
        let exact = self.limit <= EXACT_LIMIT_MAX;
        let mut at_ns = if exact { now_ns } else { (now_ns + BUCKET_NS - 1).div_euclid(BUCKET_NS) * BUCKET_NS };
        if let Some(newest) = self.slots.back_mut() {
            // A reading that comes late counts as the newest: the order of slots is the order they were taken in.
            at_ns = at_ns.max(newest.at_ns);
            if newest.at_ns == at_ns {
                newest.calls = newest.calls.saturating_add(calls);
                return;
            }
        }
        self.slots.push_back(Slots { at_ns, calls });
    }

    /// Whether a new window would admit the same calls from `now` on.
    fn is_idle(&self, now: Duration) -> bool {
        self.slots.back().is_none_or(|newest| newest.at_ns + WINDOW_NS + LATE_NS <= nanoseconds(now))
    }
}

/// The windows of all workspaces that called this node in the last minutes; older ones are dropped.
#[derive(Debug)]
pub struct RateWindows {
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    windows: HashMap<i64, RateWindow>,
    sweep_at: Duration,
}

impl Default for RateWindows {
    fn default() -> RateWindows {
        RateWindows { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl RateWindows {
    /// Takes a slot of `workspace`, whose limit is `limit` calls per 60 s from this call on.
    pub fn take(&self, workspace: i64, limit: u32, now: Duration) -> Result<(), RetryAfter> {
        self.with_shard(workspace, |shard| {
            shard.sweep(now);
            let window = shard.windows.entry(workspace).or_insert_with(|| RateWindow::new(limit));
            window.set_limit(limit);
            window.take(now)
        })
    }

    /// Puts a rebuilt window in place, at start and before the first call is taken.
    pub fn restore(&self, workspace: i64, window: RateWindow) {
        self.with_shard(workspace, |shard| shard.windows.insert(workspace, window));
    }

    /// How many windows are held, for the metrics.
    pub fn held(&self) -> usize {
        (0..SHARDS).map(|shard| self.with_shard(shard, |shard| shard.windows.len())).sum()
    }

    fn with_shard<T>(&self, workspace: i64, act: impl FnOnce(&mut Shard) -> T) -> T {
        // Workspaces are numbered one after the other, so the remainder spreads them evenly.
        let shard = usize::try_from(workspace.rem_euclid(SHARDS)).unwrap_or(0);
        // A panic elsewhere can't leave a window half changed: every change is one step.
        act(&mut self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    fn sweep(&mut self, now: Duration) {
        if now < self.sweep_at {
            return;
        }
        self.sweep_at = now + SWEEP_EVERY;
        self.windows.retain(|_, window| !window.is_idle(now));
        self.windows.shrink_to(self.windows.len() * 2);
    }
}

fn nanoseconds(span: Duration) -> i64 {
    // A quarter of the type's range (73 years) leaves room to add windows without a check.
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);
    const NANOSECOND: Duration = Duration::from_nanos(1);

    fn after(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn take_times(window: &mut RateWindow, times: u32, now: Duration) -> u32 {
        (0..times).filter(|_| window.take(now).is_ok()).count().try_into().unwrap()
    }

    #[test]
    fn the_fifty_first_call_of_a_minute_is_refused_and_admitted_when_the_first_is_a_minute_old() {
        let mut window = RateWindow::new(50);
        assert_eq!(take_times(&mut window, 51, after(7.0)), 50);
        assert_eq!(window.take(after(67.0) - NANOSECOND), Err(RetryAfter { seconds: 1 }));
        assert_eq!(take_times(&mut window, 51, after(67.0)), 50);
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        let mut window = RateWindow::new(1);
        assert_eq!(window.take(after(0.5)), Ok(()));
        for (now, seconds) in [(0.5, 60), (0.6, 60), (1.5, 59), (1.6, 59), (59.6, 1), (60.4, 1)] {
            assert_eq!(window.take(after(now)).map_err(RetryAfter::seconds), Err(seconds), "at {now} s");
        }
    }

    #[test]
    fn a_limit_of_nothing_admits_nothing_even_after_better_days() {
        let mut window = RateWindow::new(1);
        assert_eq!(window.take(after(0.0)), Ok(()));
        window.set_limit(0);
        assert_eq!(window.take(after(60.5)), Err(RetryAfter { seconds: 60 }));
    }

    #[test]
    fn lowering_and_raising_the_limit_forgets_no_call() {
        let mut window = RateWindow::new(50);
        assert_eq!(take_times(&mut window, 40, after(0.0)), 40);
        window.set_limit(5);
        assert_eq!(window.take(after(30.0)), Err(RetryAfter { seconds: 30 }));
        window.set_limit(50);
        assert_eq!(take_times(&mut window, 50, after(30.0)), 10);
    }

    #[test]
    fn a_rebuilt_window_counts_the_logged_and_the_assumed_calls() {
        let ages = [59.0, 10.0, 75.0, 60.0 - 0.0005].map(after);
        let mut window = RateWindow::rebuild(10, after(2.0), ages, 4);
        // Of the ten, one is a minute old and still held for the log's millisecond, one is long past.
        assert_eq!(take_times(&mut window, 10, after(2.0)), 10 - 3 - 4);
        assert_eq!(take_times(&mut window, 10, after(2.001)), 0);
        assert_eq!(take_times(&mut window, 10, after(2.002)), 1);
        assert_eq!(take_times(&mut window, 10, after(3.001)), 1);
        assert_eq!(take_times(&mut window, 10, after(61.999)), 1, "only the call of ten seconds before is free");
        assert_eq!(take_times(&mut window, 10, after(62.0)), 7, "the assumed calls hold a whole minute");
    }

    #[test]
    fn a_high_limit_takes_little_memory() {
        let mut window = RateWindow::new(1_000_000);
        for ms in 0..120_000 {
            let _ = take_times(&mut window, 10, Duration::from_millis(ms));
        }
        assert!(window.slots.len() <= 63, "{} buckets", window.slots.len());
    }

    #[test]
    fn thirty_two_threads_get_exactly_the_limit() {
        for limit in [1, 50, 1_000, 5_000] {
            let (windows, admitted) = (RateWindows::default(), AtomicU32::new(0));
            let (barrier, started) = (Barrier::new(32), Instant::now());
            std::thread::scope(|scope| {
                for _ in 0..32 {
                    scope.spawn(|| {
                        barrier.wait();
                        for _ in 0..limit {
                            // Read outside the lock, as a server does: readings arrive in any order.
                            if windows.take(7, limit, started.elapsed()).is_ok() {
                                admitted.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                }
            });
            assert!(started.elapsed() < WINDOW, "too slow a machine to tell");
            assert_eq!(admitted.into_inner(), limit);
        }
    }

    #[test]
    fn workspaces_share_neither_window_nor_limit() {
        let windows = RateWindows::default();
        for workspace in [-1, 0, 1, SHARDS, i64::MAX] {
            assert_eq!(windows.take(workspace, 1, after(0.0)), Ok(()));
            assert!(windows.take(workspace, 1, after(0.0)).is_err());
            assert_eq!(windows.take(workspace, 2, after(0.0)), Ok(()), "a limit raised meanwhile");
        }
    }

    #[test]
    fn idle_windows_are_dropped_and_busy_ones_are_not() {
        let windows = RateWindows::default();
        for workspace in 0..10_000 {
            assert_eq!(windows.take(workspace, 1, after(0.0)), Ok(()));
        }
        windows.restore(SHARDS, RateWindow::rebuild(1, after(50.0), [], 1));
        assert_eq!(windows.held(), 10_000);
        assert!(windows.take(SHARDS, 1, after(61.0)).is_err(), "swept, and still held for the call at 50 s");
        for workspace in 1..SHARDS {
            assert_eq!(windows.take(workspace, 1, after(61.0)), Ok(()));
        }
        assert_eq!(windows.held(), usize::try_from(SHARDS).unwrap());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait { span: Duration },
        Call { times: u32 },
        SetLimit { limit: u32 },
    }

    fn span() -> impl Strategy<Value = Duration> {
        prop_oneof![
            (0..2_000_000_000u64).prop_map(Duration::from_nanos),
            (0..20_000_000_000u64).prop_map(Duration::from_nanos),
            prop::sample::select(vec![
                NANOSECOND,
                after(1.0),
                after(30.0),
                WINDOW - NANOSECOND,
                WINDOW,
                WINDOW + NANOSECOND
            ]),
        ]
    }

    fn steps(limit: impl Strategy<Value = u32>, times_max: u32) -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => span().prop_map(|span| Step::Wait { span }),
            8 => (1..=times_max).prop_map(|times| Step::Call { times }),
            1 => limit.prop_map(|limit| Step::SetLimit { limit }),
        ];
        prop::collection::vec(step, 0..100)
    }

    /// The naive model: of all calls ever admitted, oldest first, those less than `window` before `now`.
    fn held(admitted: &[Duration], now: Duration, window: Duration) -> u32 {
        let over = admitted.partition_point(|at| now - *at >= window);
        (admitted.len() - over).try_into().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn it_admits_and_refuses_as_a_list_of_all_calls_would(steps in steps(0..12u32, 8)) {
            let (mut now, mut limit, mut admitted) = (Duration::ZERO, 6, Vec::new());
            let mut window = RateWindow::new(limit);
            for step in steps {
                match step {
                    Step::Wait { span } => now += span,
                    Step::SetLimit { limit: new } => (limit, _) = (new, window.set_limit(new)),
                    Step::Call { times } => for _ in 0..times {
                        let admits_after = |seconds| held(&admitted, now + Duration::from_secs(seconds), WINDOW) < limit;
                        let expected = (0..=60).find(|seconds| admits_after(*seconds)).unwrap_or(60);
                        match window.take(now) {
                            Ok(()) => {
                                prop_assert_eq!(expected, 0);
                                admitted.push(now);
                            }
                            Err(retry) => prop_assert_eq!(retry.seconds(), expected),
                        }
                    }
                }
            }
        }

        #[test]
        fn readings_that_come_late_do_not_stretch_any_minute(
            limit in 1..8u32, calls in prop::collection::vec((span(), 0..1_000_000_000u64), 0..200),
        ) {
            let (mut now, mut admitted, mut window) = (Duration::from_secs(1), Vec::new(), RateWindow::new(limit));
            for (span, late_ns) in calls {
                now += span / 4;
                let reading = now - Duration::from_nanos(late_ns);
                if window.take(reading).is_ok() {
                    admitted.push(reading);
                }
            }
            for end in &admitted {
                let minute = admitted.iter().filter(|at| *at <= end && *end - **at < WINDOW).count();
                prop_assert!(minute <= limit as usize);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn above_a_thousand_it_errs_low_and_by_a_second_at_most(
            steps in steps(prop::sample::select(vec![5, 1_000, 1_001, 1_200]), 500),
        ) {
            let (mut now, mut limit, mut admitted) = (Duration::ZERO, 1_001, Vec::new());
            let mut window = RateWindow::new(limit);
            for step in steps {
                match step {
                    Step::Wait { span } => now += span,
                    Step::SetLimit { limit: new } => (limit, _) = (new, window.set_limit(new)),
                    Step::Call { times } => for _ in 0..times {
                        if window.take(now).is_ok() {
                            prop_assert!(held(&admitted, now, WINDOW) < limit);
                            admitted.push(now);
                        } else {
                            prop_assert!(held(&admitted, now, WINDOW + Duration::from_secs(1)) >= limit);
                            break;
                        }
                    }
                }
            }
        }
    }
}
