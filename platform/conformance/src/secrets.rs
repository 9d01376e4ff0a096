//! [`Secrets`](tenantry_ports::secrets::Secrets): keys the server makes for itself.

mod making;

pub use self::making::*;

/// Tests of [`Secrets`](tenantry_ports::secrets::Secrets), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! secrets_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; secrets:
            a_secret_stays_as_it_was_made,
            who_asks_at_once_gets_the_same,
            secrets_differ_by_name,
        }
    };
}
