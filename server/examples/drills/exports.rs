//! Exports of every kind while their workers are killed: each file is whole, and nothing else is left.

use records::{SortKey, server::Ctx};
use transfer::{
    export::{Format, Status, Wanted},
    server::export,
};

use super::{
    Failure,
    killed::{Life, Victim, number, open, rounds},
    place::{Place, fill},
};

/// Every format, in the order of ids and in others, of one type and of two.
fn wanted() -> Vec<Wanted> {
    let one = |format, sort: &str| Wanted {
        format,
        entities: vec!["companies".to_owned()],
        sort: SortKey::parse_list(sort),
        ..Wanted::default()
    };
    let both = Wanted { entities: vec!["companies".to_owned(), "contacts".to_owned()], ..Wanted::default() };
    vec![one(Format::Csv, ""), one(Format::Csv, "-name"), one(Format::Json, "sector,name"), one(Format::Xlsx, ""), both]
}

const BUSY: &str = "select count(*) from exports where status in ('waiting', 'running')";

/// Asks for every export and kills the worker at odd moments until all are over. Says how often it was killed.
async fn round(ctx: &Ctx, place: &Place, url: &str, life: Life, kills: u32) -> Result<u32, Failure> {
    for wanted in wanted() {
        export::start(ctx, wanted).await?;
    }
    let killed = Victim::start(&[url, place.path()], life, kills)?.until_none(ctx.db(), BUSY).await?;
    // Nobody is at anything any more, and what the killed ones left is gone.
    place.ensure_tidy()?;
    Ok(killed)
}

/// Whether the file of an export holds all of it, by what it ends with and how many lines it has.
fn check(wanted: &Wanted, content: &[u8], rows: i64) -> Result<(), Failure> {
    let is_archive =
        content.starts_with(b"PK") && content[content.len().saturating_sub(22)..].starts_with(b"PK\x05\x06");
    let is_whole = match wanted.format {
        Format::Csv if wanted.entities.len() == 1 => {
            let text = std::str::from_utf8(content)?;
            i64::try_from(text.lines().count()) == Ok(rows + 1) && text.ends_with("\r\n")
        }
        Format::Json => {
            let read: serde_json::Value = serde_json::from_slice(content)?;
            read["companies"].as_array().is_some_and(|all| i64::try_from(all.len()) == Ok(rows))
        }
        Format::Csv | Format::Xlsx => is_archive,
    };
    if is_whole { Ok(()) } else { Err(format!("half a file: {wanted:?}").into()) }
}

pub async fn drill(url: &str, rows: u32, kills: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let place = Place::make(&ctx)?;
    fill(&ctx, rows).await?;
    rounds(kills, async |life, some| round(&ctx, &place, url, life, some).await).await?;
    let rows = i64::from(rows);
    let mut whole = 0;
    for row in ctx.db().fetch_all("select id, file from exports", vec![]).await? {
        let export = export::open(&ctx, row.get(0)?).await?;
        if export.status != Status::Done || (export.rows, export.total) != (rows, rows) {
            return Err(format!("an export came to nothing: {export:?}").into());
        }
        let content = std::fs::read(place.files()?.local(&ctx, row.get(1)?).await?.path())?;
        if i64::try_from(content.len())? != export.bytes {
            return Err(format!("{} of {} bytes are there", content.len(), export.bytes).into());
        }
        check(&export.wanted, &content, rows)?;
        whole += 1;
    }
    // Tables and documents are the same byte for byte, whatever happened on the way, and are kept once.
    let texts = "select count(distinct f.blob) from files f where f.name like '%.csv' or f.name like '%.json'";
    let different = number(ctx.db(), texts).await?;
    if different != 3 {
        return Err(format!("{different} different files of three").into());
    }
    let again = number(ctx.db(), "select count(*) from job_errors e join exports x on x.id = e.job").await?;
    println!(
        "{whole} exports of {rows} rows, {kills} kills: every file is whole, {again} attempts were lost with a worker"
    );
    Ok(())
}
