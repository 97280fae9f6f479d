//! The rows of preferences.

use std::collections::HashMap;

use kernel::{
    Timestamp,
    format::{DateFormat, NumberFormat, TimeFormat},
    server::{Args, Db, DbError, Engine, Row, Source, Tx},
};
use records::server::Sql;
use uuid::Uuid;

use crate::{Density, Preferences, Quiet, Theme};

const COLUMNS: &str = "user_id, theme, density, refresh, date_format, time_format, number_format, time_zone, start_page, \
     phone, quiet_from, quiet_until, high_through_quiet, updated_at, single_keys";
const FIND: &str = "select user_id, theme, density, refresh, date_format, time_format, number_format, time_zone, \
     start_page, phone, quiet_from, quiet_until, high_through_quiet, updated_at, single_keys from preferences where user_id = $1";
const PUT: &str = "insert into preferences (user_id, theme, density, refresh, date_format, time_format, number_format, \
     time_zone, start_page, phone, quiet_from, quiet_until, high_through_quiet, updated_at, single_keys) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (user_id) do update set \
     theme = excluded.theme, density = excluded.density, refresh = excluded.refresh, \
     date_format = excluded.date_format, time_format = excluded.time_format, number_format = excluded.number_format, \
     time_zone = excluded.time_zone, start_page = excluded.start_page, phone = excluded.phone, \
     quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, \
     high_through_quiet = excluded.high_through_quiet, updated_at = excluded.updated_at, \
     single_keys = excluded.single_keys";

/// Every statement whose text is fixed, for the test that both databases know them.
pub const STATEMENTS: [&str; 2] = [FIND, PUT];

/// What a later version may have written and this one does not know is the default.
fn read(row: &Row) -> Result<(Uuid, Preferences), DbError> {
    let text = |i: usize| row.get::<String>(i);
    let minutes = |i: usize| Ok::<_, DbError>(row.get::<Option<i64>>(i)?.and_then(|m| u16::try_from(m).ok()));
    let refresh: Option<i64> = row.get(3)?;
    let preferences = Preferences {
        theme: Theme::parse(&text(1)?).unwrap_or_default(),
        density: Density::parse(&text(2)?).unwrap_or_default(),
        refresh: refresh.and_then(|seconds| u32::try_from(seconds).ok()),
        date: DateFormat::parse(&text(4)?).unwrap_or_default(),
        time: TimeFormat::parse(&text(5)?).unwrap_or_default(),
        number: NumberFormat::parse(&text(6)?).unwrap_or_default(),
        time_zone: row.get(7)?,
        start_page: text(8)?,
        phone: row.get(9)?,
        quiet: minutes(10)?.zip(minutes(11)?).map(|(from, until)| Quiet { from, until }),
        high_through_quiet: row.get(12)?,
        updated_at: row.get(13)?,
        single_keys: row.get(14)?,
    };
    Ok((row.get(0)?, preferences))
}

pub async fn find(mut source: Source<'_>, user: Uuid) -> Result<Option<Preferences>, DbError> {
    let row = source.fetch_optional(FIND, vec![user.into()]).await?;
    row.map(|row| read(&row).map(|(_, preferences)| preferences)).transpose()
}

pub async fn find_many(db: &Db, users: &[Uuid]) -> Result<HashMap<Uuid, Preferences>, DbError> {
    let mut found = HashMap::new();
    for some in users.chunks(500) {
        let mut sql = Sql::new(db.engine());
        sql.push(&format!("select {COLUMNS} from preferences where user_id in "));
        sql.bind_list(some.iter().copied());
        let (text, args) = sql.finish();
        for row in db.fetch_all(&text, args).await? {
            found.extend([read(&row)?]);
        }
    }
    Ok(found)
}

/// Lets two changes of one person's come one after the other. On SQLite they do already.
pub async fn lock(tx: &mut Tx, user: Uuid) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        tx.fetch_optional("select id from users where id = $1 for update", vec![user.into()]).await?;
    }
    Ok(())
}

pub async fn put(tx: &mut Tx, user: Uuid, preferences: &Preferences, now: Timestamp) -> Result<(), DbError> {
    let minutes = |pick: fn(Quiet) -> u16| preferences.quiet.map(|quiet| i64::from(pick(quiet)));
    let args: Args = vec![
        user.into(),
        preferences.theme.name().into(),
        preferences.density.name().into(),
        preferences.refresh.map(i64::from).into(),
        preferences.date.name().into(),
        preferences.time.name().into(),
        preferences.number.name().into(),
        preferences.time_zone.as_deref().into(),
        preferences.start_page.as_str().into(),
        preferences.phone.as_deref().into(),
        minutes(|quiet| quiet.from).into(),
        minutes(|quiet| quiet.until).into(),
        preferences.high_through_quiet.into(),
        now.into(),
        preferences.single_keys.into(),
    ];
    tx.execute(PUT, args).await.map(drop)
}
