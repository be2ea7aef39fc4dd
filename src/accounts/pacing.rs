//! How long to wait: between two sends of a number behind which a person is, and before trying a message again.
//! Plain functions; the randomness is given.

use std::time::Duration;

/// A seeded source of randomness (SplitMix64): the same seed, the same pauses. Nothing secret hangs on it.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// From 0 to 1, all alike.
    pub fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        // 53 bits are what a float keeps exactly.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Tries of one message before it fails for good: with the pauses below, close to three hours.
pub const ATTEMPTS_MAX: i64 = 20;
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(15 * 60);
/// How far a pause before a retry varies to either side.
const RETRY_JITTER: f64 = 0.2;

/// The pause after a send: half to one and a half times the mean, so that no clockwork shows.
pub fn pause(mean: Duration, dice: &mut Dice) -> Duration {
    mean.mul_f64(0.5 + dice.roll())
}

/// The pause before a message is tried again: doubling from a second to a quarter of an hour, and never shorter than
/// WhatsApp asked for.
pub fn retry_pause(attempts: i64, asked: Duration, dice: &mut Dice) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 31) - 1).unwrap_or(0);
    let pause = RETRY_FIRST.saturating_mul(1 << doublings).min(RETRY_MAX);
    pause.mul_f64(1.0 - RETRY_JITTER + 2.0 * RETRY_JITTER * dice.roll()).max(asked)
}

/// When an account may send next. Kept on the monotonic clock: a wall clock that is set back must stop no account.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The pause of a person's number; `None` where no pauses are needed.
    mean: Option<Duration>,
    free_at: Duration,
    dice: Dice,
    /// How fast WhatsApp lets it send; `None`: as fast as it goes.
    bucket: Option<Bucket>,
}

/// Messages that may go: a tenth of a second's at once, the other nine as the second passes, so that never more than a
/// second's go within one.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    per_second: u32,
    tokens: f64,
    /// When `tokens` was right.
    at: Duration,
}

/// A second's share that may go at once.
const AT_ONCE: f64 = 0.1;

impl Bucket {
    fn full(per_second: u32) -> Bucket {
        Bucket { per_second, tokens: most(per_second), at: Duration::ZERO }
    }

    fn tokens(&self, now: Duration) -> f64 {
        let refilled = now.saturating_sub(self.at).as_secs_f64() * refill(self.per_second);
        (self.tokens + refilled).min(most(self.per_second))
    }

    fn take(&mut self, now: Duration, count: usize, per_second: u32) {
        let left = self.tokens(now) - count as f64;
        *self = Bucket { per_second, tokens: left.min(most(per_second)), at: now };
    }

    fn wait(&self, now: Duration) -> Option<Duration> {
        let missing = 1.0 - self.tokens(now);
        (missing > 0.0).then(|| Duration::from_secs_f64(missing / refill(self.per_second)))
    }
}

/// What may go at once; a message always may.
fn most(per_second: u32) -> f64 {
    (f64::from(per_second) * AT_ONCE).max(1.0)
}

/// What comes back in a second.
fn refill(per_second: u32) -> f64 {
    f64::from(per_second.max(1)) * (1.0 - AT_ONCE)
}

impl Pace {
    pub fn new(paced: bool, mean: Duration, per_second: Option<u32>, seed: u64) -> Pace {
        let bucket = per_second.map(Bucket::full);
        Pace { mean: paced.then_some(mean), free_at: Duration::ZERO, dice: Dice::new(seed), bucket }
    }

    /// How many messages may go at `now`, at most `wanted`.
    pub fn allows(&self, now: Duration, wanted: usize) -> usize {
        let wanted = match self.mean {
            Some(_) if now < self.free_at => 0,
            Some(_) => wanted.min(1),
            None => wanted,
        };
        // Less than none are none.
        self.bucket.map_or(wanted, |bucket| wanted.min(bucket.tokens(now) as usize))
    }

    /// How long until a message may go; nothing if one may go now.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let pause = self.mean.and(self.free_at.checked_sub(now)).filter(|wait| !wait.is_zero());
        pause.max(self.bucket.and_then(|bucket| bucket.wait(now)))
    }

    /// Notes that messages went at `now`, with the workspace's present mean pause and what WhatsApp allows in a second,
    /// where it said so.
    pub fn went(&mut self, now: Duration, count: usize, mean: Duration, per_second: Option<u32>) {
        if self.mean.is_some() {
            self.mean = Some(mean);
            self.free_at = now + pause(mean, &mut self.dice);
        }
        if let Some(bucket) = &mut self.bucket {
            bucket.take(now, count, per_second.unwrap_or(bucket.per_second));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEAN: Duration = Duration::from_secs(2);

    proptest! {
        #[test]
        fn pauses_stay_within_their_bounds_and_near_their_mean(seed: u64) {
            let mut dice = Dice::new(seed);
            let pauses: Vec<Duration> = (0..2000).map(|_| pause(MEAN, &mut dice)).collect();
            prop_assert!(pauses.iter().all(|pause| *pause >= MEAN / 2 && *pause < MEAN * 3 / 2));
            let mean = pauses.iter().sum::<Duration>() / 2000;
            prop_assert!(mean > MEAN.mul_f64(0.9) && mean < MEAN.mul_f64(1.1), "{mean:?}");
        }

        #[test]
        fn a_retry_never_comes_sooner_than_asked_nor_later_than_the_limit(
            seed: u64, attempts in 0..100_i64, asked_ms in 0..3_600_000_u64,
        ) {
            let asked = Duration::from_millis(asked_ms);
            let pause = retry_pause(attempts, asked, &mut Dice::new(seed));
            prop_assert!(pause >= asked && pause <= asked.max(RETRY_MAX.mul_f64(1.0 + RETRY_JITTER)));
        }

        #[test]
        fn a_paced_account_never_sends_faster_than_half_its_mean(seed: u64, steps in proptest::collection::vec(1..700_u64, 1..500)) {
            let mut pace = Pace::new(true, MEAN, None, seed);
            let (mut now, mut last) = (Duration::from_secs(5), None::<Duration>);
            for step in steps {
                now += Duration::from_millis(step);
                if pace.allows(now, 64) == 0 {
                    prop_assert!(pace.wait(now).is_some_and(|wait| wait <= MEAN * 3 / 2));
                    continue;
                }
                prop_assert_eq!(pace.allows(now, 64), 1);
                prop_assert!(last.is_none_or(|last| now - last >= MEAN / 2));
                pace.went(now, 1, MEAN, None);
                last = Some(now);
            }
        }
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_whatsapp_allows_and_none_is_wasted(
            per_second in 1..2_000_u32, steps in proptest::collection::vec(0..50_u64, 1..400),
        ) {
            let mut pace = Pace::new(false, MEAN, Some(per_second), 7);
            let (mut now, mut went) = (Duration::from_secs(5), Vec::<(Duration, usize)>::new());
            for step in steps {
                now += Duration::from_millis(step);
                let count = pace.allows(now, 64);
                prop_assert_eq!(count == 0, pace.wait(now).is_some());
                if count > 0 {
                    pace.went(now, count, MEAN, None);
                    went.push((now, count));
                }
                let begins = now.saturating_sub(Duration::from_millis(999));
                let within: usize = went.iter().filter(|(at, _)| *at >= begins).map(|(_, count)| count).sum();
                // One at least may always go; rounding may add one to few.
                prop_assert!(within <= per_second.max(2) as usize, "{within} in a second of {per_second}");
            }
            let last = pace.wait(now).unwrap_or_default();
            prop_assert!(last <= Duration::from_secs(2), "{last:?}");
            prop_assert!(pace.allows(now + last + Duration::from_millis(1), 64) >= 1);
        }
    }

    #[test]
    fn another_speed_counts_from_the_next_message_on() {
        let mut pace = Pace::new(false, MEAN, Some(80), 1);
        assert_eq!(pace.allows(Duration::ZERO, 64), 8);
        pace.went(Duration::ZERO, 8, MEAN, Some(1_000));
        let second = Duration::from_secs(1);
        assert_eq!(pace.allows(second, 640), 100, "a tenth of a thousand at once");
        pace.went(second, 64, MEAN, None);
        assert_eq!(pace.allows(second, 64), 36);
    }

    #[test]
    fn an_unpaced_account_sends_all_it_has() {
        let mut pace = Pace::new(false, MEAN, None, 1);
        pace.went(Duration::ZERO, 64, MEAN, None);
        assert_eq!((pace.allows(Duration::ZERO, 64), pace.wait(Duration::ZERO)), (64, None));
    }

    #[test]
    fn the_first_retry_waits_what_was_asked() {
        let two_seconds = Duration::from_secs(2);
        assert_eq!(retry_pause(1, two_seconds, &mut Dice::new(7)), two_seconds);
    }
}
