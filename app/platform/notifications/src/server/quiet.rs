//! Hours in which nothing rings.

use chrono::{Days, NaiveTime, Timelike};
use kernel::{Timestamp, server::zone::Zone};

use preferences::Quiet;

/// Until when it is quiet at an instant; `None` where it is not. Where clocks are changed in the night, quiet hours end
/// when they show the end, or at the end of the hour they leave out.
pub fn until(quiet: Quiet, zone: Zone, at: Timestamp) -> Option<Timestamp> {
    let local = zone.local(at)?;
    let minute = u16::try_from(local.hour() * 60 + local.minute()).ok()?;
    if !quiet.covers(minute) {
        return None;
    }
    let end = NaiveTime::from_hms_opt(u32::from(quiet.until / 60), u32::from(quiet.until % 60), 0)?;
    let day = if minute < quiet.until { local.date() } else { local.date().checked_add_days(Days::new(1))? };
    let end = zone.instant(day.and_time(end));
    // An hour that comes twice: the end has been, and comes again within it.
    Some(if end > at { end } else { at.plus_seconds(3_600 - at.micros().div_euclid(1_000_000).rem_euclid(3_600)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(zone: &str, from: (u16, u16), until_: (u16, u16), at: &str) -> Option<String> {
        let quiet = Quiet { from: from.0 * 60 + from.1, until: until_.0 * 60 + until_.1 };
        let end = until(quiet, Zone::parse(zone).unwrap(), Timestamp::parse(at).unwrap());
        end.map(|end| end.to_string().replace(":00.000000Z", ""))
    }

    #[test]
    fn a_night_ends_in_the_morning_of_its_reader() {
        let night = |at| ends("Europe/Zurich", (22, 0), (7, 0), at);
        assert_eq!(night("2026-07-01T19:59:00Z"), None);
        assert_eq!(night("2026-07-01T20:00:00Z").as_deref(), Some("2026-07-02T05:00"));
        assert_eq!(night("2026-07-02T04:59:59Z").as_deref(), Some("2026-07-02T05:00"));
        assert_eq!(night("2026-07-02T05:00:00Z"), None);
        let tokyo = ends("Asia/Tokyo", (22, 0), (7, 0), "2026-07-01T19:59:00Z");
        assert_eq!(tokyo.as_deref(), Some("2026-07-01T22:00"));
    }

    #[test]
    fn clocks_that_change_in_the_night_change_its_length() {
        let night = |until, at| ends("Europe/Zurich", (22, 0), until, at);
        // Put forward on 29 March 2026 from 2:00 to 3:00, and back on 25 October from 3:00 to 2:00.
        assert_eq!(night((7, 0), "2026-03-28T22:00:00Z").as_deref(), Some("2026-03-29T05:00"));
        assert_eq!(night((2, 30), "2026-03-28T22:00:00Z").as_deref(), Some("2026-03-29T01:00"));
        assert_eq!(night((7, 0), "2026-10-24T21:00:00Z").as_deref(), Some("2026-10-25T06:00"));
        assert_eq!(night((2, 30), "2026-10-24T21:00:00Z").as_deref(), Some("2026-10-25T00:30"));
        // It is ten past two for the second time.
        assert_eq!(night((2, 30), "2026-10-25T01:10:00Z").as_deref(), Some("2026-10-25T02:00"));
    }
}
