//! The words of a message: its status, kind and origin, and why it failed.

/// How far a message came. The numbers are stored and never change; statuses only move forward, and nothing follows
/// [`Status::Failed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Pending = 0,
    Sending = 1,
    Sent = 2,
    Delivered = 3,
    Read = 4,
    Failed = 9,
}

impl Status {
    const ALL: [Status; 6] =
        [Status::Pending, Status::Sending, Status::Sent, Status::Delivered, Status::Read, Status::Failed];

    /// As the public API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "Pending",
            Status::Sending => "Sending",
            Status::Sent => "Sent",
            Status::Delivered => "Delivered",
            Status::Read => "Read",
            Status::Failed => "Failed",
        }
    }

    pub fn from_number(number: i64) -> Option<Status> {
        Status::ALL.into_iter().find(|status| *status as i64 == number)
    }

    /// Whether a message may go from this status to `next`: forward only, and what was delivered can't fail any more.
    pub fn may_become(self, next: Status) -> bool {
        match (self, next) {
            (Status::Failed | Status::Delivered | Status::Read, Status::Failed) => false,
            (Status::Failed, _) => false,
            _ => next > self,
        }
    }
}

macro_rules! stored_words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $number:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($variant = $number,)+
        }

        impl $name {
            /// As the public API writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }

            pub const fn from_number(number: i64) -> Option<$name> {
                match number {
                    $($number => Some($name::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

stored_words! {
    /// Where a message came from.
    Origin {
        PublicApi = 1, "Public API";
        SharedInbox = 2, "Shared Inbox";
        MassMessaging = 3, "Mass Messaging";
        Synced = 4, "synced from WhatsApp";
    }
}

stored_words! {
    /// What a message is.
    MessageKind {
        WhatsApp = 1, "whatsapp";
        Note = 2, "note";
        Call = 3, "whatsapp_call";
    }
}

stored_words! {
    /// How far an attachment's bytes have come.
    FileState {
        Ready = 1, "ready";
        Fetching = 2, "fetching";
        Unavailable = 3, "unavailable";
    }
}

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// WhatsApp's number for it, if it gave one.
    pub code: Option<i64>,
    pub title: String,
    pub details: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_only_moves_forward() {
        for from in Status::ALL {
            assert!(!from.may_become(from));
            for to in Status::ALL.into_iter().filter(|to| *to < from) {
                assert!(!from.may_become(to), "{from:?} became {to:?}");
            }
        }
        assert!(Status::Pending.may_become(Status::Read), "read may arrive before delivered");
    }

    #[test]
    fn what_was_delivered_cannot_fail() {
        assert!(Status::Sent.may_become(Status::Failed));
        assert!(!Status::Delivered.may_become(Status::Failed));
        assert!(!Status::Failed.may_become(Status::Read));
    }
}
