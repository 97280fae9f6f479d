//! The next migration, drafted from what record types declare.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use kernel::server::migrate::{MIGRATIONS, Migration, catalog};
use records::server::schema;

use super::parse::SchemaDraft;
use crate::modules;

/// Where migrations lie in a checkout.
const FOLDER: &str = "migrations";

/// Writes what the migrations lack into the next one and prints its path. It is to be read before it is kept.
pub async fn draft(asked: SchemaDraft) -> Result<(), String> {
    ensure_built_from(Path::new(FOLDER))?;
    let made = catalog::read(MIGRATIONS).await.map_err(|e| e.to_string())?;
    let types = modules::registry()?.types();
    let draft = schema::draft(&types, &made, &asked.dropped).map_err(|e| e.to_string())?;
    match draft.sql {
        Some(sql) => {
            let about = if let [one] = draft.types.as_slice() { one } else { "declarations" };
            let version = MIGRATIONS.last().map_or(1, |last| last.version + 1);
            let path = Path::new(FOLDER).join(file_name(version, asked.name.as_deref().unwrap_or(about)));
            let written = File::create_new(&path).and_then(|mut file| file.write_all(sql.as_bytes()));
            written.map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
            println!("{}", path.display());
        }
        None => println!("The migrations match the declarations."),
    }
    if !draft.undeclared.is_empty() {
        eprintln!("Left as they are, of no field: {}.", draft.undeclared.join(", "));
    }
    Ok(())
}

fn file_name(version: u16, name: &str) -> String {
    format!("{version:04}_{name}.sql")
}

/// A draft rests on the migrations that the program carries: they have to be those of the folder.
fn ensure_built_from(folder: &Path) -> Result<(), String> {
    let names = || -> io::Result<Vec<String>> {
        let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        let scripts = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "sql"));
        Ok(scripts.filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned())).collect())
    };
    let mut found =
        names().map_err(|e| format!("the folder {} cannot be read ({e}): run this in a checkout", folder.display()))?;
    found.sort_unstable();
    let built: Vec<String> =
        MIGRATIONS.iter().map(|Migration { version, name, .. }| file_name(*version, name)).collect();
    if found == built {
        Ok(())
    } else {
        Err(format!("this program was built with other migrations than lie in {}: build it again", folder.display()))
    }
}
