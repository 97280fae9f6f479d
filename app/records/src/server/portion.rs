//! How much of records is held in memory at a time.
//!
//! A number of rows says little about their size: notes may be a word or a hundred pages. So what works on many records
//! takes portions whose bytes are known before they are read, and a list first reads what is light, with the sizes of
//! the rest.

use std::{collections::HashMap, ops::Range};

use kernel::{AppError, server::Source};
use uuid::Uuid;

use super::{AnyPermit, Ctx, Entry, Sql, Stored, storage, storage::Reader};

/// Bytes of the records of one portion. While they are written, there are about eight times as many: before and after,
/// in their columns, as keys, as the change.
pub const PORTION: u64 = 2 << 20;
/// Bytes of the records of one answer. As JSON they are about twice as many.
pub const ANSWER: u64 = 6 << 20;
/// What a record takes up besides its heavy values, about.
const LIGHT: u64 = 2 << 10;

/// Things that are held together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    pub range: Range<usize>,
    pub bytes: u64,
}

/// Divides records, in their order, into portions of no more than [`PORTION`] bytes and `most` records, where each is
/// about to get so many bytes more. One that is larger is a portion by itself.
pub async fn portions(
    source: &mut Source<'_>,
    permit: &AnyPermit,
    ids: &[Uuid],
    most: usize,
    added: u64,
) -> Result<Vec<Portion>, AppError> {
    let sizes = sizes(source, permit.entry(), Some(permit), ids).await?;
    let sizes = ids.iter().map(|id| LIGHT + added + sizes.get(id).copied().unwrap_or(0));
    Ok(divide(sizes, most, PORTION))
}

/// Divides things of these sizes, in their order.
pub fn divide(sizes: impl IntoIterator<Item = u64>, most: usize, bytes: u64) -> Vec<Portion> {
    let mut all: Vec<Portion> = vec![];
    for (i, size) in sizes.into_iter().enumerate() {
        match all.last_mut() {
            Some(last) if last.bytes.saturating_add(size) <= bytes && last.range.len() < most => {
                last.range.end = i + 1;
                last.bytes += size;
            }
            _ => all.push(Portion { range: i..i + 1, bytes: size }),
        }
    }
    all
}

/// What the heavy values of records take up, in bytes, as far as a permit covers them. Without one nobody is told of it.
pub(super) async fn sizes(
    source: &mut Source<'_>,
    entry: &Entry,
    permit: Option<&AnyPermit>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, u64>, AppError> {
    let mut sizes = HashMap::new();
    let Some(size) = storage::size(entry.ty, "t") else { return Ok(sizes) };
    for some in ids.chunks(1_000) {
        let mut sql = Sql::new(source.engine());
        sql.push(&format!("select t.id, {size} from {} t where t.id in ", entry.ty.name));
        sql.bind_list(some.iter().copied());
        if let Some(permit) = permit {
            sql.push(" and ");
            permit.predicate(&mut sql, "t");
        }
        let (text, args) = sql.finish();
        for row in source.fetch_all(&text, args).await? {
            sizes.insert(row.get(0)?, row.get::<i64>(1)?.unsigned_abs());
        }
    }
    Ok(sizes)
}

/// How many of the first rows hold no more than [`ANSWER`] together, where so many bytes of each were left out; one at
/// least.
pub(super) fn fitting(left_out: impl Iterator<Item = u64>) -> usize {
    divide(left_out, usize::MAX, ANSWER).first().map_or(0, |first| first.range.end)
}

/// Reads those rows whole of which something was left out. Each is what it is by now; one that is gone meanwhile goes.
pub(super) async fn complete(
    ctx: &Ctx,
    permits: &[&AnyPermit],
    reader: &Reader,
    rows: &mut Vec<(Stored, u64)>,
) -> Result<(), AppError> {
    let ids: Vec<Uuid> = rows.iter().filter(|(_, left_out)| *left_out > 0).map(|(row, _)| row.id).collect();
    let Some(permit) = permits.first().filter(|_| !ids.is_empty()) else { return Ok(()) };
    let mut sql = Sql::new(ctx.db().engine());
    sql.push(&format!("select {} from {} t where t.id in ", reader.select("t"), permit.entry().ty.name));
    sql.bind_list(ids);
    for permit in permits {
        sql.push(" and ");
        permit.predicate(&mut sql, "t");
    }
    let (text, args) = sql.finish();
    let mut whole = HashMap::new();
    for row in ctx.db().fetch_all(&text, args).await? {
        let row = reader.read(&row)?;
        whole.insert(row.id, row);
    }
    rows.retain_mut(|(row, left_out)| {
        if *left_out == 0 {
            return true;
        }
        *left_out = 0;
        whole.remove(&row.id).map(|found| *row = found).is_some()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::divide;

    #[test]
    fn portions_are_as_large_as_they_may_be() {
        let ranges = |sizes: &[u64], most, bytes| {
            divide(sizes.iter().copied(), most, bytes).into_iter().map(|portion| portion.range).collect::<Vec<_>>()
        };
        assert_eq!(ranges(&[4, 4, 4, 4], 9, 10), [0..2, 2..4]);
        assert_eq!(ranges(&[4, 40, 4], 9, 10), [0..1, 1..2, 2..3]);
        assert_eq!(ranges(&[0; 5], 2, 10), [0..2, 2..4, 4..5]);
        assert_eq!(ranges(&[u64::MAX, u64::MAX], 9, 10), [0..1, 1..2]);
        assert_eq!(divide([4, 5, 6], 9, 10)[0].bytes, 9);
        assert!(divide([], 2, 10).is_empty());
    }
}
