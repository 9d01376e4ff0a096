//! The table's settings as flags, for `--help` and for reading them.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::Values;
use super::table::{Preset, Role, SETTINGS, Setting, Whose};

/// What was given as flags or variables.
#[derive(Debug)]
pub struct RoleArgs<W> {
    given: BTreeMap<&'static str, String>,
    config: Option<PathBuf>,
    whose: PhantomData<W>,
}

const CONFIG: &str = "config";

impl<W: Whose> RoleArgs<W> {
    /// All settings of whoever it is, with what is in the file and what they are by default.
    pub fn find(self) -> Values {
        self.find_those(W::has)
    }

    /// Some of them.
    pub fn find_those(self, has: impl Fn(&Setting) -> bool) -> Values {
        Values::find(&self.given, self.config.as_deref(), has)
    }
}

impl<W: Whose> Args for RoleArgs<W> {
    fn augment_args(command: Command) -> Command {
        let mine = SETTINGS.iter().filter(|s| W::has(s));
        let command = mine.fold(command, |command, setting| command.arg(arg(setting, W::NAMES_ROLES)));
        command.arg(
            Arg::new(CONFIG)
                .long(CONFIG)
                .value_name("FILE")
                .env("TENANTRY_CONFIG")
                .value_parser(clap::value_parser!(PathBuf))
                .help("A TOML file with these settings, by the names of their flags"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<W: Whose> FromArgMatches for RoleArgs<W> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |s: &Setting| {
            let value = matches.try_get_one::<String>(s.key).ok().flatten()?;
            (!value.is_empty()).then(|| (s.key, value.clone()))
        };
        Ok(Self {
            given: SETTINGS.iter().filter_map(given).collect(),
            config: matches.get_one::<PathBuf>(CONFIG).cloned(),
            whose: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn arg(setting: &Setting, name_roles: bool) -> Arg {
    let preset = match setting.preset {
        Preset::Required => " [required]".to_owned(),
        Preset::Off => String::new(),
        Preset::Is(value) => format!(" [default: {value}]"),
    };
    let roles = if name_roles && setting.roles.len() < Role::ALL.len() {
        format!(" ({} only)", setting.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", "))
    } else {
        String::new()
    };
    let help = format!("{}{preset}{roles}", setting.help);
    Arg::new(setting.key).long(setting.key).value_name("VALUE").env(setting.variable()).help(help)
}
