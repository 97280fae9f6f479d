//! Imports and undos while their workers are killed: what was written is what is counted, and all of it can be undone.

use std::{collections::BTreeMap, fmt::Write as _};

use kernel::server::Engine;
use records::server::Ctx;
use transfer::{
    import::{ImportInfo, Mapping, Status},
    server::import::{self, Aim, Form, Imports, Upload},
};
use uuid::Uuid;

use super::{
    Failure,
    killed::{Life, Victim, number, open},
    place::Place,
};

const LARGEST: u64 = 100 << 20;
const LIVE: &str = "select count(*) from companies where deleted_at is null";

async fn bring(ctx: &Ctx, place: &Place, rows: u32, n: u32) -> Result<Uuid, Failure> {
    let text = (0..rows).fold("name,website,employees\n".to_owned(), |mut text, row| {
        let _ = writeln!(text, "Company {n}/{row},https://{row}.example.com,{row}");
        text
    });
    let imports = Imports::new(place.files()?, LARGEST);
    let mut file = Upload::begin(ctx, &imports, "many.csv").await?;
    file.write(text.as_bytes()).await?;
    let form = Form { file, texts: BTreeMap::new() };
    Ok(import::accept(ctx, &imports, form, "companies").await?.id)
}

/// Whether the rows that are there, and their changes, are those that an import counts.
async fn ensure_counted(ctx: &Ctx, info: &ImportInfo) -> Result<(), Failure> {
    let live = number(ctx.db(), LIVE).await?;
    let set = info.change_set.unwrap_or_default();
    let sql = "select count(*) from changes where change_set = $1 and action = 'create'";
    let row = ctx.db().fetch_optional(sql, vec![set.into()]).await?;
    let changes: i64 = row.map(|row| row.get(0)).transpose()?.unwrap_or(0);
    if (live, changes) == (info.counts.created, info.counts.created) {
        return Ok(());
    }
    Err(format!("{live} companies and {changes} changes are there of {info:?}").into())
}

/// Kills while a file is checked, imported and taken back.
const MOST: [(Status, u32); 3] = [(Status::Checking, 1), (Status::Running, 1), (Status::Undoing, 2)];

/// One file from its arrival until all of it is taken back again. Says whether it was imported to its end.
async fn round(ctx: &Ctx, victim: &mut Victim, id: Uuid) -> Result<bool, Failure> {
    let (mut is_counted, mut is_done, mut kills) = (false, false, MOST);
    loop {
        let info = import::open(ctx, id).await?;
        match info.status {
            // A check that was broken off is begun again.
            Status::Uploaded => {
                import::begin(ctx, id, import::settings(Mapping::new(), None, None), Aim::Check).await?;
            }
            Status::Checked => import::begin(ctx, id, info.settings, Aim::Run).await?,
            Status::Checking | Status::Running | Status::Undoing => {
                match kills.iter_mut().find(|(status, left)| *status == info.status && *left > 0) {
                    Some((_, left)) => *left -= u32::from(victim.strike(ctx.db()).await?),
                    None => victim.go_on(ctx.db()).await?,
                }
            }
            Status::Done | Status::Failed => {
                // Not once some of it was taken back: an undo that was broken off is begun again.
                if !is_counted {
                    ensure_counted(ctx, &info).await?;
                    (is_counted, is_done) = (true, info.status == Status::Done);
                }
                if info.change_set.is_none() {
                    return Ok(false);
                }
                import::undo(ctx, id).await?;
            }
            Status::Undone => break,
        }
    }
    match number(ctx.db(), LIVE).await? {
        0 => Ok(is_done),
        live => Err(format!("{live} companies are there after all was undone").into()),
    }
}

pub async fn drill(url: &str, rows: u32, kills: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let place = Place::make(&ctx)?;
    // About half of the time that an import takes.
    let life = Life { least: 0, most: u64::from(100 + rows / 8) };
    let mut victim = Victim::start(&[url, place.path()], life, kills)?;
    let (mut files, mut done) = (0, 0);
    while victim.kills_left() > 0 {
        let id = bring(&ctx, &place, rows, files).await?;
        done += u32::from(round(&ctx, &mut victim, id).await?);
        files += 1;
    }
    // As it is without a kill.
    let id = bring(&ctx, &place, rows, files).await?;
    if !round(&ctx, &mut victim, id).await? {
        return Err("the last import came to nothing".into());
    }
    drop(victim);
    if ctx.db().engine() == Engine::Sqlite {
        // Fails where full text and what it is of differ.
        ctx.db()
            .execute_alone("insert into companies_search (companies_search, rank) values ('integrity-check', 1)")
            .await?;
    }
    println!(
        "{} imports of {rows} rows, {kills} kills: {} came to their end, all was counted and taken back",
        files + 1,
        done + 1
    );
    Ok(())
}
