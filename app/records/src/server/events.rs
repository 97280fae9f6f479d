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
pub(super) async fn tell_written(
    tx: &mut Tx,
    record_type: &str,
    event: Uuid,
    under: Option<Uuid>,
) -> Result<(), DbError> {
    let under = under.map(|set| format!(" {set}")).unwrap_or_default();
    tx.tell(&format!("written {record_type} {event}{under}")).await
}

pub(super) async fn tell_finished(tx: &mut Tx, change_set: Uuid) -> Result<(), DbError> {
    tx.tell(&format!("finished {change_set}")).await
}

/// Records of one type written in one transaction.
#[derive(Clone, Debug)]
pub struct Event {
    pub entry: Arc<Entry>,
    change_set: Uuid,
    at: Timestamp,
    pub records: i64,
    moved: HashMap<Uuid, Hands>,
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
    Ok(Some(Event { entry: entry.clone(), change_set, at, records, moved }))
}

/// The records an event is about, each once, as they are now; for events of at most [`LISTED`].
pub async fn touched(app: &App, event: &Event) -> Result<Vec<Touched>, AppError> {
    let args: Args = vec![event.change_set.into(), event.entry.ty.name.into(), event.at.into()];
    let rows = app.db().fetch_all(&touched_statement(event.entry.ty.name), args).await?;
    let read = |row: &kernel::server::Row| -> Result<Touched, DbError> {
        let (id, after) = (row.get(0)?, (row.get(2)?, row.get(3)?));
        Ok(Touched { id, version: row.get(1)?, before: event.moved.get(&id).copied().unwrap_or(after), after })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

pub(super) fn touched_statement(table: &str) -> String {
    format!(
        "select distinct t.id, t.version, t.owner, t.team from changes c join {table} t on t.id = c.record_id where \
         c.change_set = $1 and c.record_type = $2 and c.at = $3"
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
