//! The organisation's settings, checked when written and at hand for every request.

use std::sync::Arc;

use chrono::Weekday as Day;
use kernel::{AppError, Currency, server::zone::Zone};
use records::{
    ChoiceValue, ListQuery, Record,
    server::{self, Action, App, Boxed, Ctx, Draft, Edit, Module, PlanCx, list_cells},
};
use uuid::Uuid;

use crate::{Month, Organisation, Weekday};

pub struct Rules;

/// The largest logo, as the `data:` address that holds it.
const LARGEST_LOGO: usize = 88 * 1024;

impl server::Rules<Organisation> for Rules {
    fn prepare<'a>(
        &'a self,
        _: &'a mut PlanCx<'_>,
        batch: &'a mut [Draft<Organisation>],
    ) -> Boxed<'a, Result<(), AppError>> {
        Box::pin(async move {
            for Draft { after, errors, .. } in batch {
                match Zone::parse(&after.time_zone) {
                    Some(zone) => zone.name().clone_into(&mut after.time_zone),
                    None => errors.add("time_zone", "This must be a time zone like Europe/Zurich."),
                }
                match Currency::known(&after.currency) {
                    Some(currency) => currency.code().clone_into(&mut after.currency),
                    None => errors.add("currency", "This must be a currency of three letters, like USD."),
                }
                if let Some(why) = after.logo.as_ref().and_then(|logo| wrong_logo(&logo.0)) {
                    errors.add("logo", why);
                }
            }
            Ok(())
        })
    }
}

/// Only images that cannot run anything are shown as a logo.
fn wrong_logo(logo: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 3] = [
        ("data:image/png;base64,", "iVBORw0KGgo"),
        ("data:image/jpeg;base64,", "/9j/"),
        ("data:image/webp;base64,", "UklGR"),
    ];
    let body = KINDS.iter().find_map(|(head, magic)| logo.strip_prefix(head).filter(|body| body.starts_with(magic)));
    let is_base64 = |body: &str| body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    if logo.len() > LARGEST_LOGO {
        return Some("This image is larger than 64 KB.");
    }
    if body.is_some_and(is_base64) { None } else { Some("This must be a PNG, JPEG or WebP image.") }
}

/// Reads the organisation again if it changed since it was last read.
pub async fn refresh(app: &App) -> Result<(), AppError> {
    let Some(entry) = app.registry().get("organisations") else { return Ok(()) };
    let now = entry.changes();
    if app.organisation_read_at() == Some(now) {
        return Ok(());
    }
    let found = find(&app.ctx(Arc::new(server::Actor::system()))).await?;
    let organisation = found.map_or_else(server::Organisation::default, |(_, organisation)| {
        let zone = Zone::parse(&organisation.time_zone).unwrap_or(Zone::UTC);
        server::Organisation {
            name: organisation.name,
            logo: organisation.logo.map(|l| l.0),
            zone,
            offsets: zone.offsets(),
            first_day: day(organisation.first_day),
            fiscal_month: month(organisation.fiscal_year),
            currency: Currency::parse(&organisation.currency).unwrap_or(Currency::USD),
        }
    });
    app.set_organisation(now, organisation);
    Ok(())
}

/// The one record, where there is one yet.
pub async fn find(ctx: &Ctx) -> Result<Option<(Uuid, Organisation)>, AppError> {
    let permit = ctx.permit::<Organisation>(Action::View)?;
    let rows = list_cells(ctx, &permit, &ListQuery { page_size: 1, ..ListQuery::default() }, None).await?.rows;
    Ok(rows.first().and_then(|row| Some((row.id, Organisation::from_cells(&row.cells).ok()?))))
}

/// Makes sure that there is a record to edit, and gives its id.
pub async fn ensure(ctx: &Ctx, name: &str) -> Result<Uuid, AppError> {
    if let Some((id, _)) = find(ctx).await? {
        return Ok(id);
    }
    let permit = ctx.permit::<Organisation>(Action::Create)?;
    let set = vec![(0, records::Value::Text(name.to_owned()))];
    let written =
        server::write(ctx, &permit, vec![Edit::Create { id: None, set }], "edit", "Set up the organisation").await?;
    Ok(written.one()?.id)
}

fn day(day: Weekday) -> Day {
    match day {
        Weekday::Monday => Day::Mon,
        Weekday::Tuesday => Day::Tue,
        Weekday::Wednesday => Day::Wed,
        Weekday::Thursday => Day::Thu,
        Weekday::Friday => Day::Fri,
        Weekday::Saturday => Day::Sat,
        Weekday::Sunday => Day::Sun,
    }
}

fn month(month: Month) -> u32 {
    let index = Month::OPTIONS.iter().position(|o| o.value == month.value()).unwrap_or(0);
    u32::try_from(index).unwrap_or(0) + 1
}

/// What the organisation adds to the program.
pub fn module() -> Module {
    Module::new("platform").record_with::<Organisation>(Rules)
}
