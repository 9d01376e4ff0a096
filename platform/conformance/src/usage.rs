//! [`Usage`](tenantry_ports::usage::Usage): requests counted against a day's limit, exactly. An adapter that
//! leases its count in blocks is held against this suite with blocks of one.

mod counting;

pub use self::counting::*;

/// Tests of [`Usage`](tenantry_ports::usage::Usage), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! usage_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; usage:
            each_request_counts,
            a_limit_is_exact,
            a_limit_is_exact_for_many_at_once,
            days_and_tenants_count_apart,
            a_limit_that_changes_holds_at_once,
        }
    };
}
