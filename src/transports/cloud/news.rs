//! What callbacks tell beside messages: templates that were judged, and how a number or its business account is thought of.
//! Plain functions of the body, as `callback.rs`.

use std::time::Duration;

use serde_json::Value;
use transport::{AccountState, Quality};

use crate::clock::Time;
use crate::transports::cloud::limits::reach_of;

/// News of one callback.
const NEWS_MAX: usize = 1_000;
const TEXT_CHARS_MAX: usize = 512;
/// A restriction that names no end.
const RESTRICTED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// News of a business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessNews {
    pub business_id: String,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A template has another status, in Meta's word.
    Template { meta_id: String, status: String },
    /// Something else of it is new: it is to be read.
    Look,
    /// How one of its numbers is, or all of them where none is named.
    Account { phone: Option<String>, state: AccountState },
}

/// All news of a callback, in its order.
pub fn read(body: &Value, now: Time) -> Vec<BusinessNews> {
    let mut all = Vec::new();
    for entry in body["entry"].as_array().into_iter().flatten() {
        let business_id = text(&entry["id"]);
        for change in entry["changes"].as_array().into_iter().flatten() {
            let told = news(&text(&change["field"]), &change["value"], now);
            all.extend(told.into_iter().map(|news| BusinessNews { business_id: business_id.clone(), news }));
        }
    }
    all.truncate(NEWS_MAX);
    all
}

fn news(field: &str, value: &Value, now: Time) -> Vec<News> {
    match field {
        "message_template_status_update" => {
            let id = &value["message_template_id"];
            let meta_id = id.as_u64().map_or_else(|| text(id), |id| id.to_string());
            let status = text(&value["event"]).to_ascii_uppercase();
            if meta_id.is_empty() || status.is_empty() {
                return vec![News::Look];
            }
            vec![News::Template { meta_id, status: said_status(&status).to_owned() }]
        }
        "message_template_quality_update" | "message_template_components_update" | "template_category_update" => {
            vec![News::Look]
        }
        "phone_number_quality_update" => quality(value),
        "business_capability_update" => reach(value, None),
        "account_update" => account(value, now),
        _ => Vec::new(),
    }
}

/// Meta's words for what happened to a template, as the words for what it is then.
fn said_status(event: &str) -> &str {
    match event {
        "REINSTATED" | "UNARCHIVED" => "APPROVED",
        "FLAGGED" => "PAUSED",
        other => other,
    }
}

fn quality(value: &Value) -> Vec<News> {
    let phone = phone(&value["display_phone_number"]);
    let quality = match text(&value["event"]).to_ascii_uppercase().as_str() {
        "FLAGGED" => Some(Quality::Low),
        "UNFLAGGED" => Some(Quality::Medium),
        _ => None,
    };
    let mut news = reach(value, phone.as_ref());
    news.extend(quality.map(|quality| News::Account { phone, state: AccountState::Quality(quality) }));
    // Of limits, which may follow from the quality: the Graph is asked.
    if quality.is_none() {
        news.push(News::Look);
    }
    news
}

/// How many people may be written to first, by the newest field that tells it; each of the business account's numbers has
/// the limit of all.
fn reach(value: &Value, phone: Option<&String>) -> Vec<News> {
    let fields = ["max_daily_conversations_per_business", "current_limit", "max_daily_conversation_per_phone"];
    let reach = fields.into_iter().find_map(|field| reach_of(&value[field]));
    let state = reach.map(AccountState::Reach);
    state.map(|state| News::Account { phone: phone.cloned(), state }).into_iter().collect()
}

fn account(value: &Value, now: Time) -> Vec<News> {
    let phone = phone(&value["phone_number"]);
    let event = text(&value["event"]).to_ascii_uppercase();
    let told = |state| vec![News::Account { phone: phone.clone(), state }];
    let gone = |reason: &str| told(AccountState::Unusable { reason: reason.to_owned() });
    match event.as_str() {
        "DISABLED_UPDATE" | "ACCOUNT_BANNED" => match text(&value["ban_info"]["waba_ban_state"]).as_str() {
            "REINSTATE" => told(AccountState::Connected),
            "SCHEDULE_FOR_DISABLE" => Vec::new(),
            _ => gone("Meta has disabled the business account."),
        },
        "ACCOUNT_DELETED" => gone("The business account was deleted at Meta."),
        "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" => gone("Access to the business account was taken away at Meta."),
        "ACCOUNT_RESTRICTION" => {
            let all = value["restriction_info"].as_array().into_iter().flatten();
            let states = all.filter_map(|restriction| restricted(restriction, now));
            states.map(|state| News::Account { phone: phone.clone(), state }).collect()
        }
        _ => Vec::new(),
    }
}

/// A restriction that holds sends back, until Meta lifts it.
fn restricted(restriction: &Value, now: Time) -> Option<AccountState> {
    let until_ms = match ends(&restriction["expiration"]) {
        Some(until) if until <= now.ms() => return None,
        Some(until) => until,
        // It names no end that is understood: after a day it is tried.
        None => (now + RESTRICTED_FOR).ms(),
    };
    let reason = "Meta has restricted the business account.".to_owned();
    match text(&restriction["restriction_type"]).as_str() {
        "RESTRICTED_BIZ_INITIATED_MESSAGING" => Some(AccountState::LimitedUntil { until_ms, reason }),
        "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" => Some(AccountState::HeldUntil { until_ms, reason }),
        _ => None,
    }
}

/// Seconds since 1970, as a number or as text, or a date with its time and offset; in ms.
fn ends(told: &Value) -> Option<i64> {
    let seconds = told.as_i64().or_else(|| told.as_str().and_then(|text| text.parse().ok()));
    if let Some(seconds) = seconds {
        return seconds.checked_mul(1_000).filter(|ms| *ms > 0);
    }
    let text = told.as_str()?;
    let moment = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok().or_else(|| text.parse().ok());
    moment.map(jiff::Timestamp::as_millisecond)
}

/// A number as E.164 with `+`.
fn phone(value: &Value) -> Option<String> {
    let digits: String = text(value).chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("+{digits}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().chars().filter(|c| *c != '\0').take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use transport::Reach;

    use super::*;

    const NOW: Time = Time::from_ms(1_790_000_000_000);

    fn told(field: &str, value: Value) -> Vec<News> {
        let body = json!({"entry": [{"id": "102", "changes": [{"field": field, "value": value}]}]});
        let all = read(&body, NOW);
        assert!(all.iter().all(|one| one.business_id == "102"));
        all.into_iter().map(|one| one.news).collect()
    }

    #[test]
    fn a_template_has_the_status_that_its_event_leads_to() {
        for (event, status) in [("APPROVED", "APPROVED"), ("REJECTED", "REJECTED"), ("FLAGGED", "PAUSED")] {
            let news = told("message_template_status_update", json!({"event": event, "message_template_id": 7}));
            assert_eq!(news, [News::Template { meta_id: "7".into(), status: status.into() }]);
        }
        assert_eq!(told("message_template_status_update", json!({"event": "APPROVED"})), [News::Look]);
        assert_eq!(told("template_category_update", json!({})), [News::Look]);
    }

    #[test]
    fn what_meta_thinks_of_a_number_is_its_quality() {
        let news = told(
            "phone_number_quality_update",
            json!({"event": "FLAGGED", "display_phone_number": "1 202-555-0197", "current_limit": "TIER_1K"}),
        );
        let of_it = |state| News::Account { phone: Some("+12025550197".into()), state };
        let reach = AccountState::Reach(Reach::PerDay(1_000));
        assert_eq!(news, [of_it(reach), of_it(AccountState::Quality(Quality::Low))]);
        assert_eq!(told("phone_number_quality_update", json!({"event": "UPGRADE"})), [News::Look]);
        let upgraded = json!({"event": "THROUGHPUT_UPGRADE", "display_phone_number": "12025550197",
            "max_daily_conversations_per_business": "TIER_UNLIMITED", "current_limit": "TIER_100K"});
        let news = told("phone_number_quality_update", upgraded);
        assert_eq!(news, [of_it(AccountState::Reach(Reach::Any)), News::Look]);
    }

    #[test]
    fn a_limit_of_the_business_account_is_that_of_all_its_numbers() {
        for (value, reach) in [
            (json!({"max_daily_conversations_per_business": 2_000}), Reach::PerDay(2_000)),
            (json!({"max_daily_conversations_per_business": "TIER_10K"}), Reach::PerDay(10_000)),
            (json!({"max_daily_conversation_per_phone": -1, "max_phone_numbers_per_business": 25}), Reach::Any),
        ] {
            let state = AccountState::Reach(reach);
            assert_eq!(told("business_capability_update", value), [News::Account { phone: None, state }]);
        }
        assert_eq!(told("business_capability_update", json!({"max_phone_numbers_per_waba": 25})), []);
    }

    #[test]
    fn a_restriction_holds_back_what_it_names_until_it_ends() {
        let until = NOW.ms() / 1_000 + 3_600;
        let restriction = |kind: &str, expiration: i64| {
            let info = json!([{"restriction_type": kind, "expiration": expiration.to_string()}]);
            told("account_update", json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": info}))
        };
        let limited = restriction("RESTRICTED_BIZ_INITIATED_MESSAGING", until);
        assert!(
            matches!(&limited[..], [News::Account { phone: None, state: AccountState::LimitedUntil { until_ms, .. } }]
            if *until_ms == until * 1_000)
        );
        let held = restriction("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", until);
        assert!(matches!(&held[..], [News::Account { state: AccountState::HeldUntil { .. }, .. }]));
        assert_eq!(restriction("RESTRICTED_BIZ_INITIATED_MESSAGING", until - 7_200), []);
        // Dates as some have seen them, and what nobody understands.
        let dated = |expiration: &str| {
            let info = json!([{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": expiration}]);
            told("account_update", json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": info}))
        };
        let ends = |news: &[News]| match news {
            [News::Account { state: AccountState::LimitedUntil { until_ms, .. }, .. }] => *until_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(ends(&dated("2026-10-30T13:38:04+0000")), 1_793_367_484_000);
        assert_eq!(ends(&dated("2026-10-30T13:38:04Z")), 1_793_367_484_000);
        assert_eq!(ends(&dated("some day")), NOW.ms() + 86_400_000);
        assert_eq!(dated("2020-10-30T13:38:04+0000"), []);
        let disabled = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}});
        assert!(matches!(
            &told("account_update", disabled)[..],
            [News::Account { state: AccountState::Unusable { .. }, .. }]
        ));
        assert_eq!(told("account_update", json!({"event": "VERIFIED_ACCOUNT", "phone_number": "1"})), []);
    }

    #[test]
    fn nothing_that_is_no_news_is_any() {
        for strange in [json!(null), json!({"entry": 7}), json!({"entry": [{"changes": [{"field": 7}]}]})] {
            assert_eq!(read(&strange, NOW), []);
        }
        assert_eq!(told("messages", json!({"messages": []})), []);
    }
}
