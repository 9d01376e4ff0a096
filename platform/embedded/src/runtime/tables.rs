//! Tables and the rows in them, as files.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenantry_contract::id::TenantId;
use tenantry_contract::resource::Owner;
use tenantry_ports::runtime::RuntimeError;

use super::fault;
use super::layout::Layout;
use crate::data::LocalTable;

pub struct Tables {
    layout: Layout,
    /// Shared ones stay open: every pooled tenant that comes or goes is looked up in them.
    shared: Mutex<HashMap<String, LocalTable>>,
}

impl Tables {
    pub fn new(layout: Layout) -> Self {
        Self { layout, shared: Mutex::default() }
    }

    pub fn path(&self, owner: &Owner, stem: &str) -> PathBuf {
        self.layout.table(owner, stem)
    }

    pub async fn ensure(&self, owner: &Owner, stem: &str) -> Result<(), RuntimeError> {
        let (folder, file) = (self.layout.tables_of(owner), self.path(owner, stem));
        if file.exists() {
            return Ok(());
        }
        blocking(move || {
            fs::create_dir_all(folder).map_err(|cause| fault::disk("the folder of a table", cause))?;
            LocalTable::create(&file).map_err(|cause| fault::disk("the file of a table", cause))
        })
        .await
    }

    pub async fn remove(&self, owner: &Owner, stem: &str) -> Result<(), RuntimeError> {
        if owner == &Owner::Stage {
            let open = self.lock().remove(stem);
            if let Some(table) = open {
                table.close().await;
            }
        }
        let (owner, layout, file) = (owner.clone(), self.layout.clone(), self.path(owner, stem));
        blocking(move || {
            delete(&file).map_err(|cause| fault::disk("the file of a table", cause))?;
            match owner {
                Owner::Stage => Ok(()),
                Owner::Tenant(_) => prune(&layout.tables_of(&owner)),
            }
        })
        .await
    }

    /// Rows need no making: a tenant without any has a table all the same.
    pub async fn admit(&self, stem: &str, tenant: &TenantId) -> Result<(), RuntimeError> {
        self.open(stem).await?.admit(tenant).await.map_err(fault::data)
    }

    /// True once the tenant has no rows.
    pub async fn expel(&self, stem: &str, tenant: &TenantId) -> Result<bool, RuntimeError> {
        if !self.path(&Owner::Stage, stem).exists() {
            return Ok(true);
        }
        self.open(stem).await?.expel(tenant).await.map_err(fault::data)
    }

    pub async fn tenants(&self, stem: &str, after: &str, limit: usize) -> Result<Vec<TenantId>, RuntimeError> {
        self.open(stem).await?.tenants(after, limit).await.map_err(fault::data)
    }

    /// Stems of the shared tables, in order.
    pub fn shared(&self) -> Result<Vec<String>, RuntimeError> {
        stems(&self.layout.shared())
    }

    /// Owner and stem of every table.
    pub fn all(&self) -> Result<Vec<(Owner, String)>, RuntimeError> {
        let mut all: Vec<_> = self.shared()?.into_iter().map(|stem| (Owner::Stage, stem)).collect();
        for folder in names(&self.layout.tenants())? {
            if let Ok(id) = TenantId::parse(folder) {
                let owner = Owner::Tenant(id);
                let stems = stems(&self.layout.tables_of(&owner))?;
                all.extend(stems.into_iter().map(|stem| (owner.clone(), stem)));
            }
        }
        Ok(all)
    }

    async fn open(&self, stem: &str) -> Result<LocalTable, RuntimeError> {
        if let Some(table) = self.lock().get(stem) {
            return Ok(table.clone());
        }
        let file = self.path(&Owner::Stage, stem);
        if !file.exists() {
            let what = format!("the shared table {stem} is not there yet");
            return Err(RuntimeError::Transient { what, retry_after: None, cause: None });
        }
        let opened =
            blocking(move || LocalTable::open(&file).map_err(|cause| fault::disk("the file of a table", cause)))
                .await?;
        Ok(self.lock().entry(stem.to_owned()).or_insert(opened).clone())
    }

    pub async fn close(&self) {
        let open: Vec<_> = self.lock().drain().map(|(_, table)| table).collect();
        for table in open {
            table.close().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, LocalTable>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RuntimeError> + Send + 'static,
) -> Result<T, RuntimeError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|cause| Err(RuntimeError::transient("work on a file was cut short", cause)))
}

/// The file last: as long as it is there, the sweep finds the table.
fn delete(file: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a folder that holds nothing any more.
pub fn prune(folder: &Path) -> Result<(), RuntimeError> {
    match fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
            Err(fault::disk("an empty folder", error))
        }
        _ => Ok(()),
    }
}

fn stems(folder: &Path) -> Result<Vec<String>, RuntimeError> {
    let names = names(folder)?;
    Ok(names.into_iter().filter_map(|name| name.strip_suffix(".db").map(str::to_owned)).collect())
}

/// Names in a folder, in order; none if it is not there.
pub fn names(folder: &Path) -> Result<Vec<String>, RuntimeError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|cause| fault::disk("a folder", cause))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| fault::disk("a folder", cause))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}
