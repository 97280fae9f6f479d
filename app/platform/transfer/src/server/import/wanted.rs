//! What a person asked for, understood and found allowed.

use std::sync::Arc;

use kernel::{AppError, Currency, FieldErrors};
use records::{
    Address, Field, Kind,
    server::{Action, AnyPermit, Ctx, Entry, is_key},
};

use super::columns::is_open;
use crate::import::{Column, DateOrder, Match, Mode, OnError, Settings};

/// A column that goes into a field.
pub struct Target {
    /// Its place in the file.
    pub column: usize,
    pub name: String,
    /// Its place in the type.
    pub field: usize,
    /// The part of an address that its cells are.
    pub part: Option<&'static str>,
    pub how: Match,
    /// The type its cells name records of.
    pub refers_to: Option<String>,
}

/// An import that can be carried out.
pub struct Wanted {
    pub entry: Arc<Entry>,
    pub view: AnyPermit,
    pub create: Option<AnyPermit>,
    pub edit: Option<AnyPermit>,
    /// Cells in the heading.
    pub width: usize,
    pub targets: Vec<Target>,
    /// The target whose cells find the record of a row.
    pub key: Option<usize>,
    pub mode: Mode,
    pub on_error: OnError,
}

impl Wanted {
    pub fn field(&self, target: usize) -> &'static Field {
        &self.entry.ty.fields[self.targets[target].field]
    }

    /// Whether cells of the target name records of the imported type, which rows of the file may be.
    pub fn is_inward(&self, target: usize) -> bool {
        self.targets[target].refers_to.as_deref() == Some(self.entry.ty.name)
    }

    /// Whether an address comes in parts, and this one of them has no column.
    pub fn leaves_out(&self, field: usize, part: &str) -> bool {
        let mut parts = self.targets.iter().filter(|t| t.field == field).filter_map(|t| t.part).peekable();
        parts.peek().is_some() && parts.all(|there| there != part)
    }

    /// Whether this was understood of somebody with the same rights as another.
    pub fn has_rights_of(&self, other: &Self) -> bool {
        self.view == other.view && self.create == other.create && self.edit == other.edit
    }

    pub fn has_inward(&self) -> bool {
        (0..self.targets.len()).any(|t| self.is_inward(t))
    }
}

/// Permits for the mode; importing needs them besides its own.
pub fn permits(ctx: &Ctx, record_type: &str, mode: Mode) -> Result<(Option<AnyPermit>, Option<AnyPermit>), AppError> {
    ctx.permit_any(record_type, Action::Import)?;
    let create = (mode != Mode::Update).then(|| ctx.permit_any(record_type, Action::Create)).transpose()?;
    let edit = (mode != Mode::Create).then(|| ctx.permit_any(record_type, Action::Edit)).transpose()?;
    Ok((create, edit))
}

/// Makes sure that the settings fit the type, the file and the actor. Objections are listed under `mapping`,
/// `match_on` and `mode`.
pub fn understand(ctx: &Ctx, record_type: &str, columns: &[Column], settings: &Settings) -> Result<Wanted, AppError> {
    let (create, mut edit) = permits(ctx, record_type, settings.mode)?;
    let view = ctx.permit_any(record_type, Action::View)?;
    let entry = view.entry().clone();
    let mut errors = FieldErrors::default();
    let mut targets: Vec<Target> = vec![];
    for name in settings.mapping.keys().filter(|name| !columns.iter().any(|c| c.name == **name)) {
        errors.add("mapping", format!("There is no column {name} in the file."));
    }
    for (i, column) in columns.iter().enumerate() {
        let Some(Some(how)) = settings.mapping.get(&column.name) else { continue };
        let (name, part) = match how.field.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (how.field.as_str(), None),
        };
        let part = part.map(|part| Address::PARTS.into_iter().map(|(known, _)| known).find(|known| *known == part));
        let found = entry.ty.field(name).filter(|(i, _)| view.may_see(*i));
        // Only an address has parts, and only those.
        let found = found.filter(|(_, f)| part.is_none_or(|part| part.is_some() && f.kind == Kind::Address));
        let part = part.flatten();
        let Some((field, declared)) = found else {
            errors.add("mapping", format!("{}: there is no field `{}`.", column.name, how.field));
            continue;
        };
        let writer = create.as_ref().or(edit.as_ref()).unwrap_or(&view);
        if !is_open(writer, field) {
            errors.add("mapping", format!("{}: {} cannot be imported.", column.name, declared.label));
            continue;
        }
        let is_same = |t: &Target| t.field == field && (t.part == part || t.part.is_none() || part.is_none());
        if let Some(other) = targets.iter().find(|t| is_same(t)) {
            errors.add("mapping", format!("{} and {} both go into {}.", other.name, column.name, declared.label));
            continue;
        }
        let mut how = how.clone();
        if let Err(why) = fit(column, declared, &mut how) {
            errors.add("mapping", format!("{}: {why}", column.name));
            continue;
        }
        let refers_to = declared.kind.target().map(str::to_owned);
        targets.push(Target { column: i, name: column.name.clone(), field, part, how, refers_to });
    }
    if targets.is_empty() && errors.is_empty() {
        errors.add("mapping", "None of the columns goes into a field.");
    }
    let mut key = None;
    match &settings.match_on {
        Some(name) => match targets.iter().position(|t| entry.ty.fields[t.field].name == *name) {
            Some(at) if is_key(&entry.ty.fields[targets[at].field]) => key = Some(at),
            Some(_) => errors.add("match_on", "Records cannot be told apart by this field."),
            None => errors.add("match_on", format!("No column goes into `{name}`, so rows cannot be matched on it.")),
        },
        None if settings.mode != Mode::Create => {
            errors.add("match_on", "Choose the field by which rows find their records, or only create new ones.");
        }
        None => {}
    }
    let refers_inward = targets.iter().any(|t| t.refers_to.as_deref() == Some(entry.ty.name));
    if refers_inward && edit.is_none() {
        // Rows refer to one another, so references are filled in when all rows are there.
        edit = ctx.find_permit(&entry, Action::Edit);
        if edit.is_none() {
            errors.add("mapping", "Columns that name other rows can be imported only by who may edit the records too.");
        }
    }
    if !errors.is_empty() {
        return Err(AppError::Invalid(errors));
    }
    let (mode, on_error, width) = (settings.mode, settings.on_error, columns.len());
    Ok(Wanted { entry, view, create, edit, width, targets, key, mode, on_error })
}

/// Checks that the way of reading suits the field, and completes it.
fn fit(column: &Column, field: &Field, how: &mut Match) -> Result<(), String> {
    if how.multiply == 0 || how.multiply > 1_000_000_000 {
        return Err("a factor is between 1 and 1,000,000,000.".into());
    }
    if how.multiply != 1 && (!field.kind.is_number() || field.kind == Kind::Year) {
        return Err("only numbers can be multiplied.".into());
    }
    if let Some(code) = &how.currency
        && (field.kind != Kind::Money || Currency::known(code).is_none())
    {
        return Err("a currency is three letters like USD, for an amount of money.".into());
    }
    if how.date.is_some() && field.kind != Kind::Date {
        return Err("only dates have an order.".into());
    }
    if field.kind == Kind::Date && how.date.is_none() {
        if column.is_ambiguous() {
            return Err("say whether its dates name the month first or the day first.".into());
        }
        how.date = Some(column.date_order().unwrap_or(DateOrder::Iso));
    }
    Ok(())
}
