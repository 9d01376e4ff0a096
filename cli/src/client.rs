//! The client verbs: what an admin does to a running Tenantry from a shell.

mod api;
mod args;
mod attributes;
mod cognito;
mod connection;
mod console;
mod error;
mod events;
mod field;
mod list;
mod login;
mod operation;
mod operations;
mod orphans;
mod progress;
mod prompt;
mod registrations;
mod session;
mod stream;
mod table;
mod tenants;
#[cfg(test)]
mod tests;
mod users;
mod wait;

use std::io;
use std::process::ExitCode;

use clap::Subcommand;

use self::console::Console;

/// Verbs for people and scripts; each calls the admin API.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Sign in, and stay signed in
    Login(login::Login),
    /// Register tenants, follow them and take them down
    #[command(alias = "registration")]
    Registrations(registrations::Registrations),
    /// Look at tenants and change what may be changed
    #[command(alias = "tenant")]
    Tenants(tenants::Tenants),
    /// Look after the provider's own people
    #[command(alias = "user")]
    Users(users::Users),
    /// Look at what is being done to tenants
    #[command(alias = "operation")]
    Operations(operations::Operations),
    /// Look at things that no inventory names, and remove them
    #[command(alias = "orphan")]
    Orphans(orphans::Orphans),
    /// Read what was published
    #[command(alias = "event")]
    Events(events::Events),
}

/// Runs a verb. Anything but success comes with words on standard error.
pub async fn run(command: ClientCommand) -> anyhow::Result<ExitCode> {
    let mut console = Console::standard();
    match dispatch(command, &mut console).await {
        // Whoever read our output has read enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}

async fn dispatch(command: ClientCommand, console: &mut Console) -> anyhow::Result<ExitCode> {
    match command {
        ClientCommand::Login(verb) => verb.run(console).await,
        ClientCommand::Registrations(verb) => verb.run(console).await,
        ClientCommand::Tenants(verb) => verb.run(console).await,
        ClientCommand::Users(verb) => verb.run(console).await,
        ClientCommand::Operations(verb) => verb.run(console).await,
        ClientCommand::Orphans(verb) => verb.run(console).await,
        ClientCommand::Events(verb) => verb.run(console).await,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
