//! `make bench`: what the design promises beside what this machine reaches, side by side in one run. It judges
//! nothing by failing: every row says whether its target was met.

#[cfg(feature = "aws")]
mod aws;
mod bare;
mod client;
mod context;
mod cpu;
mod dedicated;
mod echo;
mod front;
mod gateway;
mod load;
mod memory;
mod nginx;
mod onboarding;
mod pages;
mod registrations;
mod row;
mod start;
mod stats;
mod system;
mod wire;

#[cfg(feature = "aws")]
#[path = "../../tests/on_aws/role.rs"]
#[expect(clippy::unwrap_used, reason = "tests may panic")]
mod role;
#[cfg(feature = "aws")]
#[path = "../../tests/on_aws/stage.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "the tests use all of it, and may panic")]
mod stage;

use std::process::ExitCode;
use std::time::Instant;

use self::context::Context;
use self::row::Row;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match built {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    // The gateway's upstream is this program, run as a service of the catalogue.
    if std::env::args().nth(1).is_some_and(|word| word == "echo") {
        return runtime.block_on(echo::serve());
    }
    let context = match Context::parse(&mut args) {
        Ok(context) => context,
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::FAILURE;
        }
    };
    let rows = runtime.block_on(measure(&context));
    row::print(&rows);
    ExitCode::SUCCESS
}

/// Runs each part that was asked for; one that cannot be measured says why and stops no other.
async fn measure(context: &Context) -> Vec<Row> {
    let mut rows = Vec::new();
    macro_rules! part {
        ($name:ident) => {
            if context.wants(stringify!($name)) {
                let since = Instant::now();
                eprintln!("measuring {} ...", stringify!($name));
                match $name::rows(context).await {
                    Ok(found) => rows.extend(found),
                    Err(error) => rows.push(Row::unmeasured(stringify!($name), &error)),
                }
                eprintln!("measuring {} took {} s", stringify!($name), since.elapsed().as_secs());
            }
        };
    }
    part!(start);
    part!(memory);
    part!(registrations);
    part!(onboarding);
    part!(dedicated);
    part!(gateway);
    part!(pages);
    #[cfg(feature = "aws")]
    part!(aws);
    rows
}
