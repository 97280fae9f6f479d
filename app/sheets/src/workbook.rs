//! XLSX workbooks.

use std::{collections::HashMap, io, path::Path};

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

/// Rows a sheet has room for, its heading among them.
pub const MOST_ROWS: u32 = 1_048_576;
/// The longest text of a cell, in characters as a workbook counts them.
const LONGEST_TEXT: usize = 32_767;
/// The longest name of a sheet, in characters.
const LONGEST_NAME: usize = 31;
/// Beyond, a number of a workbook does not hold every digit.
const EXACT: u64 = 999_999_999_999_999;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    Empty,
    Text(&'a str),
    Whole(i64),
    /// Units of `10^-digits`.
    Decimal {
        units: i64,
        digits: u8,
    },
    /// Hundredths of a per cent.
    Percent(i64),
    /// Units of `10^-digits` of a currency, by its three letters.
    Money {
        units: i64,
        digits: u8,
        currency: [u8; 3],
    },
    Truth(bool),
    Date(NaiveDate),
    Time(NaiveDateTime),
}

/// A workbook being written. What it needs to remember lies in a folder, not in memory.
pub struct Workbook {
    book: rust_xlsxwriter::Workbook,
    heading: Vec<String>,
    name: String,
    /// Sheets of the present table, from 1.
    part: u32,
    sheets: usize,
    /// The present row; the heading is 0.
    row: u32,
    most_rows: u32,
    formats: Formats,
}

struct Formats {
    heading: Format,
    date: Format,
    time: Format,
    percent: Format,
    decimals: HashMap<u8, Format>,
    money: HashMap<([u8; 3], u8), Format>,
}

impl Workbook {
    pub fn new(folder: &Path) -> io::Result<Self> {
        Self::with_rows(folder, MOST_ROWS)
    }

    fn with_rows(folder: &Path, most_rows: u32) -> io::Result<Self> {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.set_tempdir(folder).map_err(failed)?;
        // A third larger than at its best, in a fraction of the time.
        book.set_zip_compression_level(1);
        // A sheet may hold more than 4 GiB of text.
        book.use_zip_large_file(true);
        let formats = Formats {
            heading: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            percent: Format::new().set_num_format("0.00%"),
            decimals: HashMap::new(),
            money: HashMap::new(),
        };
        Ok(Self { book, heading: vec![], name: String::new(), part: 0, sheets: 0, row: 0, most_rows, formats })
    }

    /// Begins a table, on a sheet of its own. One that is too long for a sheet goes on on others.
    pub fn begin(&mut self, name: &str, heading: Vec<String>) -> io::Result<()> {
        self.name = name.chars().map(|c| if "[]:*?/\\'".contains(c) { ' ' } else { c }).collect();
        (self.heading, self.part) = (heading, 0);
        self.begin_sheet()
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        self.part += 1;
        let suffix = if self.part > 1 { format!(" ({})", self.part) } else { String::new() };
        let name: String = self.name.chars().take(LONGEST_NAME - suffix.len()).collect();
        let sheet = self.book.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_name(format!("{name}{suffix}")).map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        for (column, label) in (0_u16..).zip(&self.heading) {
            sheet.set_column_width(column, 18).map_err(failed)?;
            sheet.write_string_with_format(0, column, label, &self.formats.heading).map_err(failed)?;
        }
        self.sheets += 1;
        // A row that asked for another sheet is its first.
        self.row = u32::from(self.part > 1);
        Ok(())
    }

    /// Begins a row of the present table.
    pub fn begin_row(&mut self) -> io::Result<()> {
        self.row += 1;
        if self.row == self.most_rows { self.begin_sheet() } else { Ok(()) }
    }

    /// Puts something into a cell of the present row, by its column from 0.
    pub fn put(&mut self, column: u16, cell: Cell<'_>) -> io::Result<()> {
        let sheet = self.book.worksheet_from_index(self.sheets - 1).map_err(failed)?;
        write(sheet, self.row, column, cell, &mut self.formats).map_err(failed)
    }

    /// Packs everything into a file. Takes as long as all rows before it.
    pub fn finish(mut self, path: &Path) -> io::Result<()> {
        self.book.save(path).map_err(failed)
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of more digits go as text")]
fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: Cell<'_>, formats: &mut Formats) -> Result<(), XlsxError> {
    let scale = |digits: u8| 10_f64.powi(i32::from(digits));
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, fitting(text))?;
        }
        Cell::Whole(n) if n.unsigned_abs() > EXACT => {
            sheet.write_string(row, column, n.to_string())?;
        }
        Cell::Whole(n) => {
            sheet.write_number(row, column, n as f64)?;
        }
        Cell::Decimal { units, digits } if units.unsigned_abs() > EXACT => {
            sheet.write_string(row, column, decimal(units, digits))?;
        }
        Cell::Decimal { units, digits } => {
            let format = formats.decimals.entry(digits).or_insert_with(|| Format::new().set_num_format(places(digits)));
            sheet.write_number_with_format(row, column, units as f64 / scale(digits), format)?;
        }
        Cell::Percent(hundredths) if hundredths.unsigned_abs() > EXACT => {
            sheet.write_string(row, column, format!("{}%", decimal(hundredths, 2)))?;
        }
        Cell::Percent(hundredths) => {
            sheet.write_number_with_format(row, column, hundredths as f64 / 10_000.0, &formats.percent)?;
        }
        Cell::Money { units, digits, currency } if units.unsigned_abs() > EXACT => {
            let code = String::from_utf8_lossy(&currency);
            sheet.write_string(row, column, format!("{} {code}", decimal(units, digits)))?;
        }
        Cell::Money { units, digits, currency } => {
            let format = formats.money.entry((currency, digits)).or_insert_with(|| {
                let code = String::from_utf8_lossy(&currency);
                Format::new().set_num_format(format!("#,##{} \"{code}\"", places(digits)))
            });
            sheet.write_number_with_format(row, column, units as f64 / scale(digits), format)?;
        }
        Cell::Truth(is) => {
            sheet.write_boolean(row, column, is)?;
        }
        // Workbooks know no day before 1900.
        Cell::Date(date) if date.year() < 1900 => {
            sheet.write_string(row, column, date.to_string())?;
        }
        Cell::Date(date) => {
            sheet.write_datetime_with_format(row, column, date, &formats.date)?;
        }
        Cell::Time(time) if time.year() < 1900 => {
            sheet.write_string(row, column, time.to_string())?;
        }
        Cell::Time(time) => {
            sheet.write_datetime_with_format(row, column, time, &formats.time)?;
        }
    }
    Ok(())
}

/// Units of `10^-digits` with all their decimals, as exports to text have them.
fn decimal(units: i64, digits: u8) -> String {
    let digits = usize::from(digits);
    let sign = if units < 0 { "-" } else { "" };
    let all = format!("{:0>width$}", units.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = all.split_at(all.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// `0.00` for two digits.
fn places(digits: u8) -> String {
    if digits == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(digits.into())) }
}

/// As much of a text as a cell has room for.
fn fitting(text: &str) -> String {
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let mut units = 0;
    let room = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units >= LONGEST_TEXT
    });
    match room {
        Some((end, last)) if end + last.len_utf8() < text.len() => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

/// What is wrong with the disk is told as it was; the rest is a table too large for a workbook.
fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) | XlsxError::ZipError(zip::result::ZipError::Io(error)) => error,
        other => io::Error::new(io::ErrorKind::FileTooLarge, other),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn part(path: &Path, name: &str) -> String {
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_table_too_long_for_a_sheet_goes_on_on_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.xlsx");
        let mut book = Workbook::with_rows(folder.path(), 3).unwrap();
        book.begin("A very long name of a table: with/odd letters", vec!["Name".into()]).unwrap();
        for name in ["a", "b", "c", "d", "e"] {
            book.begin_row().unwrap();
            book.put(0, Cell::Text(name)).unwrap();
        }
        book.begin("Empty", vec!["Name".into()]).unwrap();
        book.finish(&path).unwrap();
        let index = part(&path, "xl/workbook.xml");
        assert_eq!(index.matches("<sheet ").count(), 4, "{index}");
        assert!(index.contains("(3)\"") && index.contains("name=\"Empty\""), "{index}");
        let third = part(&path, "xl/worksheets/sheet3.xml");
        assert!(third.contains(">Name<") && third.contains(">e<") && !third.contains(">d<"), "{third}");
        // Nothing is left of what it remembered.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn numbers_and_days_are_numbers_and_nothing_is_a_formula() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.xlsx");
        let mut book = Workbook::new(folder.path()).unwrap();
        book.begin("Table", vec![]).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let old = NaiveDate::from_ymd_opt(1888, 1, 1).unwrap();
        book.begin_row().unwrap();
        let long = "ä".repeat(40_000);
        let cells = [
            Cell::Text("=1+1"),
            Cell::Whole(-7),
            Cell::Whole(i64::MAX),
            Cell::Money { units: -350, digits: 2, currency: *b"EUR" },
            Cell::Percent(1250),
            Cell::Date(day),
            Cell::Date(old),
            Cell::Truth(true),
            Cell::Empty,
            Cell::Text(&long),
        ];
        for (column, cell) in (0..).zip(cells) {
            book.put(column, cell).unwrap();
        }
        book.finish(&path).unwrap();
        let sheet = part(&path, "xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>"), "{sheet}");
        for value in ["=1+1", ">-7<", "9223372036854775807", ">-3.5<", ">0.125<", ">46347<", "1888-01-01"] {
            assert!(sheet.contains(value), "{value}");
        }
        assert!(part(&path, "xl/styles.xml").contains("EUR"));
    }

    #[test]
    fn a_sheet_has_room_for_more_than_an_archive_of_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.xlsx");
        let mut book = Workbook::new(folder.path()).unwrap();
        book.begin("Table", vec!["Name".into()]).unwrap();
        book.finish(&path).unwrap();
        // What a reader must know for its first part, 4.5 for ZIP64 (APPNOTE.TXT, section 4.4.3).
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(u16::from_le_bytes([bytes[4], bytes[5]]), 45);
        assert!(part(&path, "xl/worksheets/sheet1.xml").contains(">Name<"));
    }

    #[test]
    fn numbers_keep_every_digit_they_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.xlsx");
        let mut book = Workbook::new(folder.path()).unwrap();
        book.begin("Table", vec![]).unwrap();
        book.begin_row().unwrap();
        let (held, long) = (999_999_999_999_999, -9_007_199_254_740_993);
        for (column, units) in (0..).step_by(3).zip([held, long]) {
            book.put(column, Cell::Decimal { units, digits: 4 }).unwrap();
            book.put(column + 1, Cell::Money { units, digits: 2, currency: *b"EUR" }).unwrap();
            book.put(column + 2, Cell::Percent(units)).unwrap();
        }
        book.finish(&path).unwrap();
        let sheet = part(&path, "xl/worksheets/sheet1.xml");
        let as_numbers = ["<v>99999999999.9999<", "<v>9999999999999.99<", "<v>99999999999.9999<"];
        let as_text = [">-900719925474.0993<", ">-90071992547409.93 EUR<", ">-90071992547409.93%<"];
        for value in as_numbers.into_iter().chain(as_text) {
            assert!(sheet.contains(value), "{value}: {sheet}");
        }
    }
}
