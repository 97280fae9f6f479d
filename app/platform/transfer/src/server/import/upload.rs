//! A file on its way in.

use std::{collections::BTreeMap, io};

use axum::extract::{Multipart, multipart::Field};
use files::server::{Files, Spooled};
use kernel::{AppError, FieldErrors, server::unexpected};
use records::server::Ctx;
use tokio::{fs, io::AsyncWriteExt};

use super::spelling;

/// The largest file unless the configuration says otherwise, in bytes.
pub const LARGEST: u64 = 100 << 20;
/// The longest text beside the file, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// Where files of imports are kept, and how large they may be. Cheap to clone.
#[derive(Clone)]
pub struct Imports {
    pub files: Files,
    largest: u64,
}

impl Imports {
    pub const fn new(files: Files, largest: u64) -> Self {
        Self { files, largest }
    }
}

pub(super) fn failed(error: &io::Error) -> AppError {
    if error.kind() == io::ErrorKind::StorageFull { AppError::StorageFull } else { unexpected(error.kind()) }
}

/// A file being received; gone again unless it is accepted.
pub struct Upload {
    pub name: String,
    pub bytes: u64,
    imports: Imports,
    spooled: Spooled,
    file: fs::File,
}

impl Upload {
    pub async fn begin(ctx: &Ctx, imports: &Imports, name: &str) -> Result<Self, AppError> {
        let spooled = imports.files.spool(ctx).await?;
        let file = fs::File::create(spooled.path()).await.map_err(|e| failed(&e))?;
        // Of a path, browsers of old send all.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let name = if name.trim().is_empty() { "file.csv".to_owned() } else { name };
        Ok(Self { name, bytes: 0, imports: imports.clone(), spooled, file })
    }

    pub async fn write(&mut self, piece: &[u8]) -> Result<(), AppError> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.imports.largest {
            return Err(too_large(&self.imports));
        }
        self.file.write_all(piece).await.map_err(|e| failed(&e))
    }

    /// Everything is on disk.
    pub(super) async fn finish(mut self) -> Result<(Spooled, String, u64), AppError> {
        self.file.flush().await.map_err(|e| failed(&e))?;
        Ok((self.spooled, self.name, self.bytes))
    }
}

fn too_large(imports: &Imports) -> AppError {
    AppError::TooLarge(format!("a file may have at most {} MB", imports.largest >> 20))
}

/// What a form sent: a file, and texts by name.
pub struct Form {
    pub file: Upload,
    pub texts: BTreeMap<String, String>,
}

/// Receives a form with a part `file`; the names of other parts must be among `known`, or say how the file is written.
pub async fn receive(ctx: &Ctx, imports: &Imports, mut parts: Multipart, known: &[&str]) -> Result<Form, AppError> {
    let unreadable = |e: axum::extract::multipart::MultipartError| {
        if e.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            too_large(imports)
        } else {
            AppError::BadRequest("the form could not be read to its end".into())
        }
    };
    let (mut file, mut texts) = (None, BTreeMap::new());
    while let Some(mut part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            let mut upload = Upload::begin(ctx, imports, part.file_name().unwrap_or_default()).await?;
            while let Some(piece) = part.chunk().await.map_err(unreadable)? {
                upload.write(&piece).await?;
            }
            if file.replace(upload).is_some() {
                return Err(AppError::Invalid(FieldErrors::one("file", "One file at a time.")));
            }
        } else if known.contains(&name.as_str()) || spelling::FIELDS.contains(&name.as_str()) {
            texts.insert(name, text(part).await?);
        } else {
            return Err(AppError::Invalid(FieldErrors::one(name, "This is not a field of an import.")));
        }
    }
    match file {
        Some(file) => Ok(Form { file, texts }),
        None => Err(AppError::Invalid(FieldErrors::one("file", "Choose a file."))),
    }
}

async fn text(mut part: Field<'_>) -> Result<String, AppError> {
    let mut bytes = vec![];
    let unreadable = || AppError::BadRequest("the form could not be read to its end".into());
    while let Some(piece) = part.chunk().await.map_err(|_| unreadable())? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST_TEXT {
            return Err(AppError::TooLarge("a field of the form is longer than 1 MB".into()));
        }
    }
    String::from_utf8(bytes).map_err(|_| AppError::BadRequest("a field of the form is not UTF-8".into()))
}
