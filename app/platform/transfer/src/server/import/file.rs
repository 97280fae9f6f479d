//! Files people bring: told from what is no text, brought into UTF-8, and read row by row.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use kernel::{AppError, FieldErrors, server::unexpected};

use crate::server::formula;

/// The longest row, in bytes: beyond, a quotation mark is missing rather than a cell large.
const LONGEST_ROW: u64 = 16 << 20;
/// The most columns a table may have, and the most delimiters a row may hold, those inside its cells with them.
const MOST_COLUMNS: usize = 500;
const MOST_DELIMITERS: u64 = 1_000_000;
/// How much of a file tells what it is.
const HEAD: usize = 64 << 10;

/// Why a file cannot be imported. The text is a sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    NoText(String),
    #[error("{0}")]
    Broken(String),
}

impl From<FileError> for AppError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io(error) if error.kind() == io::ErrorKind::StorageFull => Self::StorageFull,
            FileError::Io(error) => unexpected(error.kind()),
            FileError::NoText(why) => Self::UnsupportedMedia(why),
            FileError::Broken(why) => Self::Invalid(FieldErrors::one("file", why)),
        }
    }
}

fn broken<T>(why: impl Into<String>) -> Result<T, FileError> {
    Err(FileError::Broken(why.into()))
}

/// What a file is by its first bytes, whatever its name says.
fn magic(head: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 11] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook (save the sheet as CSV)"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (save the sheet as CSV)"),
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"SQLite format 3\0", "a database"),
    ];
    KNOWN.iter().find(|(bytes, _)| head.starts_with(bytes)).map(|(_, what)| *what)
}

/// Writes the text of a file as UTF-8 without a byte-order mark, a piece at a time, and says what its encoding was: the
/// one that was said, or the one that fits.
pub fn to_utf8(from: &Path, to: &Path, said: Option<&'static Encoding>) -> Result<&'static str, FileError> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(from)?.take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return broken("This file is empty.");
    }
    if let Some(what) = magic(&head) {
        return Err(FileError::NoText(format!("this is {what}, not a CSV file")));
    }
    if let Some(encoding) = said {
        let mark = Encoding::for_bom(&head).filter(|(marked, _)| *marked == encoding).map_or(0, |(_, mark)| mark);
        return match transcode(encoding, from, to, mark as u64)? {
            None => Ok(encoding.name()),
            Some(at) => {
                broken(format!("This file is not {}: what stands at byte {at} means nothing there.", encoding.name()))
            }
        };
    }
    if let Some((encoding, mark)) = Encoding::for_bom(&head) {
        return match transcode(encoding, from, to, mark as u64)? {
            None => Ok(encoding.name()),
            Some(at) => broken(format!("This file says it is {}, but is not at byte {at}.", encoding.name())),
        };
    }
    if let Some(encoding) = unmarked_utf16(&head)
        && transcode(encoding, from, to, 0)?.is_none()
    {
        return Ok(encoding.name());
    }
    let odd = head.iter().filter(|b| **b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)).count();
    if odd > 8 && odd * 20 > head.len() {
        return Err(FileError::NoText("this is not a text file".into()));
    }
    if transcode(UTF_8, from, to, 0)?.is_none() {
        return Ok(UTF_8.name());
    }
    let guessed = guess(from)?;
    if transcode(guessed, from, to, 0)?.is_none() {
        return Ok(guessed.name());
    }
    // Every byte means something there.
    transcode(WINDOWS_1252, from, to, 0)?;
    Ok(WINDOWS_1252.name())
}

/// Text of Western letters in UTF-16 has a NUL in every other place.
fn unmarked_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let nuls = |at: usize| head.iter().skip(at).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (nuls(0), nuls(1), head.len() / 2);
    match () {
        () if half < 4 => None,
        () if odd * 2 > half && even * 10 < half => Some(UTF_16LE),
        () if even * 2 > half && odd * 10 < half => Some(UTF_16BE),
        () => None,
    }
}

fn guess(from: &Path) -> Result<&'static Encoding, FileError> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut file = File::open(from)?;
    let mut piece = vec![0; HEAD];
    loop {
        let read = file.read(&mut piece)?;
        detector.feed(&piece[..read], read == 0);
        if read == 0 {
            return Ok(detector.guess(None, Utf8Detection::Deny));
        }
    }
}

/// Decodes a file into another. Nothing is replaced: where the bytes mean nothing in the encoding, says where.
fn transcode(encoding: &'static Encoding, from: &Path, to: &Path, skip: u64) -> Result<Option<u64>, FileError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut file = File::open(from)?;
    io::copy(&mut Read::by_ref(&mut file).take(skip), &mut io::sink())?;
    let mut lines = Lines { out: BufWriter::new(File::create(to)?), last: 0 };
    let (mut piece, mut text) = (vec![0; HEAD], vec![0; 4 * HEAD]);
    let mut at = skip;
    loop {
        let read = file.read(&mut piece)?;
        let mut rest = &piece[..read];
        loop {
            let (result, taken, written) = decoder.decode_to_utf8_without_replacement(rest, &mut text, read == 0);
            lines.write(&text[..written])?;
            rest = &rest[taken..];
            at += taken as u64;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(bytes, after) => {
                    return Ok(Some(at.saturating_sub(u64::from(bytes) + u64::from(after))));
                }
            }
        }
        if read == 0 {
            lines.finish()?;
            return Ok(None);
        }
    }
}

/// Writes text whose lines end alike, whichever system they come from, the last one too.
struct Lines {
    out: BufWriter<File>,
    last: u8,
}

impl Lines {
    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let mut done = 0;
        for (at, byte) in text.iter().enumerate().filter(|(_, b)| matches!(b, b'\r' | b'\n')) {
            let before = if at == 0 { self.last } else { text[at - 1] };
            self.out.write_all(&text[done..at])?;
            done = at + 1;
            if *byte == b'\r' || before != b'\r' {
                self.out.write_all(b"\n")?;
            }
        }
        self.out.write_all(&text[done..])?;
        self.last = text.last().copied().unwrap_or(self.last);
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        if !matches!(self.last, b'\r' | b'\n' | 0) {
            self.out.write_all(b"\n")?;
        }
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()
    }
}

/// The delimiter that splits the first rows into most columns most evenly.
pub fn delimiter(path: &Path) -> Result<u8, FileError> {
    const ROWS: usize = 50;
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    if let Some(named) = named_delimiter(&head) {
        return Ok(named);
    }
    let is_cut = head.len() == HEAD;
    let score = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(head.as_slice());
        let mut widths: Vec<usize> = reader.byte_records().take(ROWS).map_while(Result::ok).map(|r| r.len()).collect();
        if is_cut && widths.len() > 1 && widths.len() < ROWS {
            widths.pop();
        }
        let width = widths.first().copied().unwrap_or(0);
        let even = widths.iter().filter(|w| **w == width).count();
        if width < 2 { (0, 0) } else { (even * 100 / widths.len(), width) }
    };
    let best = [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|d| score(*d));
    Ok(best.filter(|d| score(*d).1 > 1).unwrap_or(b','))
}

/// What Excel writes before the heading to name the delimiter.
const NAMING: &[u8] = b"sep=";

/// The delimiter that the first line names: `sep=;`.
fn named_delimiter(head: &[u8]) -> Option<u8> {
    match head.split_at_checked(NAMING.len())? {
        (word, [delimiter, b'\n', ..]) if word.eq_ignore_ascii_case(NAMING) && delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

/// Stops where a row does not end, or has far too many cells.
struct Capped<R> {
    inner: R,
    delimiter: u8,
    since_row: Arc<SinceRow>,
}

/// Bytes and delimiters read since a row was asked for.
#[derive(Default)]
struct SinceRow {
    bytes: AtomicU64,
    delimiters: AtomicU64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let delimiters = buffer[..read].split(|b| *b == self.delimiter).count() - 1;
        let is_long = self.since_row.bytes.fetch_add(read as u64, Ordering::Relaxed) > LONGEST_ROW;
        let is_wide = self.since_row.delimiters.fetch_add(delimiters as u64, Ordering::Relaxed) > MOST_DELIMITERS;
        if is_long || is_wide {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a row is too long"));
        }
        Ok(read)
    }
}

/// A table in UTF-8, read from its first row to its last.
pub struct Table {
    reader: csv::Reader<Capped<BufReader<File>>>,
    since_row: Arc<SinceRow>,
    record: csv::StringRecord,
    /// Line breaks inside cells so far: a spreadsheet does not count them as rows.
    inside: i64,
    /// Lines before the heading.
    before: i64,
    last: i64,
    /// The headings, each different from the others.
    pub columns: Vec<String>,
    /// The headings that stood there more than once.
    pub repeated: Vec<String>,
    /// Whether each column was given another heading than its own, which an earlier one has.
    pub is_renamed: Vec<bool>,
}

/// A row as it stands.
pub struct Row {
    /// As a spreadsheet counts: the heading is row 1.
    pub number: i64,
    pub cells: Vec<String>,
}

impl Row {
    /// Whether it goes into so many columns: cells beyond the last are empty. Spreadsheets leave out empty cells at the
    /// end of a row as well.
    pub fn fits(&self, width: usize) -> bool {
        self.cells.iter().skip(width).all(|cell| cell.trim().is_empty())
    }

    pub fn bytes(&self) -> usize {
        self.cells.iter().map(String::len).sum()
    }
}

impl Table {
    pub fn open(path: &Path, delimiter: u8) -> Result<Self, FileError> {
        let since_row = Arc::<SinceRow>::default();
        let mut inner = BufReader::with_capacity(HEAD, File::open(path)?);
        let is_named = named_delimiter(inner.fill_buf()?).is_some();
        inner.consume(if is_named { NAMING.len() + 2 } else { 0 });
        let input = Capped { inner, delimiter, since_row: since_row.clone() };
        let reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(input);
        let record = csv::StringRecord::new();
        let before = i64::from(is_named);
        let mut table = Self {
            reader,
            since_row,
            record,
            inside: 0,
            before,
            last: before,
            columns: vec![],
            repeated: vec![],
            is_renamed: vec![],
        };
        let Some(heading) = table.next()? else { return broken("This file is empty.") };
        if heading.cells.len() > MOST_COLUMNS {
            return broken(format!("This file has {} columns; at most {MOST_COLUMNS} are read.", heading.cells.len()));
        }
        for (i, name) in heading.cells.iter().enumerate() {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            if name.contains('\0') {
                return broken(
                    "The heading contains NUL characters: this is not a text file, or not in the encoding it seems to be in.",
                );
            }
            let base: String =
                if name.is_empty() { format!("Column {}", i + 1) } else { name.chars().take(200).collect() };
            let mut own = base.clone();
            for n in 2.. {
                if !table.columns.contains(&own) {
                    break;
                }
                own = format!("{base} ({n})");
            }
            table.is_renamed.push(own != base);
            if own != base && !table.repeated.contains(&base) {
                table.repeated.push(base);
            }
            table.columns.push(own);
        }
        Ok(table)
    }

    /// The next row; lines without anything are none.
    pub fn next(&mut self) -> Result<Option<Row>, FileError> {
        self.since_row.bytes.store(0, Ordering::Relaxed);
        self.since_row.delimiters.store(0, Ordering::Relaxed);
        let more = self.reader.read_record(&mut self.record).map_err(|e| {
            let row = self.last + 1;
            match e.into_kind() {
                csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => FileError::Broken(format!(
                    "Row {row} is longer than {} MB or has more than a million cells: is a quotation mark missing?",
                    LONGEST_ROW >> 20
                )),
                csv::ErrorKind::Io(e) => FileError::Io(e),
                _ => FileError::Broken(format!("Row {row} cannot be read.")),
            }
        })?;
        if !more {
            return Ok(None);
        }
        let breaks = self.record.iter().map(|c| c.bytes().filter(|b| *b == b'\n').count()).sum::<usize>();
        self.inside += i64::try_from(breaks).unwrap_or(0);
        // The line after the row, less the lines that were none: empty ones count, as in a spreadsheet.
        let after = i64::try_from(self.reader.position().line()).unwrap_or(i64::MAX);
        let number = (after - 1 - self.inside + self.before).max(self.last + 1);
        self.last = number;
        if self.record.len() > MOST_COLUMNS && !self.columns.is_empty() {
            let count = self.record.len();
            return broken(format!("Row {number} has {count} cells; at most {MOST_COLUMNS} are read."));
        }
        let cells = self.record.iter().map(|cell| formula::unguard(cell).to_owned()).collect();
        Ok(Some(Row { number, cells }))
    }
}
