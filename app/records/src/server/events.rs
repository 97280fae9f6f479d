//! What was written, for who wants to hear of it: told once it is committed, read from events and changes then.

use std::{collections::HashMap, sync::Arc};

use kernel::{
    AppError, Timestamp,
    server::{Args, DbError, Tx},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{App, Entry, Step};

/// The most records of one event that are told of one by one.
pub const LISTED: i64 = 500;

const FIND: &str = "select record_type, change_set, at, created + edited + deleted + restored, moved from events \
                    where id = $1";
pub(super) const STATEMENTS: [&str; 1] = [FIND];

/// What a signal says about records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// Records of a type were written. Where more may follow under the same change-set, it is named here.
    Written { record_type: &'a str, event: Uuid, under: Option<Uuid> },
    /// A change-set that took several transactions has come to its end.
    Finished { change_set: Uuid },
}

/// What a signal says, if it is about records.
pub fn read_signal(signal: &str) -> Option<Told<'_>> {
    let mut words = signal.split(' ');
    match (words.next()?, words.next()?, words.next(), words.next()) {
        ("written", record_type, Some(event), under) => {
            let under = under.map(str::parse).transpose().ok()?;
            Some(Told::Written { record_type, event: event.parse().ok()?, under })
        }
        ("finished", change_set, None, None) => Some(Told::Finished { change_set: change_set.parse().ok()? }),
        _ => None,
    }
}

/// Tells of an event; `under` names its change-set while that is open.
pub(super) fn tell_written(tx: &mut Tx, record_type: &str, event: Uuid, under: Option<Uuid>) {
    let under = under.map(|set| format!(" {set}")).unwrap_or_default();
    tx.tell(&format!("written {record_type} {event}{under}"));
}

pub(super) fn tell_finished(tx: &mut Tx, change_set: Uuid) {
    tx.tell(&format!("finished {change_set}"));
}

/// Records of one type written in one transaction, or in several of one change-set.
#[derive(Clone, Debug)]
pub struct Event {
    pub entry: Arc<Entry>,
    change_set: Uuid,
    /// When the first of it was written, and the last.
    from: Timestamp,
    to: Timestamp,
    records: i64,
    moved: HashMap<Uuid, Hands>,
}

impl Event {
    /// Adds what was written of the same type under the same change-set later.
    pub fn join(&mut self, later: Self) {
        (self.from, self.to) = (self.from.min(later.from), self.to.max(later.to));
        self.records += later.records;
        // Whose a record was before the first of it is whose it was before all of it. Of more than are listed nobody asks.
        if self.records <= LISTED {
            for (id, hands) in later.moved {
                self.moved.entry(id).or_insert(hands);
            }
        } else {
            self.moved.clear();
        }
    }
}

/// Whose a record is: its owner and team.
pub type Hands = (Option<Uuid>, Option<Uuid>);

/// A record that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    pub id: Uuid,
    pub version: i64,
    /// Whose it was before, and is now.
    pub before: Hands,
    pub after: Hands,
}

/// The event with this id. `None` for one that is not there, or is about a type that this program does not know.
pub async fn find(app: &App, id: Uuid) -> Result<Option<Event>, AppError> {
    let Some(row) = app.db().fetch_optional(FIND, vec![id.into()]).await? else { return Ok(None) };
    let Some(entry) = app.registry().get(&row.get::<String>(0)?) else { return Ok(None) };
    let moved = row.get::<Option<String>>(4)?.map(|text| read_moved(&text)).unwrap_or_default();
    let (change_set, at, records) = (row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Some(Event { entry: entry.clone(), change_set, from: at, to: at, records, moved }))
}

/// The records an event is about, each once, as they are now. `None` where they are more than [`LISTED`].
pub async fn touched(app: &App, event: &Event) -> Result<Option<Vec<Touched>>, AppError> {
    if event.records > LISTED {
        return Ok(None);
    }
    let ty = event.entry.ty.name;
    let args: Args = vec![event.change_set.into(), ty.into(), event.from.into(), event.to.into(), (LISTED + 1).into()];
    let rows = app.db().fetch_all(&touched_statement(ty), args).await?;
    let read = |row: &kernel::server::Row| -> Result<Touched, DbError> {
        let (id, after) = (row.get(0)?, (row.get(2)?, row.get(3)?));
        Ok(Touched { id, version: row.get(1)?, before: event.moved.get(&id).copied().unwrap_or(after), after })
    };
    let touched = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // Transactions of one change-set may have written at the same time by the clock.
    let is_listed = i64::try_from(touched.len()).is_ok_and(|count| count <= LISTED);
    Ok(is_listed.then_some(touched))
}

pub(super) fn touched_statement(table: &str) -> String {
    format!(
        "select distinct t.id, t.version, t.owner, t.team from changes c join {table} t on t.id = c.record_id where \
         c.change_set = $1 and c.record_type = $2 and c.at between $3 and $4 limit $5"
    )
}

/// Whose records were, as far as it changes: `[[record, owner, team], …]`.
pub(super) fn moved(steps: &[&Step]) -> Option<String> {
    let hands = |row: &super::Stored| (row.meta.owner, row.meta.team);
    let moved: Vec<Json> = steps
        .iter()
        .filter_map(|step| Some((step.id, hands(step.before.as_ref()?), hands(step.after.as_ref()?))))
        .filter(|(_, before, after)| before != after)
        .map(|(id, before, _)| json!([id, before.0, before.1]))
        .collect();
    (!moved.is_empty()).then(|| Json::Array(moved).to_string())
}

fn read_moved(text: &str) -> HashMap<Uuid, Hands> {
    let rows: Vec<(Uuid, Option<Uuid>, Option<Uuid>)> = serde_json::from_str(text).unwrap_or_default();
    rows.into_iter().map(|(id, owner, team)| (id, (owner, team))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_about_other_things_are_not_ours() {
        let (id, set) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let written = |under| Some(Told::Written { record_type: "companies", event: id, under });
        assert_eq!(read_signal(&format!("written companies {id}")), written(None));
        assert_eq!(read_signal(&format!("written companies {id} {set}")), written(Some(set)));
        assert_eq!(read_signal(&format!("finished {id}")), Some(Told::Finished { change_set: id }));
        let half = format!("written companies {id} 8");
        for other in
            ["*", "jobs", "written companies", "written companies 7", half.as_str(), "finished", "finished x y", ""]
        {
            assert_eq!(read_signal(other), None, "{other}");
        }
    }
}
