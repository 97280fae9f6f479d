//! Who follows what, and how each person wants to be told.

use std::collections::HashSet;

use kernel::{
    Timestamp,
    server::{Args, Db, DbError, Row, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use crate::{Channel, Mode, Standing};

const FIND: &str = "select state from follows where user_id = $1 and record_id = $2";
const FORGET: &str = "delete from follows where user_id = $1 and record_id = $2";
const STAND: &str = "insert into follows (user_id, record_id, record_type, state, since) values ($1, $2, $3, $4, $5) \
     on conflict (user_id, record_id) do update set state = excluded.state, since = excluded.since";
const CHOSEN: &str = "select kind, channel, mode from notification_channels where user_id = $1";
const CHOOSE: &str = "insert into notification_channels (user_id, kind, channel, mode) values ($1, $2, $3, $4) \
     on conflict (user_id, kind, channel) do update set mode = excluded.mode";

pub const STATEMENTS: &[&str] = &[FIND, FORGET, STAND, CHOSEN, CHOOSE];

fn standing(name: &str) -> Standing {
    Standing::parse(name).unwrap_or_default()
}

pub async fn find_standing(db: &Db, user: Uuid, record: Uuid) -> Result<Standing, DbError> {
    let row = db.fetch_optional(FIND, vec![user.into(), record.into()]).await?;
    row.map_or(Ok(Standing::None), |row| Ok(standing(&row.get::<String>(0)?)))
}

pub async fn stand(
    tx: &mut Tx,
    user: Uuid,
    (record_type, record): (&str, Uuid),
    standing: Standing,
    now: Timestamp,
) -> Result<(), DbError> {
    if standing == Standing::None {
        return tx.execute(FORGET, vec![user.into(), record.into()]).await.map(drop);
    }
    let args: Args = vec![user.into(), record.into(), record_type.into(), standing.name().into(), now.into()];
    tx.execute(STAND, args).await.map(drop)
}

/// How people stand to some records: (person, record, standing).
pub async fn standings(db: &Db, records: &[Uuid]) -> Result<Vec<(Uuid, Uuid, Standing)>, DbError> {
    let mut found = vec![];
    for some in records.chunks(1_000) {
        let mut sql = Sql::new(db.engine());
        sql.push("select user_id, record_id, state from follows where record_id in ");
        sql.bind_list(some.iter().copied());
        let (text, args) = sql.finish();
        for row in db.fetch_all(&text, args).await? {
            found.push((row.get(0)?, row.get(1)?, standing(&row.get::<String>(2)?)));
        }
    }
    Ok(found)
}

/// Those of some people who want to hear nothing of a record.
pub async fn muted_by(db: &Db, record: Uuid, users: &[Uuid]) -> Result<HashSet<Uuid>, DbError> {
    let sql = "select user_id from follows where record_id = $1 and state = 'muted'";
    let muted = db.fetch_all(sql, vec![record.into()]).await?;
    let muted = muted.iter().map(|row| row.get(0)).collect::<Result<HashSet<Uuid>, _>>()?;
    Ok(users.iter().copied().filter(|user| muted.contains(user)).collect())
}

fn choice(row: &Row, at: usize) -> Result<Option<(Channel, Mode)>, DbError> {
    Ok(Channel::parse(&row.get::<String>(at)?).zip(Mode::parse(&row.get::<String>(at + 1)?)))
}

/// What one person chose: (kind, channel, mode).
pub async fn channels_chosen(db: &Db, user: Uuid) -> Result<Vec<(String, Channel, Mode)>, DbError> {
    let mut chosen = vec![];
    for row in db.fetch_all(CHOSEN, vec![user.into()]).await? {
        if let Some((channel, mode)) = choice(&row, 1)? {
            chosen.push((row.get(0)?, channel, mode));
        }
    }
    Ok(chosen)
}

/// What some people chose for a kind.
pub async fn channels_of(db: &Db, kind: &str, users: &[Uuid]) -> Result<Vec<(Uuid, Channel, Mode)>, DbError> {
    let mut chosen = vec![];
    for some in users.chunks(1_000) {
        let mut sql = Sql::new(db.engine());
        sql.push("select user_id, channel, mode from notification_channels where kind = ");
        sql.bind(kind);
        sql.push(" and user_id in ");
        sql.bind_list(some.iter().copied());
        let (text, args) = sql.finish();
        for row in db.fetch_all(&text, args).await? {
            if let Some((channel, mode)) = choice(&row, 1)? {
                chosen.push((row.get(0)?, channel, mode));
            }
        }
    }
    Ok(chosen)
}

pub async fn choose_channel(tx: &mut Tx, user: Uuid, kind: &str, channel: Channel, mode: Mode) -> Result<(), DbError> {
    let args: Args = vec![user.into(), kind.into(), channel.name().into(), mode.name().into()];
    tx.execute(CHOOSE, args).await.map(drop)
}
