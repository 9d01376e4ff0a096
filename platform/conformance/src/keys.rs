//! [`KeyStore`](tenantry_ports::keys::KeyStore): keys of requests whose work is not a store's write.

mod taking;

pub use self::taking::*;

/// Tests of a [`KeyStore`](tenantry_ports::keys::KeyStore), each with a fresh [`Subject`](crate::Subject).
#[macro_export]
macro_rules! keys_suite {
    ($($make:tt)*) => {
        $crate::__cases! { $($make)*; keys:
            a_key_is_new_once,
            an_answer_is_replayed,
            another_request_reuses_a_key,
            of_many_takers_one_is_first,
            keys_live_a_day,
            keys_of_stores_writes_are_the_same_keys,
        }
    };
}
