//! Rows of the file, each cell read as a value of its field.

use std::{collections::BTreeSet, sync::Arc};

use records::{
    Address, Kind, Value,
    text::{self, Reading},
};

use super::{
    cells,
    file::{FileError, Row, Table},
    wanted::Wanted,
};
use crate::import::{Problem, ProblemKind};

/// Rows taken at once, and the bytes at which fewer have to do.
const ROWS: usize = 2_000;
const BYTES: usize = 2 << 20;
/// How much of a value a message shows, in characters.
const SHOWN: usize = 200;

/// A row understood.
#[derive(Clone)]
pub struct Line {
    pub row: i64,
    /// By target.
    pub set: Vec<(usize, Value)>,
    /// Cells that name records: target and text.
    pub names: Vec<(usize, String)>,
    pub problems: Vec<Problem>,
    /// Not one cell says anything.
    pub is_empty: bool,
    /// The texts of its cells, by target, for messages.
    texts: Arc<[String]>,
}

impl Line {
    /// An objection to one cell; to the whole row without a target.
    pub fn problem(&self, wanted: &Wanted, target: Option<usize>, message: impl Into<String>) -> Problem {
        Problem {
            kind: ProblemKind::Error,
            row: self.row,
            column: target.map(|t| wanted.targets[t].name.clone()).unwrap_or_default(),
            value: target.and_then(|t| self.texts.get(t)).map(|text| short(text)).unwrap_or_default(),
            message: message.into(),
        }
    }

    /// Takes cells out of the row.
    pub fn drop_cells(&mut self, targets: &BTreeSet<usize>) {
        self.set.retain(|(target, _)| !targets.contains(target));
        self.names.retain(|(target, _)| !targets.contains(target));
    }
}

pub fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The next rows; none at the end.
pub fn next(table: &mut Table, wanted: &Wanted, reading: Reading) -> Result<Vec<Line>, FileError> {
    let (mut lines, mut bytes) = (vec![], 0);
    while lines.len() < ROWS && bytes < BYTES {
        let Some(row) = table.next()? else { break };
        bytes += row.bytes();
        lines.push(read(row, wanted, reading));
    }
    Ok(lines)
}

fn read(mut row: Row, wanted: &Wanted, reading: Reading) -> Line {
    let is_empty = row.cells.iter().all(|cell| cell.trim().is_empty());
    let (cells, fits) = (row.cells.len(), row.fits(wanted.width));
    let texts: Arc<[String]> =
        wanted.targets.iter().map(|t| row.cells.get_mut(t.column).map(std::mem::take).unwrap_or_default()).collect();
    let mut line = Line { row: row.number, set: vec![], names: vec![], problems: vec![], is_empty, texts };
    if is_empty {
        return line;
    }
    if !fits {
        let count = |n: usize| if n == 1 { "1 cell".to_owned() } else { format!("{n} cells") };
        let why = format!("This row has {}, the heading has {}.", count(cells), wanted.width);
        line.problems.push(line.problem(wanted, None, why));
        return line;
    }
    for (target, text) in line.texts.clone().iter().enumerate() {
        if wanted.targets[target].refers_to.is_some() {
            let name = text.trim();
            if name.contains('\0') {
                line.problems.push(line.problem(wanted, Some(target), "This contains a NUL character."));
            } else if let Ok(id) = name.parse() {
                line.set.push((target, Value::Id(id)));
            } else if !name.is_empty() {
                line.names.push((target, name.to_owned()));
            }
            continue;
        }
        if wanted.targets[target].part.is_some() {
            continue;
        }
        match cells::read(wanted.field(target), &wanted.targets[target].how, text, reading) {
            Ok(Some(value)) => line.set.push((target, value)),
            Ok(None) => {}
            Err(why) => line.problems.push(line.problem(wanted, Some(target), format!("This {why}."))),
        }
    }
    read_addresses(&mut line, wanted);
    line
}

/// Puts the parts of each address together, under the first column that has one. Where any part is there, the address is
/// what the row says: parts that are empty are none. Those without a column are as they were.
fn read_addresses(line: &mut Line, wanted: &Wanted) {
    for (first, target) in wanted.targets.iter().enumerate().filter(|(_, t)| t.part.is_some()) {
        let parts = || wanted.targets.iter().enumerate().filter(|(_, t)| t.part.is_some() && t.field == target.field);
        if parts().next().is_some_and(|(other, _)| other != first) {
            continue;
        }
        let mut address = Address::default();
        let mut problems = vec![];
        for (place, part) in parts() {
            let text = line.texts[place].trim();
            match text::check(&Kind::Text, Value::Text(text.to_owned())) {
                Ok(_) if text.contains(['\n', '\r', '\t']) => {
                    let why = "This has line breaks or tabs, and the field is of one line.";
                    problems.push(line.problem(wanted, Some(place), why));
                }
                Ok(_) => {
                    if let Some(own) = part.part.and_then(|name| address.part_mut(name)) {
                        text.clone_into(own);
                    }
                }
                Err(why) => problems.push(line.problem(wanted, Some(place), format!("This {why}."))),
            }
        }
        line.problems.append(&mut problems);
        if !address.is_empty() {
            line.set.push((first, Value::Address(Box::new(address))));
        }
    }
}
