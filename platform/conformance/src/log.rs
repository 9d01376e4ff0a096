//! [`EventLog`](tenantry_ports::log::EventLog): what was published, by page and as it comes.

mod following;
mod recent;

pub use self::following::*;
pub use self::recent::*;

use std::time::Duration;

/// How long a follower waits at a time.
pub(crate) const WAIT: Duration = Duration::from_millis(200);

/// Tests of an [`EventLog`](tenantry_ports::log::EventLog), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! log_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; log:
            the_newest_come_first,
            pages_of_events_are_complete,
            a_filter_lets_its_own_through,
            a_rare_type_is_found_however_far_back,
            what_others_publish_is_logged_too,
            a_follower_hears_what_comes_after,
            a_follower_continues_where_it_was,
            a_follower_of_silence_hears_nothing,
            a_follower_takes_no_more_than_asked_for,
            a_follower_misses_nothing_while_many_write,
        }
    };
}
