//! Working out again what is stored beside records but follows from them, after its rules changed in the program.
//!
//! *Keys* are what values are compared and searched by: their rules are everybody's, and [`KEYS`] is their revision.
//! *Computed fields* follow from a type's rules, and `#[record(revision = …)]` is theirs. Both are done some rows at a
//! time, each step with how far it came in one transaction, so that whoever takes over goes on where another was
//! killed. Until all are done, readers meet rows of the former revision.

use std::sync::Arc;

use kernel::{
    AppError,
    server::{Args, DbError, Engine, Row},
};
use uuid::Uuid;

use super::{
    Action, Ctx, Edit, Entry, Sql, Stored, Work,
    apply::bulk,
    portion::{PORTION, divide},
    search,
    storage::{self, Reader},
    write::{close, discard, open, write_in},
};
use crate::{Flags, RecordType};

/// The revision of all keys: raised when [`kernel::fold`] or what a search looks through changes. Unique fields keep
/// theirs, as two that differed may have become the same.
const KEYS: i64 = 2;

/// Rows of a step.
const ROWS: usize = 500;

const FIND: &str = "select revision, at from upgrades where name = $1";
const PUT: &str = "insert into upgrades (name, revision, at) values ($1, $2, $3) \
                   on conflict (name) do update set revision = excluded.revision, at = excluded.at";

pub(super) const STATEMENTS: [&str; 2] = [FIND, PUT];

/// A row, and the keys it has.
type Keyed = (Stored, Vec<Option<String>>);

/// What of a type is worked out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Keys,
    Computed,
}

/// A part of a type whose rows are of a former revision.
#[derive(Clone, Debug)]
pub struct Upgrade {
    entry: Arc<Entry>,
    part: Part,
    revision: i64,
}

impl Upgrade {
    fn of(entry: &Arc<Entry>) -> impl Iterator<Item = Self> {
        let upgrade = |part, revision| Self { entry: entry.clone(), part, revision };
        [upgrade(Part::Keys, KEYS), upgrade(Part::Computed, entry.ty.revision)].into_iter()
    }

    /// The name it is kept under: `companies.keys`.
    pub fn name(&self) -> String {
        let part = match self.part {
            Part::Keys => "keys",
            Part::Computed => "computed",
        };
        format!("{}.{part}", self.entry.ty.name)
    }

    /// The records it is about, as people call them.
    pub fn records(&self) -> &'static str {
        self.entry.ty.plural
    }

    /// Does the next rows, and says how many; `None` where all were done.
    pub async fn step(&self, ctx: &Ctx) -> Result<Option<usize>, AppError> {
        let mut work = ctx.begin_batch().await?;
        let state = self.state(&mut work).await?;
        let at = match state {
            (revision, None) if revision == self.revision => return Ok(None),
            // It was begun for another revision, or not at all: from the first row.
            (revision, at) => at.filter(|_| revision == self.revision).unwrap_or_else(Uuid::nil),
        };
        let (done, last) = match self.part {
            Part::Keys => self.keys(&mut work, at).await?,
            Part::Computed => self.compute(ctx, &mut work, at).await?,
        };
        work.tx.execute(PUT, vec![self.name().into(), self.revision.into(), last.into()]).await?;
        work.commit().await?;
        Ok(Some(done))
    }

    /// The revision that was begun, and the last record that is done, where it is not all of them.
    async fn state(&self, work: &mut Work) -> Result<(i64, Option<Uuid>), AppError> {
        state_of(work.tx.fetch_optional(FIND, vec![self.name().into()]).await?)
    }

    /// The next rows after one, with the keys they have, locked where the database needs that; and the last of them,
    /// unless others do not follow.
    async fn rows(&self, work: &mut Work, at: Uuid) -> Result<(Vec<Keyed>, Option<Uuid>), AppError> {
        let ty = self.entry.ty;
        let reader = Reader::all(ty);
        let mut sql = Sql::new(work.tx.engine());
        let keys = key_columns(ty).iter().fold(String::new(), |keys, column| keys + ", t." + column);
        let Some((last, is_end)) = self.portion(work, at).await? else { return Ok((vec![], None)) };
        sql.push(&format!("select {}{keys} from {} t where t.id > ", reader.select("t"), ty.name));
        sql.bind(at);
        sql.push(" and t.id <= ");
        sql.bind(last);
        sql.push(" order by t.id");
        if sql.engine() == Engine::Postgres {
            sql.push(" for update");
        }
        let (text, args) = sql.finish();
        let read = |row: &Row| {
            let keys = (0..key_columns(ty).len()).map(|i| row.get(reader.width() + i)).collect::<Result<_, _>>()?;
            Ok((reader.read(row)?, keys))
        };
        let rows = work.tx.fetch_all(&text, args).await?.iter().map(read).collect::<Result<_, AppError>>()?;
        Ok((rows, (!is_end).then_some(last)))
    }

    /// The last of the rows after one that are to be held at a time, and whether it is the last of all.
    async fn portion(&self, work: &mut Work, at: Uuid) -> Result<Option<(Uuid, bool)>, AppError> {
        let ty = self.entry.ty;
        let size = storage::size(ty, "t").unwrap_or_else(|| "0".to_owned());
        let sql = format!("select t.id, {size} from {} t where t.id > $1 order by t.id limit {ROWS}", ty.name);
        let rows = work.tx.fetch_all(&sql, vec![at.into()]).await?;
        let sizes = rows.iter().map(|row| Ok(row.get::<i64>(1)?.unsigned_abs()));
        let sizes: Vec<u64> = sizes.collect::<Result<_, DbError>>()?;
        let Some(first) = divide(sizes, ROWS, PORTION).into_iter().next() else { return Ok(None) };
        let end = first.range.end;
        Ok(Some((rows[end - 1].get(0)?, end == rows.len() && rows.len() < ROWS)))
    }

    async fn keys(&self, work: &mut Work, at: Uuid) -> Result<(usize, Option<Uuid>), AppError> {
        let ty = self.entry.ty;
        let (rows, last) = self.rows(work, at).await?;
        let changed = rows.iter().filter_map(|(row, present)| {
            let keys = keys_of(ty, row);
            (keys != *present).then(|| {
                let mut args: Args = vec![row.id.into()];
                args.extend(keys.into_iter().map(Into::into));
                args
            })
        });
        let changed: Vec<Args> = changed.collect();
        if !changed.is_empty() {
            let set = key_columns(ty).into_iter().enumerate().map(|(i, c)| format!("{c} = v.column{}", i + 2));
            let head = format!("update {} set {} from (values ", ty.name, set.collect::<Vec<_>>().join(", "));
            bulk(work, &head, changed, &format!(") as v where {}.id = v.column1", ty.name)).await?;
            work.touch(&self.entry);
        }
        Ok((rows.len(), last))
    }

    async fn compute(&self, ctx: &Ctx, work: &mut Work, at: Uuid) -> Result<(usize, Option<Uuid>), AppError> {
        let permit = ctx.permit_any(self.entry.ty.name, Action::Edit)?;
        let (rows, last) = self.rows(work, at).await?;
        let live = rows.iter().map(|(row, _)| row).filter(|row| row.meta.deleted_at.is_none());
        let edits: Vec<Edit> = live.map(|row| Edit::Set { id: row.id, version: None, set: vec![] }).collect();
        let set = open(ctx, work, "upgrade", &format!("Worked out {} again", self.records()), None).await?;
        let written = write_in(ctx, work, set, &permit, edits).await?;
        match written.changed() as u64 {
            0 => discard(work, set).await?,
            records => close(ctx, work, set, records).await?,
        }
        Ok((rows.len(), last))
    }
}

/// What a row of `upgrades` says; where there is none, all is of the first revision.
fn state_of(row: Option<Row>) -> Result<(i64, Option<Uuid>), AppError> {
    match row {
        Some(row) => Ok((row.get(0)?, row.get(1)?)),
        None => Ok((1, None)),
    }
}

/// The columns that hold keys beside values, and what is searched.
fn key_columns(ty: &RecordType) -> Vec<String> {
    let keyed = ty.fields.iter().filter(|f| storage::has_key(&f.kind) && !f.is(Flags::UNIQUE));
    keyed.map(storage::key_column).chain([storage::SEARCH_KEY.to_owned()]).collect()
}

/// The values of [`key_columns`], in their order.
fn keys_of(ty: &RecordType, row: &Stored) -> Vec<Option<String>> {
    let keyed = ty.fields.iter().enumerate().filter(|(_, f)| storage::has_key(&f.kind) && !f.is(Flags::UNIQUE));
    let keys = keyed.map(|(i, f)| storage::compare_key(&f.kind, row.cells.at(i)));
    keys.chain([Some(search::key(ty, &row.cells))]).collect()
}

/// What is not done yet, in the order in which it is to be done.
pub async fn upgrades(ctx: &Ctx) -> Result<Vec<Upgrade>, AppError> {
    let mut outdated = vec![];
    for upgrade in ctx.app.registry().entries().flat_map(Upgrade::of) {
        let row = ctx.db().fetch_optional(FIND, vec![upgrade.name().into()]).await?;
        if state_of(row)? != (upgrade.revision, None) {
            outdated.push(upgrade);
        }
    }
    Ok(outdated)
}
