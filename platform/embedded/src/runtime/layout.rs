//! Where things lie under the data directory. Names come from ids, never from a tenant's name.

use std::path::{Path, PathBuf};

use tenantry_contract::id::TenantId;
use tenantry_contract::name::ServiceName;
use tenantry_contract::resource::Owner;

#[derive(Debug, Clone)]
pub struct Layout {
    dir: PathBuf,
}

impl Layout {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The shared tables' folder.
    pub fn shared(&self) -> PathBuf {
        self.dir.join("data/shared")
    }

    /// The folder of tenants' folders.
    pub fn tenants(&self) -> PathBuf {
        self.dir.join("data/tenants")
    }

    pub fn tables_of(&self, owner: &Owner) -> PathBuf {
        match owner {
            Owner::Stage => self.shared(),
            Owner::Tenant(id) => self.tenants().join(id.as_str()),
        }
    }

    /// A table's file; `stem` is `<service>-<table>`.
    pub fn table(&self, owner: &Owner, stem: &str) -> PathBuf {
        self.tables_of(owner).join(format!("{stem}.db"))
    }

    pub fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    pub fn logs_of(&self, owner: &Owner) -> PathBuf {
        self.logs().join(folder(owner))
    }

    pub fn log(&self, owner: &Owner, service: &ServiceName) -> PathBuf {
        self.logs_of(owner).join(format!("{service}.log"))
    }

    /// Who runs, for the sweep after a crash.
    pub fn run(&self) -> PathBuf {
        self.dir.join("run")
    }
}

/// An id has no dot, so no tenant's folder can be the stage's.
const STAGE: &str = "stage.shared";

fn folder(owner: &Owner) -> &str {
    match owner {
        Owner::Stage => STAGE,
        Owner::Tenant(id) => id.as_str(),
    }
}

/// Whose a folder of logs is.
pub fn owner_of(folder: &str) -> Option<Owner> {
    if folder == STAGE { Some(Owner::Stage) } else { TenantId::parse(folder).ok().map(Owner::Tenant) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_says_whose_it_is() {
        let tenant = Owner::Tenant(TenantId::parse("stage").unwrap());
        for owner in [Owner::Stage, tenant] {
            assert_eq!(owner_of(folder(&owner)), Some(owner));
        }
        assert_eq!(owner_of(".."), None);
    }
}
