//! Backups while their workers are killed: each is proven in the end, and nothing else is left.

use backups::Status;
use records::server::Ctx;

use super::{
    Failure,
    killed::{Life, Victim, number, open, rounds},
    place::{Place, fill},
};

const BUSY: &str = "select count(*) from jobs where state not in ('completed', 'discarded', 'cancelled')";

/// Asks for a backup and kills the worker at odd moments until it is proven. Says how often it was killed.
async fn round(ctx: &Ctx, place: &Place, url: &str, life: Life, kills: u32) -> Result<u32, Failure> {
    let id = backups::server::start(ctx).await?;
    let killed = Victim::start(&[url, place.path()], life, kills)?.until_none(ctx.db(), BUSY).await?;
    place.ensure_tidy()?;
    let backup = backups::server::find(ctx, id).await?;
    if backup.status == Status::Proven {
        Ok(killed)
    } else {
        Err(format!("a backup came to nothing: {backup:?}").into())
    }
}

pub async fn drill(url: &str, rows: u32, kills: u32) -> Result<(), Failure> {
    let ctx = open(url).await?;
    let place = Place::make(&ctx)?;
    fill(&ctx, rows).await?;
    let made = rounds(kills, async |life, some| round(&ctx, &place, url, life, some).await).await?;
    // Of the backups of a day the last one stays.
    let known = number(ctx.db(), "select count(*) from backups where removed_at is null").await?;
    let archives = place.archives()?;
    if known != 1 || archives != 1 {
        return Err(format!("{archives} archives are there of {known}").into());
    }
    let again = number(ctx.db(), "select count(*) from job_errors e join backups b on b.id = e.job").await?;
    println!("{made} backups of {rows} rows, {kills} kills: all proven, {again} attempts lost with a worker");
    Ok(())
}
