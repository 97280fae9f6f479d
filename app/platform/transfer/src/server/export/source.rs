//! The rows of a table, piece by piece, in the order that was asked for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    io::{self, BufWriter, Write},
    sync::Arc,
};

use files::server::{Files, Spooled};
use kernel::{
    AppError,
    server::{Source, unexpected},
};
use records::server::{AnyPermit, Ctx, RowKey, Stored, labels};
use tokio::{fs::File, io::AsyncReadExt, sync::mpsc, task::JoinHandle};
use uuid::Uuid;

use super::{encode::open, wanted::Table};
use crate::server::import::names;

/// Rows read at once.
const AT_ONCE: usize = 2_048;
/// Pieces read at the same time where they are known: each finds its rows all over the table.
const AHEAD: usize = 2;
/// Names remembered before all are forgotten.
const REMEMBERED: usize = 20_000;

/// The rows of a table. While one piece is worked on, others are read.
pub struct Pieces {
    place: Place,
    /// Pieces being read, in their order.
    ahead: VecDeque<JoinHandle<Result<Piece, AppError>>>,
}

/// Some rows, and the keys of those that come next but were too much to be held as well.
type Piece = (Vec<Stored>, Vec<RowKey>);

/// Where one is in a table.
enum Place {
    /// In the order of ids, after one.
    After(Option<Uuid>),
    /// In a list of keys; it lies in the spool, for it grows with the table.
    Listed { list: File, _lies: Spooled },
    /// Everything is being read.
    End,
}

impl Pieces {
    pub async fn start(ctx: &Ctx, files: &Files, table: &Arc<Table>) -> Result<Self, AppError> {
        let place = if table.is_sorted {
            let lies = list(ctx, files, table).await?;
            let list = File::open(lies.path()).await.map_err(|e| super::task::failed(&e))?;
            Place::Listed { list, _lies: lies }
        } else {
            Place::After(None)
        };
        let mut pieces = Self { place, ahead: VecDeque::new() };
        pieces.read_on(ctx, table).await?;
        Ok(pieces)
    }

    /// The next rows, none at the end. Those after them are read under the rights given here.
    pub async fn next(&mut self, ctx: &Ctx, table: &Arc<Table>) -> Result<Vec<Stored>, AppError> {
        // All rows of a piece may be gone by now, and others come after them.
        while let Some(piece) = self.ahead.pop_front() {
            let (rows, rest) = piece.await.map_err(unexpected)??;
            if !rest.is_empty() {
                self.ahead.push_front(listed(ctx, table, rest));
            }
            if let Place::After(last) = &mut self.place {
                match rows.last() {
                    Some(row) => *last = Some(row.id),
                    None => self.place = Place::End,
                }
            }
            self.read_on(ctx, table).await?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(vec![])
    }

    async fn read_on(&mut self, ctx: &Ctx, table: &Arc<Table>) -> Result<(), AppError> {
        match &mut self.place {
            Place::After(last) => {
                let (ctx, table, last) = (ctx.clone(), table.clone(), *last);
                self.ahead
                    .push_back(tokio::spawn(async move { Ok((table.walk.after(&ctx, last, AT_ONCE).await?, vec![])) }));
            }
            Place::Listed { list, .. } => {
                while self.ahead.len() < AHEAD {
                    let keys = keys(list).await.map_err(|e| super::task::failed(&e))?;
                    if keys.is_empty() {
                        self.place = Place::End;
                        break;
                    }
                    self.ahead.push_back(listed(ctx, table, keys));
                }
            }
            Place::End => {}
        }
        Ok(())
    }
}

fn listed(ctx: &Ctx, table: &Arc<Table>, mut keys: Vec<RowKey>) -> JoinHandle<Result<Piece, AppError>> {
    let (ctx, table) = (ctx.clone(), table.clone());
    tokio::spawn(async move {
        let (rows, done) = table.walk.rows(&ctx, &keys).await?;
        Ok((rows, keys.split_off(done)))
    })
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.ahead.iter().for_each(JoinHandle::abort);
    }
}

/// Writes down the keys of all rows in their order.
async fn list(ctx: &Ctx, files: &Files, table: &Table) -> Result<Spooled, AppError> {
    let spooled = files.spool(ctx).await?;
    let (send, mut receive) = mpsc::unbounded_channel::<Vec<RowKey>>();
    let path = spooled.path().to_owned();
    let writing = tokio::task::spawn_blocking(move || {
        let mut list = BufWriter::new(open(&path)?);
        while let Some(keys) = receive.blocking_recv() {
            keys.iter().try_for_each(|key| list.write_all(key.as_bytes()))?;
        }
        list.flush()
    });
    // Whoever writes and stopped says below why.
    let told = table.walk.keys(ctx, AT_ONCE, |keys| drop(send.send(keys))).await;
    drop(send);
    writing.await.map_err(unexpected)?.map_err(|e| super::task::failed(&e))?;
    told?;
    Ok(spooled)
}

/// The next keys of a list.
async fn keys(list: &mut File) -> io::Result<Vec<RowKey>> {
    let mut bytes = Vec::with_capacity(AT_ONCE * RowKey::BYTES);
    list.take((AT_ONCE * RowKey::BYTES) as u64).read_to_end(&mut bytes).await?;
    let (keys, _) = bytes.as_chunks();
    Ok(keys.iter().copied().map(RowKey::from_bytes).collect())
}

/// What references are written as: a name that an import finds the same record by, or else the id.
#[derive(Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// The texts of everything the rows refer to.
    pub async fn of(
        &mut self,
        ctx: &Ctx,
        view: &AnyPermit,
        rows: &[Stored],
    ) -> Result<BTreeMap<Uuid, String>, AppError> {
        let titles = labels(ctx, view, rows).await?;
        if self.0.len() > REMEMBERED {
            self.0.clear();
        }
        for (i, field) in view.entry().ty.fields.iter().enumerate() {
            let Some(target) = field.kind.target() else { continue };
            let ids: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.cells.at(i).as_id()).collect();
            let new: Vec<Uuid> = ids.into_iter().filter(|id| !self.0.contains_key(id)).collect();
            let wanted: BTreeSet<String> = new.iter().filter_map(|id| titles.get(id)).map(|t| names::key(t)).collect();
            let found = names::find(ctx, Source::Db(ctx.db()), target, &wanted).await?;
            for id in new {
                let title = titles.get(&id).filter(|title| {
                    let is_alone = found.get(&names::key(title)).is_some_and(|all| all.as_slice() == [id]);
                    is_alone && title.parse::<Uuid>().is_err()
                });
                self.0.insert(id, title.cloned().unwrap_or_else(|| id.to_string()));
            }
        }
        // Who made a record is told and never read back.
        let mut texts = titles;
        for (id, text) in &mut texts {
            if let Some(name) = self.0.get(id) {
                text.clone_from(name);
            }
        }
        Ok(texts)
    }
}
