//! Billing cycles against known dates, against an independent calculation, and against clocks and owners that misbehave.

use std::time::Duration;

use jiff::tz::TimeZone;
use partyline::clock::Time;
use partyline::workspace::cycle::{Cycle, SHORTEST, cycle_at, roll};
use proptest::prelude::*;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Time {
    Time::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// The starts of the cycles from the one at `first` on.
fn starts(anchor: &str, zone_name: &str, first: &str, count: usize) -> Vec<String> {
    let (anchor, zone, mut now, mut starts) = (at(anchor), zone(zone_name), at(first), Vec::new());
    for _ in 0..count {
        let cycle = cycle_at(anchor, &zone, now);
        let local = zone.to_datetime(jiff::Timestamp::from_millisecond(cycle.starts_at.ms()).unwrap());
        starts.push(local.strftime("%F %H:%M").to_string());
        now = cycle.ends_at;
    }
    starts
}

#[test]
fn the_thirty_first_is_clamped_and_never_drifts() {
    let months = starts("2026-01-31T12:00:00Z", "UTC", "2026-01-31T12:00:00Z", 5);
    assert_eq!(
        months,
        ["2026-01-31 12:00", "2026-02-28 12:00", "2026-03-31 12:00", "2026-04-30 12:00", "2026-05-31 12:00"]
    );
    let leap = starts("2026-01-31T12:00:00Z", "UTC", "2028-01-31T12:00:00Z", 3);
    assert_eq!(leap, ["2028-01-31 12:00", "2028-02-29 12:00", "2028-03-31 12:00"]);
}

#[test]
fn cycles_reach_back_before_the_anchor() {
    let months = starts("2026-03-30T00:00:00Z", "UTC", "2023-12-31T00:00:00Z", 4);
    assert_eq!(months, ["2023-12-30 00:00", "2024-01-30 00:00", "2024-02-29 00:00", "2024-03-30 00:00"]);
}

#[test]
fn a_start_the_clocks_skip_comes_later_and_the_next_is_on_time_again() {
    // New York goes from 02:00 to 03:00 on 8 March 2026; Apia had no 30 December 2011.
    let months = starts("2026-02-08T07:30:00Z", "America/New_York", "2026-02-08T07:30:00Z", 3);
    assert_eq!(months, ["2026-02-08 02:30", "2026-03-08 03:30", "2026-04-08 02:30"]);
    let months = starts("2011-10-30T20:00:00Z", "Pacific/Apia", "2011-11-30T20:00:00Z", 3);
    assert_eq!(months, ["2011-11-30 10:00", "2011-12-31 10:00", "2012-01-30 10:00"]);
}

#[test]
fn a_start_the_clocks_repeat_is_the_first_of_the_two() {
    // Lisbon goes from 02:00 back to 01:00 on 25 October 2026; Lord Howe's half hour ends on 5 April.
    let cycle = cycle_at(at("2026-09-25T00:30:00Z"), &zone("Europe/Lisbon"), at("2026-10-25T00:45:00Z"));
    assert_eq!(cycle, Cycle { starts_at: at("2026-10-25T00:30:00Z"), ends_at: at("2026-11-25T01:30:00Z") });
    let cycle = cycle_at(at("2026-03-04T14:45:00Z"), &zone("Australia/Lord_Howe"), at("2026-04-05T00:00:00Z"));
    assert_eq!(cycle, Cycle { starts_at: at("2026-04-04T14:45:00Z"), ends_at: at("2026-05-04T15:15:00Z") });
}

#[test]
fn a_cycle_that_began_before_the_clocks_left_its_month_again_has_begun() {
    // St. John's went from 00:01 on 1 November 2009 back to 23:01 on 31 October.
    let anchor = at("2009-09-01T02:30:30Z");
    let cycle = cycle_at(anchor, &zone("America/St_Johns"), at("2009-11-01T02:45:00Z"));
    assert_eq!(cycle, Cycle { starts_at: at("2009-11-01T02:30:30Z"), ends_at: at("2009-12-01T03:30:30Z") });
}

#[test]
fn a_mad_clock_is_no_panic() {
    for now in [i64::MIN, i64::MAX] {
        for anchor in [i64::MIN, 0, i64::MAX] {
            let cycle = cycle_at(Time::from_ms(anchor), &zone("Pacific/Apia"), Time::from_ms(now));
            assert!(cycle.starts_at < cycle.ends_at);
        }
    }
}

/// A second calculation that shares nothing with the first but the zones' offsets: days counted by hand (the algorithm is
/// Howard Hinnant's `days_from_civil`), months added by hand, skipped and repeated times resolved by hand.
mod by_hand {
    use super::{DAY_MS, HOUR_MS, TimeZone};

    fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let of_era = shifted - era * 400;
        let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn civil_from_days(days: i64) -> (i64, i64, i64) {
        let era = (days + 719_468).div_euclid(146_097);
        let of_era = days + 719_468 - era * 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_based = (5 * of_year + 2) / 153;
        let month = if march_based < 10 { march_based + 3 } else { march_based - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, of_year - (153 * march_based + 2) / 5 + 1)
    }

    fn days_in_month(year: i64, month: i64) -> i64 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }

    fn offset_ms(zone: &TimeZone, utc_ms: i64) -> i64 {
        let at = jiff::Timestamp::from_millisecond(utc_ms).unwrap();
        i64::from(zone.to_offset(at).seconds()) * 1000
    }

    /// Both a skipped and a repeated local time are read with the offset before the change.
    fn utc_from_local(zone: &TimeZone, local_ms: i64) -> i64 {
        // No zone is further than 16 hours from UTC, so a change near this local time lies between the two.
        let before = local_ms - offset_ms(zone, local_ms - 16 * HOUR_MS);
        let after = local_ms - offset_ms(zone, local_ms + 16 * HOUR_MS);
        let exists = |utc_ms| utc_ms + offset_ms(zone, utc_ms) == local_ms;
        match (exists(before), exists(after)) {
            (true, true) => before.min(after),
            (false, true) => after,
            (true, false) | (false, false) => before,
        }
    }

    pub fn start_of(anchor_ms: i64, zone: &TimeZone, n: i64) -> i64 {
        if n == 0 {
            return anchor_ms;
        }
        let local_ms = anchor_ms + offset_ms(zone, anchor_ms);
        let (year, month, day) = civil_from_days(local_ms.div_euclid(DAY_MS));
        let months = year * 12 + (month - 1) + n;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let days = days_from_civil(year, month, day.min(days_in_month(year, month)));
        utc_from_local(zone, days * DAY_MS + local_ms.rem_euclid(DAY_MS))
    }

    pub fn cycle_at(anchor_ms: i64, zone: &TimeZone, now_ms: i64) -> (i64, i64) {
        // 4,800 Gregorian months have 146,097 days: a guess two months early, then forward.
        let mut n = ((now_ms - anchor_ms) * 4_800).div_euclid(146_097 * DAY_MS) - 2;
        let mut starts_at = start_of(anchor_ms, zone, n);
        assert!(starts_at <= now_ms);
        loop {
            let ends_at = start_of(anchor_ms, zone, n + 1);
            if now_ms < ends_at {
                return (starts_at, ends_at);
            }
            (n, starts_at) = (n + 1, ends_at);
        }
    }
}

const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Lisbon",
    "America/Sao_Paulo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
    "Asia/Kathmandu",
    "Asia/Manila",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "America/Juneau",
    "Europe/Dublin",
];

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % end.unsigned_abs()).unwrap()
    }

    fn between(&mut self, first: i64, end: i64) -> i64 {
        first + self.below(end - first)
    }
}

/// Where zones change their clocks, from 1840 to 2120.
fn changes(zone: &TimeZone, first_ms: i64, end_ms: i64) -> Vec<i64> {
    let first = jiff::Timestamp::from_millisecond(first_ms).unwrap();
    zone.following(first).map(|change| change.timestamp().as_millisecond()).take_while(|ms| *ms < end_ms).collect()
}

#[test]
fn a_hundred_thousand_cycles_agree_with_a_calculation_by_hand() {
    let (first_ms, end_ms) = (at("1840-01-01T00:00:00Z").ms(), at("2120-01-01T00:00:00Z").ms());
    let zones = ZONES.map(zone);
    let changes = zones.each_ref().map(|zone| changes(zone, first_ms, end_ms));
    let mut random = Random(20_261_122);
    let mut unlike_utc = 0;
    for _ in 0..100_000 {
        let pick = usize::try_from(random.below(14)).unwrap();
        let (zone, changes) = (&zones[pick], &changes[pick]);
        let mut anchor = random.between(first_ms, end_ms);
        if !changes.is_empty() && random.below(2) == 0 {
            // Near a change of the clocks, some months earlier or later: its local time is often skipped or repeated.
            let change = changes[usize::try_from(random.below(changes.len() as i64)).unwrap()];
            let n = random.between(-40, 40);
            anchor = by_hand::start_of(change, zone, n) + random.between(-2 * HOUR_MS, 2 * HOUR_MS);
        }
        let mut now = match random.below(3) {
            0 => random.between(first_ms, end_ms),
            _ => anchor + random.between(-1500 * DAY_MS, 1500 * DAY_MS),
        };
        if random.below(2) == 0 {
            // On a start, or a moment beside it.
            now = by_hand::cycle_at(anchor, zone, now).0 + random.between(-1, 2);
        }
        let cycle = cycle_at(Time::from_ms(anchor), zone, Time::from_ms(now));
        let expected = by_hand::cycle_at(anchor, zone, now);
        let found = (cycle.starts_at.ms(), cycle.ends_at.ms());
        assert_eq!(found, expected, "anchor {anchor}, {}, now {now}", ZONES[pick]);
        assert!(found.0 <= now && now < found.1, "the cycle holds its moment");
        assert!((SHORTEST.as_millis() as i64..=32 * DAY_MS).contains(&(found.1 - found.0)), "a cycle is a month");
        unlike_utc += i32::from(expected != by_hand::cycle_at(anchor, &TimeZone::UTC, now));
    }
    assert!(unlike_utc > 10_000, "zones hardly mattered: {unlike_utc}");
}

#[test]
fn cycles_follow_one_another_while_nothing_changes() {
    let (anchor, zone) = (at("2025-12-31T03:00:00Z"), zone("America/New_York"));
    let mut current = cycle_at(anchor, &zone, anchor);
    for _ in 0..2_400 {
        assert_eq!(roll(current, anchor, &zone, current.ends_at - Duration::from_millis(1)), None);
        let next = roll(current, anchor, &zone, current.ends_at).unwrap();
        assert_eq!(next, cycle_at(anchor, &zone, current.ends_at));
        current = next;
    }
}

#[test]
fn a_workspace_nobody_used_for_months_wakes_in_the_calendars_cycle() {
    let (anchor, now) = (at("2026-01-31T12:00:00Z"), at("2026-07-04T00:00:00Z"));
    let current = cycle_at(anchor, &TimeZone::UTC, anchor);
    assert_eq!(roll(current, anchor, &TimeZone::UTC, now), Some(cycle_at(anchor, &TimeZone::UTC, now)));
}

#[test]
fn a_moved_anchor_keeps_the_current_end_and_lengthens_the_next_cycle() {
    let current = Cycle { starts_at: at("2026-05-01T00:00:00Z"), ends_at: at("2026-06-01T00:00:00Z") };
    let moved = at("2026-05-15T00:00:00Z");
    assert_eq!(roll(current, moved, &TimeZone::UTC, at("2026-05-31T00:00:00Z")), None);
    let next = Cycle { starts_at: current.ends_at, ends_at: at("2026-07-15T00:00:00Z") };
    assert_eq!(roll(current, moved, &TimeZone::UTC, at("2026-06-01T00:00:00Z")), Some(next));
    assert_eq!(roll(current, moved, &TimeZone::UTC, at("2026-06-20T00:00:00Z")), Some(next), "whenever it is asked");
}

#[test]
fn twenty_seven_days_are_a_cycle_and_a_millisecond_less_is_not() {
    let current = Cycle { starts_at: at("2026-05-01T00:00:00Z"), ends_at: at("2026-06-01T00:00:00Z") };
    for (anchor, end) in
        [("2026-05-28T00:00:00Z", "2026-06-28T00:00:00Z"), ("2026-05-27T23:59:59.999Z", "2026-07-27T23:59:59.999Z")]
    {
        let next = roll(current, at(anchor), &TimeZone::UTC, current.ends_at).unwrap();
        assert_eq!(next.ends_at, at(end));
    }
}

#[test]
fn setting_ones_own_zone_costs_no_cycle() {
    // An hour or a night either way moves the starts a little, not by a month.
    let anchor = at("2026-01-20T10:00:00Z");
    for name in ZONES {
        let current = cycle_at(anchor, &TimeZone::UTC, at("2026-05-01T00:00:00Z"));
        let next = roll(current, anchor, &zone(name), current.ends_at).unwrap();
        let days = next.ends_at.since(next.starts_at).as_secs_f64() / 86_400.0;
        assert!((27.0..=32.5).contains(&days), "{name}: {days} days");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pass {
        ms: i64,
    },
    JumpBack {
        ms: i64,
    },
    MoveAnchor {
        by_ms: i64,
    },
    SetZone {
        pick: usize,
    },
    /// To the millisecond before the current cycle ends, or the end itself: where cheating would pay.
    ToTheEnd {
        early_ms: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20 * DAY_MS).prop_map(|ms| Step::Pass { ms }),
        1 => (0..100 * DAY_MS).prop_map(|ms| Step::JumpBack { ms }),
        3 => (-40 * DAY_MS..40 * DAY_MS).prop_map(|by_ms| Step::MoveAnchor { by_ms }),
        1 => (0..ZONES.len()).prop_map(|pick| Step::SetZone { pick }),
        4 => (0..2i64).prop_map(|early_ms| Step::ToTheEnd { early_ms }),
    ]
}

/// A workspace whose owner spends every call as soon as there is one.
struct Spender {
    anchor: Time,
    zone: TimeZone,
    current: Cycle,
    used: u32,
    /// When each allowance of calls was spent.
    spent_at: Vec<i64>,
}

const CALLS_PER_CYCLE: u32 = 3;

impl Spender {
    /// Every call rolls, then is counted.
    fn spend(&mut self, now: Time, stamp: i64) {
        if let Some(next) = roll(self.current, self.anchor, &self.zone, now) {
            assert!(next.starts_at >= self.current.ends_at && next.starts_at <= now && now < next.ends_at);
            assert!(next.ends_at.since(next.starts_at) >= SHORTEST);
            assert!(next.ends_at.since(next.starts_at) <= Duration::from_secs(59 * 24 * 60 * 60));
            assert!(self.current.ends_at.since(self.current.starts_at) >= SHORTEST);
            (self.current, self.used) = (next, 0);
        }
        while self.used < CALLS_PER_CYCLE {
            self.used += 1;
            self.spent_at.push(stamp);
        }
    }

    /// The most calls in any span of 27 days.
    fn most_in_27_days(&self) -> usize {
        let days_27 = SHORTEST.as_millis() as i64;
        let within = |from: i64| self.spent_at.iter().filter(|at| (from..from + days_27).contains(*at)).count();
        self.spent_at.iter().map(|from| within(*from)).max().unwrap_or(0)
    }
}

/// Runs the steps; `stamp` says by which time the calls are dated: (real, the clock's latest).
fn spend_all(first_ms: i64, steps: &[Step], stamp: fn(i64, i64) -> i64) -> Spender {
    let (anchor, zone) = (Time::from_ms(first_ms), TimeZone::UTC);
    let current = cycle_at(anchor, &zone, anchor);
    let mut spender = Spender { anchor, zone, current, used: 0, spent_at: Vec::new() };
    let (mut real, mut clock, mut latest) = (first_ms, first_ms, first_ms);
    spender.spend(anchor, first_ms);
    for step in steps {
        match step {
            Step::Pass { ms } => (real, clock) = (real + ms, clock + ms),
            Step::JumpBack { ms } => clock -= ms,
            Step::MoveAnchor { by_ms } => spender.anchor = Time::from_ms(spender.anchor.ms() + by_ms),
            Step::SetZone { pick } => spender.zone = zone_of(*pick),
            Step::ToTheEnd { early_ms } => {
                let ms = (spender.current.ends_at.ms() - early_ms - clock).max(0);
                (real, clock) = (real + ms, clock + ms);
            }
        }
        latest = latest.max(clock);
        spender.spend(Time::from_ms(clock), stamp(real, latest));
    }
    spender
}

fn zone_of(pick: usize) -> TimeZone {
    zone(ZONES[pick])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever the owner changes and the clock forgets, 27 real days give at most the two allowances around one reset.
    #[test]
    fn no_change_of_anchor_or_zone_gives_a_second_allowance(
        day in 0..30_000i64, ms in 0..DAY_MS, steps in prop::collection::vec(step(), 0..60),
    ) {
        let by_real_time = spend_all(day * DAY_MS + ms, &steps, |real, _| real);
        prop_assert!(by_real_time.most_in_27_days() <= 2 * CALLS_PER_CYCLE as usize);
        let by_clock = spend_all(day * DAY_MS + ms, &steps, |_, latest| latest);
        prop_assert!(by_clock.most_in_27_days() <= 2 * CALLS_PER_CYCLE as usize);
    }
}
