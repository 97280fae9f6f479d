//! How many exports a person may start. Counted from what they did start, on whatever process: what was refused cost
//! nobody anything.

use kernel::{
    AppError, Timestamp,
    server::{Source, Tx},
};
use records::server::Ctx;
use uuid::Uuid;

use super::store;

/// So many within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub exports: u32,
    pub seconds: u32,
}

/// Limits that hold at once; none is no limit. Given to the program's contexts.
#[derive(Clone, Debug, Default)]
pub struct Limits(pub Vec<Limit>);

/// How somebody stands with the limit of which the least is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until there is one more.
    pub reset: u32,
}

/// How the actor stands with the limits. `None` where there is none.
pub async fn standing(ctx: &Ctx) -> Result<Option<Standing>, AppError> {
    match ctx.actor.user {
        Some(actor) => of(ctx, ctx.db().into(), actor).await,
        None => Ok(None),
    }
}

/// Refuses one export too many. What two requests of one person start is counted one after the other.
pub async fn ensure_one_more(ctx: &Ctx, tx: &mut Tx, actor: Uuid) -> Result<(), AppError> {
    preferences::server::lock(tx, actor).await?;
    match of(ctx, tx.into(), actor).await? {
        Some(Standing { remaining: 0, reset, .. }) => Err(AppError::TooMany(reset)),
        _ => Ok(()),
    }
}

async fn of(ctx: &Ctx, source: Source<'_>, actor: Uuid) -> Result<Option<Standing>, AppError> {
    let limits = ctx.app.service::<Limits>()?;
    let Some(most) = limits.0.iter().map(|limit| limit.exports).max() else { return Ok(None) };
    let started = store::list_started(source, actor, most).await?;
    Ok(stand(&limits, &started, ctx.app.clock().now()))
}

/// `started` has when exports were asked for, the latest first.
fn stand(Limits(limits): &Limits, started: &[Timestamp], now: Timestamp) -> Option<Standing> {
    let standings = limits.iter().map(|Limit { exports, seconds }| {
        let counts = |at: &&Timestamp| at.plus_seconds((*seconds).into()) > now;
        let within: Vec<&Timestamp> = started.iter().take_while(counts).take(*exports as usize).collect();
        let left = within.last().map_or(0, |at| at.plus_seconds((*seconds).into()).micros() - now.micros());
        // Rounded up: it is not over before its last second is.
        let reset = u32::try_from((left + 999_999) / 1_000_000).unwrap_or(0);
        let used = u32::try_from(within.len()).unwrap_or(u32::MAX);
        Standing { limit: *exports, remaining: exports - used, reset }
    });
    // Of several that are used up, the one that lasts longest says when to come back.
    standings.min_by_key(|standing| (standing.remaining, u32::MAX - standing.reset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_holds_and_each_export_counts_for_as_long_as_it_says() {
        let limits = Limits(vec![Limit { exports: 2, seconds: 60 }, Limit { exports: 3, seconds: 3_600 }]);
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let stand = |started: &[i64], now| {
            let started: Vec<Timestamp> = started.iter().rev().map(|s| at(*s)).collect();
            super::stand(&limits, &started, at(now)).map(|s| (s.limit, s.remaining, s.reset))
        };
        assert_eq!(stand(&[], 100), Some((2, 2, 0)));
        assert_eq!(stand(&[100], 100), Some((2, 1, 60)));
        assert_eq!(stand(&[100, 110], 110), Some((2, 0, 50)));
        assert_eq!(stand(&[100, 110], 159), Some((2, 0, 1)));
        assert_eq!(stand(&[100, 110], 160), Some((3, 1, 3_540)));
        assert_eq!(stand(&[100, 110, 160], 160), Some((3, 0, 3_540)));
        assert_eq!(stand(&[100, 110, 160], 3_700), Some((3, 1, 10)));
        // Of more than there may be, left from a time with a higher limit, the latest count.
        assert_eq!(stand(&[100, 110, 120, 130], 3_705), Some((3, 0, 5)));
        assert_eq!(super::stand(&Limits::default(), &[at(1)], at(2)), None);
    }
}
