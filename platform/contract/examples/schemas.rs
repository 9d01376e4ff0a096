//! Writes the JSON Schema of every event into a folder: `cargo run -p tenantry-contract --example schemas --
//! docs/events`.

use std::path::PathBuf;
use std::{fs, io};

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("name the folder to write to"));
    };
    fs::create_dir_all(&folder)?;
    for (name, schema) in tenantry_contract::event::schemas() {
        fs::write(folder.join(format!("{name}.json")), format!("{schema:#}\n"))?;
    }
    Ok(())
}
