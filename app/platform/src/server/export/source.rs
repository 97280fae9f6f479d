//! The rows of a table, piece by piece, in the order that was asked for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{BufWriter, Write},
};

use kernel::{
    AppError,
    server::{Source, unexpected},
};
use records::server::{AnyPermit, Ctx, Stored, labels};
use tokio::{fs::File, io::AsyncReadExt, sync::mpsc};
use uuid::Uuid;

use super::wanted::Table;
use crate::server::{
    files::{Files, Spooled},
    import::names,
};

/// Rows read at once.
pub const AT_ONCE: usize = 2_048;
/// The bytes of an id.
const ID: usize = 16;
/// Names remembered before all are forgotten.
const REMEMBERED: usize = 20_000;

/// Where one is in a table.
pub enum Place {
    /// In the order of ids, after one.
    After(Option<Uuid>),
    /// In a list of ids; it lies in the spool, for it grows with the table.
    Listed { list: File, _lies: Spooled },
}

impl Place {
    pub async fn start(ctx: &Ctx, files: &Files, table: &Table) -> Result<Self, AppError> {
        if !table.is_sorted {
            return Ok(Self::After(None));
        }
        let spooled = files.spool(ctx).await?;
        let (send, mut receive) = mpsc::unbounded_channel::<Vec<Uuid>>();
        let path = spooled.path().to_owned();
        let writing = tokio::task::spawn_blocking(move || {
            let mut list = BufWriter::new(std::fs::File::create(path)?);
            while let Some(ids) = receive.blocking_recv() {
                ids.iter().try_for_each(|id| list.write_all(id.as_bytes()))?;
            }
            list.flush()
        });
        // Whoever writes and stopped says below why.
        let told = table.walk.ids(ctx, AT_ONCE, |ids| drop(send.send(ids))).await;
        drop(send);
        writing.await.map_err(unexpected)?.map_err(|e| super::task::failed(&e))?;
        told?;
        let list = File::open(spooled.path()).await.map_err(|e| super::task::failed(&e))?;
        Ok(Self::Listed { list, _lies: spooled })
    }

    /// The next rows; none at the end.
    pub async fn next(&mut self, ctx: &Ctx, table: &Table) -> Result<Vec<Stored>, AppError> {
        match self {
            Self::After(last) => {
                let rows = table.walk.after(ctx, *last, AT_ONCE).await?;
                *last = rows.last().map(|row| row.id).or(*last);
                Ok(rows)
            }
            Self::Listed { list, .. } => loop {
                let mut bytes = Vec::with_capacity(AT_ONCE * ID);
                let part = (AT_ONCE * ID) as u64;
                list.take(part).read_to_end(&mut bytes).await.map_err(|e| super::task::failed(&e))?;
                let ids: Vec<Uuid> = bytes.chunks_exact(ID).filter_map(|id| Uuid::from_slice(id).ok()).collect();
                if ids.is_empty() {
                    return Ok(vec![]);
                }
                let rows = table.walk.rows(ctx, &ids).await?;
                // All of them may be gone by now, and others come after them.
                if !rows.is_empty() {
                    return Ok(rows);
                }
            },
        }
    }
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
