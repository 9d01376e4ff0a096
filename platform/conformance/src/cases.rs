//! From a list of cases to tests.

/// One test per case. Not to be used but by the suites' own macros.
#[doc(hidden)]
#[macro_export]
macro_rules! __cases {
    (threads: $make:expr; $suite:ident: $($case:ident),* $(,)?) => {
        mod $suite {
            use super::*;
            $(
                #[::tokio::test(flavor = "multi_thread", worker_threads = 3)]
                async fn $case() {
                    $crate::$suite::$case(($make)().await).await;
                }
            )*
        }
    };
    ($make:expr; $suite:ident: $($case:ident),* $(,)?) => {
        mod $suite {
            use super::*;
            $(
                #[::tokio::test(start_paused = true)]
                async fn $case() {
                    $crate::$suite::$case(($make)().await).await;
                }
            )*
        }
    };
}
