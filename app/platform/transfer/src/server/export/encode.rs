//! Rows into files, on a thread that may wait for the disk.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use kernel::server::zone::Zone;
use records::server::{Stored, json::RecordJson};
use sheets::{Archive, Workbook};
use tokio::sync::mpsc::Receiver;

use super::{
    cells::{self, Names},
    wanted::Layout,
};
use crate::{export::Format, server::formula};

/// What comes to be written, in this order.
pub enum Piece {
    Table(Arc<Layout>),
    Rows(Vec<Stored>, Names),
    /// There is nothing more: without this the rest was lost, and the file is none.
    End,
}

/// The file to be written.
pub struct Target {
    pub format: Format,
    pub path: PathBuf,
    /// Where a workbook remembers its rows.
    pub folder: PathBuf,
    /// Whether there are several tables.
    pub is_archive: bool,
    pub zone: Zone,
}

impl Target {
    /// What the name of the file ends with.
    pub const fn extension(format: Format, is_archive: bool) -> &'static str {
        match format {
            Format::Csv if is_archive => "zip",
            format => format.name(),
        }
    }
}

/// Writes everything that comes. False where it stopped coming before the end.
pub fn encode(target: &Target, mut pieces: Receiver<Piece>) -> io::Result<bool> {
    let mut writer = Writer::create(target)?;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Table(layout)) => writer.begin(layout)?,
            Some(Piece::Rows(rows, names)) => writer.rows(&rows, &names)?,
            Some(Piece::End) => return writer.finish(&target.path).map(|()| true),
            None => return Ok(false),
        }
    }
}

struct Writer {
    form: Form,
    layout: Option<Arc<Layout>>,
    zone: Zone,
    /// The text of a cell, kept for its room.
    text: String,
    line: Vec<u8>,
    /// Whether something stands before the next element of a list.
    has_before: bool,
}

enum Form {
    Csv(Out),
    Xlsx(Box<Workbook>),
    Json(BufWriter<File>),
}

enum Out {
    File(BufWriter<File>),
    Archive(Box<Archive>),
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write_all(bytes),
            Self::Archive(archive) => archive.write_all(bytes),
        }
    }
}

/// Opens a file in the making. Were it not there any more, nobody would want it.
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).truncate(true).open(path)
}

fn file(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(256 << 10, open(path)?))
}

impl Writer {
    fn create(target: &Target) -> io::Result<Self> {
        let form = match target.format {
            Format::Csv if target.is_archive => Form::Csv(Out::Archive(Box::new(Archive::new(open(&target.path)?)))),
            Format::Csv => Form::Csv(Out::File(file(&target.path)?)),
            Format::Xlsx => Form::Xlsx(Box::new(Workbook::new(&target.folder)?)),
            Format::Json => {
                let mut document = file(&target.path)?;
                document.write_all(b"{")?;
                Form::Json(document)
            }
        };
        let zone = target.zone;
        Ok(Self { form, layout: None, zone, text: String::new(), line: vec![], has_before: false })
    }

    fn begin(&mut self, layout: Arc<Layout>) -> io::Result<()> {
        let is_first = self.layout.is_none();
        match &mut self.form {
            Form::Csv(out) => {
                if let Out::Archive(archive) = out {
                    archive.begin(&format!("{}.csv", layout.ty.name))?;
                }
                self.line.clear();
                for (i, column) in layout.columns.iter().enumerate() {
                    field(&mut self.line, i, &formula::guard(&column.heading));
                }
                end_line(&mut self.line);
                out.write(&self.line)?;
            }
            Form::Xlsx(book) => {
                book.begin(layout.ty.plural, layout.columns.iter().map(|c| c.heading.clone()).collect())?;
            }
            Form::Json(document) => {
                document.write_all(if is_first { b"\"" } else { b"\n],\"" })?;
                document.write_all(layout.ty.name.as_bytes())?;
                document.write_all(b"\":[")?;
            }
        }
        (self.layout, self.has_before) = (Some(layout), false);
        Ok(())
    }

    fn rows(&mut self, rows: &[Stored], names: &Names) -> io::Result<()> {
        let Some(layout) = self.layout.clone() else { return Ok(()) };
        for row in rows {
            match &mut self.form {
                Form::Csv(out) => {
                    self.line.clear();
                    for (i, column) in layout.columns.iter().enumerate() {
                        self.text.clear();
                        if cells::write(&layout, column.from, row, names, &mut self.text) {
                            field(&mut self.line, i, &formula::guard(&self.text));
                        } else {
                            field(&mut self.line, i, &self.text);
                        }
                    }
                    end_line(&mut self.line);
                    out.write(&self.line)?;
                }
                Form::Xlsx(book) => {
                    book.begin_row()?;
                    for (i, column) in (0_u16..).zip(&layout.columns) {
                        self.text.clear();
                        book.put(i, cells::cell(&layout, column.from, row, names, self.zone, &mut self.text))?;
                    }
                }
                Form::Json(document) => {
                    document.write_all(if self.has_before { b",\n" } else { b"\n" })?;
                    let record = RecordJson { ty: layout.ty, shape: &layout.shape, row, labels: names };
                    serde_json::to_writer(&mut *document, &record)?;
                    self.has_before = true;
                }
            }
        }
        Ok(())
    }

    fn finish(self, path: &Path) -> io::Result<()> {
        match self.form {
            Form::Csv(Out::File(mut file)) => file.flush(),
            Form::Csv(Out::Archive(archive)) => archive.finish(),
            Form::Xlsx(book) => book.finish(path),
            Form::Json(mut document) => {
                document.write_all(if self.layout.is_some() { b"\n]}\n" } else { b"}\n" })?;
                document.flush()
            }
        }
    }
}

/// Adds a field to a line (RFC 4180).
fn field(line: &mut Vec<u8>, at: usize, text: &str) {
    if at > 0 {
        line.push(b',');
    }
    if !text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(b'"');
    for (i, part) in text.as_bytes().split(|b| *b == b'"').enumerate() {
        if i > 0 {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(part);
    }
    line.push(b'"');
}

/// A line without anything would be none.
fn end_line(line: &mut Vec<u8>) {
    if line.is_empty() {
        line.extend_from_slice(b"\"\"");
    }
    line.extend_from_slice(b"\r\n");
}
