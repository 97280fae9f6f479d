//! Jobs that come by the clock of the company.
//!
//! A schedule is written as cron in the company's zone: where clocks skip a time it comes right after, where they show
//! a time twice it comes the first time. Its row holds when it is next due; whoever moves that on enqueues the job in
//! the same transaction, so that however many processes look, each tick happens once.

use std::sync::Arc;

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use kernel::{AppError, Timestamp, server::zone::Zone};
use records::server::App;

use super::{Job, Kinds, New, put, store};

/// What becomes of ticks that nobody saw because the program stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// One run makes up for all of them.
    Once,
    /// They are left out: the next is the next.
    Skip,
}

/// A tick is missed when it is noticed so many seconds late.
const LATE: i64 = 120;

type Make = Arc<dyn Fn(&App, Timestamp) -> Result<New, AppError> + Send + Sync>;

/// A job that comes by the clock.
#[derive(Clone)]
pub struct Schedule {
    pub name: &'static str,
    pub title: &'static str,
    /// Minute, hour, day of month, month, day of week; an administrator may set another.
    pub cron: &'static str,
    pub missed: Missed,
    make: Make,
}

impl Schedule {
    /// `make` is given the tick the job is for.
    pub fn new<J: Job>(
        name: &'static str,
        cron: &'static str,
        missed: Missed,
        make: impl Fn(Timestamp) -> J + Send + Sync + 'static,
    ) -> Self {
        let make: Make = Arc::new(move |app, tick| New::of(app, &make(tick), None, app.clock().now()));
        Self { name, title: J::TITLE, cron, missed, make }
    }
}

impl Schedule {
    /// Under another title than its job's, where several have the same one.
    #[must_use]
    pub const fn titled(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }
}

/// Reads a cron expression of five fields. The error says what is wrong with it.
pub fn parse(cron: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let parsed = parser.parse(cron.trim()).map_err(|_| "This is no cron expression of five fields.".to_owned())?;
    let far = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN);
    parsed.find_next_occurrence(&far, true).map_err(|_| "This time never comes.".to_owned())?;
    Ok(parsed)
}

/// The first tick after an instant.
pub fn next_tick(cron: &Cron, zone: Zone, after: Timestamp) -> Option<Timestamp> {
    let mut local = zone.local(after)?;
    loop {
        local = cron.find_next_occurrence(&local, false).ok()?;
        let at = zone.instant(local);
        if at > after {
            return Some(at);
        }
    }
}

fn cron_of(schedule: &Schedule, row: Option<&store::Scheduled>) -> Result<Cron, AppError> {
    let own = row.and_then(|row| row.cron.as_deref());
    parse(own.unwrap_or(schedule.cron)).map_err(kernel::server::unexpected)
}

/// Makes the rows of schedules that have none.
pub(super) async fn prepare(app: &App, kinds: &Kinds) -> Result<(), AppError> {
    let known = store::schedules(app.db()).await?;
    let new: Vec<_> = kinds.schedules().iter().filter(|s| !known.iter().any(|row| row.name == s.name)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut tx = app.db().begin().await?;
    for schedule in new {
        let next = next_tick(&cron_of(schedule, None)?, app.organisation().zone, app.clock().now());
        if let Some(next) = next {
            store::add_schedule(&mut tx, schedule.name, next).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Enqueues what is due, and says how many jobs that were.
pub(super) async fn tick(app: &App, kinds: &Kinds) -> Result<usize, AppError> {
    let mut enqueued = 0;
    for row in store::schedules(app.db()).await? {
        let now = app.clock().now();
        let Some(schedule) = kinds.schedules().iter().find(|s| s.name == row.name) else { continue };
        if row.is_paused || row.next_tick > now {
            continue;
        }
        let cron = cron_of(schedule, Some(&row))?;
        let Some(next) = next_tick(&cron, app.organisation().zone, now) else { continue };
        let is_late = now.seconds_since(row.next_tick) > LATE;
        let mut tx = app.db().begin().await?;
        if store::tick(&mut tx, &row.name, row.next_tick, next).await? && !(is_late && schedule.missed == Missed::Skip)
        {
            put(&mut tx, &(schedule.make)(app, row.next_tick)?).await?;
            enqueued += 1;
        }
        tx.commit().await?;
    }
    Ok(enqueued)
}

/// Finds anew when each schedule is next due: after the company's zone changed.
pub(super) async fn realign(app: &App, kinds: &Kinds) -> Result<(), AppError> {
    let rows = store::schedules(app.db()).await?;
    let mut tx = app.db().begin().await?;
    for row in rows {
        let Some(schedule) = kinds.schedules().iter().find(|s| s.name == row.name) else { continue };
        let next = next_tick(&cron_of(schedule, Some(&row))?, app.organisation().zone, app.clock().now());
        if let Some(next) = next.filter(|next| *next != row.next_tick) {
            store::move_tick(&mut tx, &row.name, next).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Enqueues a schedule's job now, beside its ticks.
pub(super) async fn run_now(app: &App, schedule: &Schedule) -> Result<uuid::Uuid, AppError> {
    let mut tx = app.db().begin().await?;
    let id = put(&mut tx, &(schedule.make)(app, app.clock().now())?).await?;
    tx.commit().await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(cron: &str, zone: &str, after: &str, n: usize) -> Vec<String> {
        let (cron, zone) = (parse(cron).unwrap(), Zone::parse(zone).unwrap());
        let mut at = Timestamp::parse(after).unwrap();
        let mut ticks = vec![];
        for _ in 0..n {
            at = next_tick(&cron, zone, at).unwrap();
            ticks.push(at.to_string().replace(":00.000000Z", "").replace("2026-", ""));
        }
        ticks
    }

    #[test]
    fn ticks_follow_the_companys_clocks() {
        let nine = ticks("0 9 * * *", "Europe/Zurich", "2026-03-27T12:00:00Z", 3);
        assert_eq!(nine, ["03-28T08:00", "03-29T07:00", "03-30T07:00"]);
        let mondays = ticks("0 9 * * 1", "America/New_York", "2026-11-20T00:00:00Z", 2);
        assert_eq!(mondays, ["11-23T14:00", "11-30T14:00"]);
    }

    #[test]
    fn an_hour_that_is_skipped_or_comes_twice_holds_each_tick_once() {
        let spring = ticks("30 2 * * *", "Europe/Zurich", "2026-03-28T12:00:00Z", 2);
        assert_eq!(spring, ["03-29T01:00", "03-30T00:30"]);
        let autumn = ticks("30 2 * * *", "Europe/Zurich", "2026-10-24T12:00:00Z", 2);
        assert_eq!(autumn, ["10-25T00:30", "10-26T01:30"]);
        let often = ticks("*/30 * * * *", "Europe/Zurich", "2026-03-29T00:00:00Z", 4);
        assert_eq!(often, ["03-29T00:30", "03-29T01:00", "03-29T01:30", "03-29T02:00"]);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in ["", "soon", "* * * *", "60 * * * *", "* * * * * *", "0 0 30 2 *"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
