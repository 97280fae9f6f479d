//! How a record lies in its table: which columns a field has, and how values go in and come out.

use std::borrow::Cow;

use kernel::{
    Currency, Date, Money, Timestamp, fold,
    server::{Arg, Args, DbError, Row},
};
use uuid::Uuid;

use crate::{Address, Cells, Field, Flags, Kind, RecordType, Value};

/// What every record has besides its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    pub version: i64,
    pub created_at: Timestamp,
    pub created_by: Option<Uuid>,
    pub updated_at: Timestamp,
    pub updated_by: Option<Uuid>,
    pub deleted_at: Option<Timestamp>,
    pub deleted_by: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub team: Option<Uuid>,
}

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub id: Uuid,
    pub meta: Meta,
    pub cells: Cells,
}

const fn system(name: &'static str, label: &'static str, kind: Kind, flags: Flags) -> Field {
    Field {
        name: Cow::Borrowed(name),
        label: Cow::Borrowed(label),
        help: Cow::Borrowed(""),
        kind,
        flags: Flags(Flags::COMPUTED.0 | flags.0),
        default: Cow::Borrowed(""),
        also: Cow::Borrowed(""),
        was: Cow::Borrowed(""),
    }
}

/// System columns that can be shown, filtered and sorted like fields.
pub static SYSTEM_FIELDS: [Field; 4] = [
    system("created_at", "Created", Kind::DateTime, Flags::INDEX),
    system("updated_at", "Updated", Kind::DateTime, Flags::INDEX),
    system("created_by", "Created by", Kind::Ref(Cow::Borrowed("users")), Flags(0)),
    system("updated_by", "Updated by", Kind::Ref(Cow::Borrowed("users")), Flags(0)),
];

impl Meta {
    /// The value of one of [`SYSTEM_FIELDS`].
    pub fn value(&self, name: &str) -> Value {
        let id = |id: Option<Uuid>| id.map_or(Value::Null, Value::Id);
        match name {
            "created_at" => Value::At(self.created_at),
            "updated_at" => Value::At(self.updated_at),
            "created_by" => id(self.created_by),
            "updated_by" => id(self.updated_by),
            _ => Value::Null,
        }
    }
}

/// The columns that every record table has, in the order in which [`Reader::read`] expects them.
pub(super) const SYSTEM: [&str; 10] = [
    "id",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "deleted_at",
    "deleted_by",
    "owner",
    "team",
];

/// The column of what a type is searched by.
pub(super) const SEARCH_KEY: &str = "search_key";

/// Whether the field is one of the system columns under its own name.
pub(super) fn is_system(field: &Field) -> bool {
    matches!(field.name.as_ref(), "owner" | "team")
}

/// Whether values of the kind may take up much more than a line does.
pub(super) const fn is_heavy(kind: &Kind) -> bool {
    matches!(kind, Kind::LongText) || kind.is_many()
}

/// What a value of a heavy kind takes up that is read with the others, in bytes.
const LIGHT: u64 = 2 << 10;

/// How many bytes the heavy values of a row take up; `None` where the type has none.
pub(super) fn size(ty: &RecordType, alias: &str) -> Option<String> {
    let heavy = ty.fields.iter().filter(|f| is_heavy(&f.kind));
    let sizes: Vec<String> = heavy.map(|f| format!("coalesce(octet_length({alias}.{}), 0)", f.name)).collect();
    (!sizes.is_empty()).then(|| sizes.join(" + "))
}

/// Whether text is compared by a key beside it.
pub(super) const fn has_key(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::LongText | Kind::Email | Kind::Url | Kind::Address)
}

/// The column by which a field is compared and sorted.
pub(super) fn key_column(field: &Field) -> String {
    match &field.kind {
        kind if has_key(kind) => format!("{}_key", field.name),
        Kind::Money => format!("{}_minor", field.name),
        _ => field.name.clone().into_owned(),
    }
}

/// The columns that hold a field's value.
fn value_columns(field: &Field) -> Vec<String> {
    match field.kind {
        Kind::Money => vec![format!("{}_minor", field.name), format!("{}_currency", field.name)],
        _ => vec![field.name.clone().into_owned()],
    }
}

/// The columns written for a field: those of its value, and its key.
pub(super) fn columns(field: &Field) -> Vec<String> {
    let mut columns = value_columns(field);
    if has_key(&field.kind) {
        columns.push(key_column(field));
    }
    columns
}

/// The types of [`columns`], in their order, as a migration writes them.
pub(super) const fn column_types(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text | Kind::LongText | Kind::Email | Kind::Url => &["text", "{{key}}"],
        Kind::Address => &["{{json}}", "{{key}}"],
        Kind::Phone | Kind::Choice(_) => &["{{key}}"],
        Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent => &["bigint"],
        Kind::Money => &["bigint", "text"],
        Kind::Bool => &["{{bool}}"],
        Kind::Date => &["{{date}}"],
        Kind::DateTime => &["{{ts}}"],
        Kind::Ref(_) => &["{{uuid}}"],
        Kind::Choices(_) | Kind::Emails | Kind::Phones | Kind::Tags => &["{{json}}"],
    }
}

/// The text by which a value is compared, for kinds that are compared as text.
pub(super) fn compare_key(kind: &Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (_, Value::Address(address)) => Some(fold::key(&address.line())),
        (kind, Value::Text(text)) if has_key(kind) => Some(fold::key(text)),
        (_, Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The values of [`columns`], in their order.
pub(super) fn arguments(field: &Field, value: &Value, args: &mut Args) {
    match (&field.kind, value) {
        (Kind::Money, value) => {
            let money = if let Value::Money(money) = value { Some(money) } else { None };
            args.push(Arg::Int(money.map(|m| m.minor)));
            args.push(Arg::Text(money.map(|m| m.currency.code().to_owned())));
        }
        (Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent, value) => args.push(Arg::Int(value.as_int())),
        (Kind::Bool, value) => args.push(Arg::Bool(if let Value::Bool(b) = value { Some(*b) } else { None })),
        (Kind::Date, value) => args.push(Arg::Date(if let Value::Date(d) = value { Some(*d) } else { None })),
        (Kind::DateTime, value) => args.push(Arg::At(if let Value::At(at) = value { Some(*at) } else { None })),
        (Kind::Ref(_), value) => args.push(Arg::Uuid(value.as_id())),
        (_, Value::List(list)) => args.push(Arg::Text(serde_json::to_string(list).ok())),
        (_, Value::Address(address)) => args.push(Arg::Text(serde_json::to_string(address).ok())),
        (_, value) => args.push(Arg::Text(value.as_text().map(str::to_owned))),
    }
    if has_key(&field.kind) {
        args.push(Arg::Text(compare_key(&field.kind, value)));
    }
}

/// Whether the type's rows are found by an index of what is searched; others have few rows.
pub(super) fn has_search_index(ty: &RecordType) -> bool {
    ty.fields.iter().any(|f| f.is(Flags::SEARCH))
}

/// Which fields of a type are read.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    ty: &'static RecordType,
    fields: Vec<usize>,
    /// Of [`SYSTEM`].
    system: [bool; SYSTEM.len()],
    /// Leaves heavy values out that take up more than [`LIGHT`], and says how much they do.
    is_sparing: bool,
}

impl Reader {
    pub fn all(ty: &'static RecordType) -> Self {
        Self::some(ty, (0..ty.fields.len()).collect())
    }

    /// The fields named and every system column.
    pub const fn some(ty: &'static RecordType, fields: Vec<usize>) -> Self {
        Self { ty, fields, system: [true; SYSTEM.len()], is_sparing: false }
    }

    /// All fields but the heavy ones.
    pub fn light(ty: &'static RecordType) -> Self {
        Self::some(ty, (0..ty.fields.len()).filter(|i| !is_heavy(&ty.fields[*i].kind)).collect())
    }

    /// The same, with what takes up much left out at first.
    #[must_use]
    pub fn sparing(&self) -> Self {
        Self { is_sparing: true, ..self.clone() }
    }

    /// Of the system columns only those named, besides id and version, which are always read.
    #[must_use]
    pub fn with_system(mut self, names: &[&str]) -> Self {
        let own = self.fields.iter().map(|i| self.ty.fields[*i].name.as_ref());
        let names: Vec<&str> = own.chain(names.iter().copied()).collect();
        self.system = SYSTEM.map(|column| matches!(column, "id" | "version") || names.contains(&column));
        self
    }

    /// The fields that are columns of their own.
    fn own(&self) -> impl Iterator<Item = &'static Field> {
        let fields = self.ty.fields;
        self.fields.iter().map(|i| &fields[*i]).filter(|f| !is_system(f))
    }

    fn is_spared(&self, kind: &Kind) -> bool {
        self.is_sparing && is_heavy(kind)
    }

    /// The columns to select, each of the table called `alias`.
    pub fn select(&self, alias: &str) -> String {
        let system = SYSTEM.iter().zip(self.system).filter(|(_, is_read)| *is_read);
        let mut columns: Vec<String> = system.map(|(column, _)| format!("{alias}.{column}")).collect();
        for field in self.own() {
            if self.is_spared(&field.kind) {
                let size = format!("octet_length({alias}.{})", field.name);
                columns.push(format!("case when {size} <= {LIGHT} then {alias}.{} end", field.name));
                columns.push(size);
            } else {
                columns.extend(value_columns(field).into_iter().map(|column| format!("{alias}.{column}")));
            }
        }
        columns.join(", ")
    }

    /// A row that [`Self::select`] selected. What was not asked for is null, or the beginning of time.
    pub fn read(&self, row: &Row) -> Result<Stored, DbError> {
        Ok(self.read_sparing(row)?.0)
    }

    /// The same, with the bytes of what was left out.
    pub fn read_sparing(&self, row: &Row) -> Result<(Stored, u64), DbError> {
        let mut at = 0;
        let mut next = |column: usize| {
            let place = self.system[column].then_some(at);
            at += usize::from(self.system[column]);
            place
        };
        let places: [Option<usize>; SYSTEM.len()] = std::array::from_fn(&mut next);
        let time = |column: usize| match places[column] {
            Some(place) => row.get(place),
            None => Ok(Timestamp::from_micros(0)),
        };
        let id = |column: usize| places[column].map_or(Ok(None), |place| row.get::<Option<Uuid>>(place));
        let meta = Meta {
            version: row.get(1)?,
            created_at: time(2)?,
            created_by: id(3)?,
            updated_at: time(4)?,
            updated_by: id(5)?,
            deleted_at: places[6].map_or(Ok(None), |place| row.get(place))?,
            deleted_by: id(7)?,
            owner: id(8)?,
            team: id(9)?,
        };
        let mut left_out = 0;
        let mut cells = vec![Value::Null; self.ty.fields.len()];
        for i in &self.fields {
            let field = &self.ty.fields[*i];
            cells[*i] = match field.name.as_ref() {
                "owner" => meta.owner.map_or(Value::Null, Value::Id),
                "team" => meta.team.map_or(Value::Null, Value::Id),
                _ => {
                    let value = read_value(&field.kind, row, at)?;
                    let is_spared = self.is_spared(&field.kind);
                    if is_spared && value == Value::Null {
                        left_out += row.get::<Option<i64>>(at + 1)?.unwrap_or(0).unsigned_abs();
                    }
                    at += if field.kind == Kind::Money || is_spared { 2 } else { 1 };
                    value
                }
            };
        }
        Ok((Stored { id: row.get(0)?, meta, cells: Cells(cells) }, left_out))
    }

    /// How many columns [`Self::select`] selects.
    pub fn width(&self) -> usize {
        let width = |f: &Field| if self.is_spared(&f.kind) { 2 } else { value_columns(f).len() };
        self.system.iter().filter(|is_read| **is_read).count() + self.own().map(width).sum::<usize>()
    }
}

fn read_value(kind: &Kind, row: &Row, at: usize) -> Result<Value, DbError> {
    Ok(match kind {
        Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent => {
            row.get::<Option<i64>>(at)?.map_or(Value::Null, Value::Int)
        }
        Kind::Money => match (row.get::<Option<i64>>(at)?, row.get::<Option<String>>(at + 1)?) {
            (Some(minor), Some(code)) => match Currency::parse(&code) {
                Some(currency) => Value::Money(Money { minor, currency }),
                None => return Err(DbError::Decode { column: at + 1, reason: "not a currency".into() }),
            },
            _ => Value::Null,
        },
        Kind::Bool => row.get::<Option<bool>>(at)?.map_or(Value::Null, Value::Bool),
        Kind::Date => row.get::<Option<Date>>(at)?.map_or(Value::Null, Value::Date),
        Kind::DateTime => row.get::<Option<Timestamp>>(at)?.map_or(Value::Null, Value::At),
        Kind::Ref(_) => row.get::<Option<Uuid>>(at)?.map_or(Value::Null, Value::Id),
        Kind::Choices(_) | Kind::Emails | Kind::Phones | Kind::Tags => {
            read_json(row, at)?.map_or(Value::Null, Value::List)
        }
        Kind::Address => read_json::<Address>(row, at)?.map_or(Value::Null, |a| Value::Address(Box::new(a))),
        _ => row.get::<Option<String>>(at)?.map_or(Value::Null, Value::Text),
    })
}

fn read_json<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> Result<Option<T>, DbError> {
    let text: Option<String> = row.get(at)?;
    let parsed = text.map(|t| serde_json::from_str(&t)).transpose();
    parsed.map_err(|_| DbError::Decode { column: at, reason: "not a list or an address".into() })
}
