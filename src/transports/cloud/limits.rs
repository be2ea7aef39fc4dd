//! What Meta lets a number do, in its words: a tier says how many people it may write to first, a level how fast it may send.
//! Words that nobody knows say nothing.

use serde_json::Value;
use transport::Reach;

/// The level that numbers have at first, and the one that busy ones get.
const STANDARD_PER_SECOND: u32 = 80;
const HIGH_PER_SECOND: u32 = 1_000;
/// The Graph's version from which on a number names the limit of its whole portfolio; before, its own.
const PORTFOLIO_SINCE: u32 = 24;

/// The field of a number that tells its tier, in this version of the Graph (`v25.0`).
pub fn reach_field(version: &str) -> &'static str {
    let major: Option<u32> = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    match major {
        Some(major) if major < PORTFOLIO_SINCE => "messaging_limit_tier",
        _ => "whatsapp_business_manager_messaging_limit",
    }
}

/// The tier of a number, whichever field tells it.
pub fn reach_of_number(told: &Value) -> Option<Reach> {
    let fields = ["whatsapp_business_manager_messaging_limit", "messaging_limit_tier"];
    fields.into_iter().find_map(|field| reach_of(&told[field]))
}

/// `TIER_2K`, or as some callbacks have it the number, where below 0 is any number.
pub fn reach_of(word: &Value) -> Option<Reach> {
    if let Some(number) = word.as_i64() {
        return match u32::try_from(number) {
            Ok(0) => None,
            Ok(people) => Some(Reach::PerDay(people)),
            Err(_) if number < 0 => Some(Reach::Any),
            Err(_) => None,
        };
    }
    let tier = word.as_str()?.to_ascii_uppercase();
    let tier = tier.strip_prefix("TIER_")?;
    if tier == "UNLIMITED" {
        return Some(Reach::Any);
    }
    let (digits, times) = match tier.strip_suffix('K') {
        Some(thousands) => (thousands, 1_000),
        None => (tier, 1),
    };
    let people = digits.parse::<u32>().ok()?.checked_mul(times)?;
    (people > 0).then_some(Reach::PerDay(people))
}

/// Messages in a second, by the word for it.
pub fn speed_of(level: &Value) -> Option<u32> {
    match level.as_str()?.to_ascii_uppercase().as_str() {
        "STANDARD" => Some(STANDARD_PER_SECOND),
        "HIGH" => Some(HIGH_PER_SECOND),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tiers_and_levels_are_numbers() {
        for (word, people) in [("TIER_50", 50), ("TIER_250", 250), ("TIER_1K", 1_000), ("tier_2k", 2_000)] {
            assert_eq!(reach_of(&json!(word)), Some(Reach::PerDay(people)), "{word}");
        }
        assert_eq!(reach_of(&json!("TIER_10K")), Some(Reach::PerDay(10_000)));
        assert_eq!(reach_of(&json!("TIER_100K")), Some(Reach::PerDay(100_000)));
        for any in [json!("TIER_UNLIMITED"), json!(-1)] {
            assert_eq!(reach_of(&any), Some(Reach::Any), "{any}");
        }
        assert_eq!(reach_of(&json!(2_000)), Some(Reach::PerDay(2_000)));
        let strange =
            [json!(null), json!("TIER_NOT_SET"), json!("TIER_"), json!("TIER_K"), json!(0), json!(7.5), json!([])];
        for word in strange.iter().chain([&json!("TIER_9999999999K"), &json!(i64::MAX)]) {
            assert_eq!(reach_of(word), None, "{word}");
        }
        assert_eq!((speed_of(&json!("STANDARD")), speed_of(&json!("HIGH"))), (Some(80), Some(1_000)));
        assert_eq!((speed_of(&json!("NOT_APPLICABLE")), speed_of(&json!(7))), (None, None));
        let number =
            json!({"messaging_limit_tier": "TIER_1K", "whatsapp_business_manager_messaging_limit": "TIER_250"});
        assert_eq!(reach_of_number(&number), Some(Reach::PerDay(250)));
    }

    #[test]
    fn older_versions_of_the_graph_are_asked_by_another_name() {
        for (version, field) in [("v23.0", "messaging_limit_tier"), ("v9.0", "messaging_limit_tier")] {
            assert_eq!(reach_field(version), field);
        }
        for version in ["v24.0", "v25.0", "v100.0", "latest"] {
            assert_eq!(reach_field(version), "whatsapp_business_manager_messaging_limit");
        }
    }
}
