//! Credits: what mass sending costs, and the two buckets it is paid from.
//!
//! The recurring bucket begins again with every cycle (`cycle.rs`); the topped-up balance doesn't expire. Recurring credits
//! go first. Source: the contract, "Limits and money". This module reckons; the caller commits the result in the write that
//! accepts the message, or the one that fails it.

/// A workspace's credits in its current cycle. No field is ever negative. `recurring_used` may exceed
/// `recurring_limit` after an operator lowered the limit; nothing is left of the bucket then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credits {
    /// Credits per cycle.
    pub recurring_limit: i64,
    /// Of those, taken in this cycle.
    pub recurring_used: i64,
    /// The balance that outlives cycles.
    pub topped_up: i64,
}

/// What one message took from each bucket; kept with the message and its cycle. Not `Copy`, since it is given back once.
#[must_use = "a message that fails gives back what it took"]
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    pub recurring: i64,
    pub topped_up: i64,
}

/// Refused: both buckets together hold less than the cost. Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEnough {
    pub cost: i64,
    pub left: i64,
}

/// A mass message's cost in credits: 1, or 2 with both text and attachment. (Neither is no message and gets this far nowhere.)
pub fn cost(has_text: bool, has_attachment: bool) -> i64 {
    if has_text && has_attachment { 2 } else { 1 }
}

impl Credits {
    /// Takes `cost` credits, recurring ones first; the last message of a bucket may be paid from both.
    pub fn take(&mut self, cost: i64) -> Result<Taken, NotEnough> {
        assert!(cost >= 0, "a cost of {cost} credits would be a gift");
        let left = self.left();
        if cost > left {
            return Err(NotEnough { cost, left });
        }
        let recurring = cost.min(self.recurring_left());
        let taken = Taken { recurring, topped_up: cost - recurring };
        self.recurring_used += taken.recurring;
        self.topped_up -= taken.topped_up;
        Ok(taken)
    }

    /// Gives a failed message's credits back to the buckets they came from.
    ///
    /// `same_cycle`: they were taken in the cycle these credits count. The recurring credits of a past cycle are dropped,
    /// for its bucket is gone, and added to this one they would be an allowance the workspace never had.
    pub fn give_back(&mut self, taken: Taken, same_cycle: bool) {
        if same_cycle {
            // An operator may have set the used count back to zero since: then there is less to return.
            self.recurring_used = (self.recurring_used - taken.recurring).max(0);
        }
        self.topped_up = self.topped_up.saturating_add(taken.topped_up);
    }

    /// Credits of both buckets that can still be taken in this cycle.
    pub fn left(&self) -> i64 {
        self.recurring_left().saturating_add(self.topped_up)
    }

    fn recurring_left(&self) -> i64 {
        (self.recurring_limit - self.recurring_used).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn credits(recurring_limit: i64, recurring_used: i64, topped_up: i64) -> Credits {
        Credits { recurring_limit, recurring_used, topped_up }
    }

    #[test]
    fn a_message_costs_one_credit_and_two_with_text_and_attachment() {
        assert_eq!([cost(true, false), cost(false, true), cost(true, true)], [1, 1, 2]);
    }

    #[test]
    fn recurring_credits_go_first_and_a_cost_may_be_split() {
        let mut purse = credits(2_000, 1_999, 5);
        assert_eq!(purse.take(2), Ok(Taken { recurring: 1, topped_up: 1 }));
        assert_eq!(purse, credits(2_000, 2_000, 4));
    }

    #[test]
    fn a_refusal_takes_nothing() {
        let mut purse = credits(10, 10, 1);
        assert_eq!(purse.take(2), Err(NotEnough { cost: 2, left: 1 }));
        assert_eq!(purse, credits(10, 10, 1));
    }

    #[test]
    fn a_lowered_limit_leaves_the_topped_up_balance_to_spend() {
        let mut purse = credits(5, 10, 2);
        assert_eq!(purse.take(2), Ok(Taken { recurring: 0, topped_up: 2 }));
        assert_eq!(purse.take(1), Err(NotEnough { cost: 1, left: 0 }));
    }

    #[test]
    fn a_refund_from_a_past_cycle_returns_only_what_was_topped_up() {
        let mut purse = credits(10, 3, 0);
        purse.give_back(Taken { recurring: 1, topped_up: 1 }, false);
        assert_eq!(purse, credits(10, 3, 1));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Send { cost: i64 },
        Fail { pick: usize },
        NewCycle,
        TopUp { credits: i64 },
        SetLimit { limit: i64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..4i64).prop_map(|cost| Step::Send { cost }),
            3 => any::<usize>().prop_map(|pick| Step::Fail { pick }),
            1 => Just(Step::NewCycle),
            1 => (0..10i64).prop_map(|credits| Step::TopUp { credits }),
            1 => (0..20i64).prop_map(|limit| Step::SetLimit { limit }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Every credit is in a bucket, in a message not yet failed, or gone with a past cycle.
        #[test]
        fn no_credit_is_made_or_lost(limit in 0..20i64, topped_up in 0..20i64, steps in prop::collection::vec(step(), 0..200)) {
            let mut purse = credits(limit, 0, topped_up);
            let (mut cycle, mut bought) = (0, topped_up);
            let mut sent: Vec<(Taken, i32)> = Vec::new();
            for step in steps {
                let (before, used_max) = (purse, purse.recurring_limit.max(purse.recurring_used));
                match step {
                    Step::Send { cost } => match purse.take(cost) {
                        Ok(taken) => {
                            prop_assert_eq!(taken.recurring + taken.topped_up, cost);
                            prop_assert!(taken.topped_up == 0 || purse.recurring_left() == 0, "recurring credits go first");
                            sent.push((taken, cycle));
                        }
                        Err(refusal) => {
                            prop_assert!(refusal.left == before.left() && refusal.left < cost);
                            prop_assert_eq!(purse, before);
                        }
                    },
                    Step::Fail { pick } if !sent.is_empty() => {
                        let (taken, of_cycle) = sent.swap_remove(pick % sent.len());
                        purse.give_back(taken, of_cycle == cycle);
                    }
                    Step::Fail { .. } => {}
                    Step::NewCycle => (cycle, purse.recurring_used) = (cycle + 1, 0),
                    Step::TopUp { credits } => (bought, purse.topped_up) = (bought + credits, purse.topped_up + credits),
                    Step::SetLimit { limit } => purse.recurring_limit = limit,
                }
                prop_assert!(purse.recurring_used >= 0 && purse.topped_up >= 0);
                prop_assert!(purse.recurring_used <= used_max, "only a lowered limit is ever exceeded");
                let recurring: i64 = sent.iter().filter(|(_, of)| *of == cycle).map(|(taken, _)| taken.recurring).sum();
                let topped_up: i64 = sent.iter().map(|(taken, _)| taken.topped_up).sum();
                prop_assert_eq!(purse.recurring_used, recurring);
                prop_assert_eq!(purse.topped_up + topped_up, bought);
            }
        }
    }
}
