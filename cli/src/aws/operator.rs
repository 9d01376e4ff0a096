//! What whoever runs a stage does to it by hand.

use std::process::ExitCode;

use clap::Subcommand;

use super::adopt::{self, AdoptArgs};
use super::check::{self, CheckArgs};

/// Look after a stage on AWS (AWS mode)
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    Check(CheckArgs),
    Adopt(AdoptArgs),
}

pub async fn run(command: OperatorCommand) -> anyhow::Result<ExitCode> {
    match command {
        OperatorCommand::Check(args) => check::run(args).await,
        OperatorCommand::Adopt(args) => adopt::run(args).await,
    }
}
