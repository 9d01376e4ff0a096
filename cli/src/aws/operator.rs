//! What whoever runs a stage does to it by hand.

use std::process::ExitCode;

use clap::Subcommand;

use super::adopt::{self, AdoptArgs};

/// Look after a stage on AWS (AWS mode)
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    Adopt(AdoptArgs),
}

pub async fn run(command: OperatorCommand) -> anyhow::Result<ExitCode> {
    match command {
        OperatorCommand::Adopt(args) => adopt::run(args).await,
    }
}
