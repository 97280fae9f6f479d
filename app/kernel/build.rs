//! Lists the numbered files of `migrations/`, so that the binary carries them.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let folder = Path::new(&told("CARGO_MANIFEST_DIR")?).join("../../migrations").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "sql"));
    files.sort();
    let entries = files.iter().map(|file| entry(file)).collect::<Result<String, _>>()?;
    fs::write(Path::new(&told("OUT_DIR")?).join("migrations.rs"), format!("&[\n{entries}]"))
}

/// What cargo tells a build script. Asked when it runs: where it was compiled may be another checkout.
#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts their folders this way")]
fn told(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn entry(file: &Path) -> io::Result<String> {
    let name = file.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
    let (number, title) = name.split_once('_').unwrap_or_default();
    if number.len() != 4 || title.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(io::Error::other(format!("{} is not named NNNN_name.sql", file.display())));
    }
    let version: u16 = number.parse().map_err(io::Error::other)?;
    println!("cargo::rerun-if-changed={}", file.display());
    let path = file.to_str().ok_or_else(|| io::Error::other("the path of the migrations is not Unicode"))?;
    Ok(format!("    Migration {{ version: {version}, name: {title:?}, sql: include_str!({path:?}) }},\n"))
}
