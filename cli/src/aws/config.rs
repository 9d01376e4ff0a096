//! `tenantry config`: what AWS mode can be told, and what it is told here.

use std::process::ExitCode;

use clap::Args;

use crate::config::aws::{Everything, Preset, RoleArgs, SETTINGS};

const AFTER: &str = "What is set and what is not is printed as a file that --config takes.\n\n\
                     Each setting is a flag of its roles, an environment variable and a key of the --config file; the \
                     first of these that is set counts. Endpoints, region and credentials come from the AWS SDK's own \
                     settings, such as AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL.";

/// Show what AWS mode is told here
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct ConfigArgs {
    #[command(flatten)]
    settings: RoleArgs<Everything>,
}

/// Prints a file that `--config` takes: what is off or missing is a comment.
pub fn run(args: ConfigArgs) -> anyhow::Result<ExitCode> {
    let values = args.settings.find();
    for setting in SETTINGS {
        println!("# {}", setting.help);
        match (values.some(setting.key), setting.preset) {
            (Some(value), _) => println!("{} = {}", setting.key, toml::Value::from(value)),
            (None, Preset::Required) => println!("# {} = \"\" is required", setting.key),
            (None, _) => println!("# {} = \"\"", setting.key),
        }
    }
    values.faults.check()?;
    Ok(ExitCode::SUCCESS)
}
