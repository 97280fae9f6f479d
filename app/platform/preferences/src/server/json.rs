//! Preferences as the API names them.

use kernel::{
    AppError,
    format::{DateFormat, NumberFormat, TimeFormat},
};
use serde_json::{Value as Json, json};

use crate::{Density, Preferences, Quiet, Theme, read_minutes, write_minutes};

/// All of a person's preferences.
pub fn write(preferences: &Preferences) -> Json {
    let quiet = preferences
        .quiet
        .map(|quiet| json!({ "from": write_minutes(quiet.from), "until": write_minutes(quiet.until) }));
    json!({
        "theme": preferences.theme.name(),
        "compact_mode": preferences.density == Density::Compact,
        "density": preferences.density.name(),
        "auto_refresh_interval": preferences.refresh,
        "date_format": preferences.date.name(),
        "time_format": preferences.time.name(),
        "number_format": preferences.number.name(),
        "time_zone": preferences.time_zone,
        "start_page": preferences.start_page,
        "single_key_shortcuts": preferences.single_keys,
        "sms_phone": preferences.phone,
        "quiet_hours": quiet,
        "high_through_quiet_hours": preferences.high_through_quiet,
    })
}

/// Sets one by its name. The outer error is for a name that is none, the inner says what the value must be.
pub fn set(to: &mut Preferences, name: &str, value: &Json) -> Result<Result<(), String>, AppError> {
    let done = match name {
        "theme" => one_of(value, &Theme::ALL, Theme::name, Theme::parse).map(|theme| to.theme = theme),
        "density" => one_of(value, &Density::ALL, Density::name, Density::parse).map(|density| to.density = density),
        "compact_mode" => yes_or_no(value).map(|is_compact| match (is_compact, to.density) {
            (true, _) => to.density = Density::Compact,
            (false, Density::Compact) => to.density = Density::Default,
            (false, _) => {}
        }),
        "auto_refresh_interval" => seconds(value).map(|refresh| to.refresh = refresh),
        "date_format" => one_of(value, DateFormat::ALL, DateFormat::name, DateFormat::parse).map(|date| to.date = date),
        "time_format" => one_of(value, TimeFormat::ALL, TimeFormat::name, TimeFormat::parse).map(|time| to.time = time),
        "number_format" => {
            one_of(value, NumberFormat::ALL, NumberFormat::name, NumberFormat::parse).map(|number| to.number = number)
        }
        "time_zone" => text_or_nothing(value).map(|zone| to.time_zone = zone),
        "start_page" => page(value).map(|page| to.start_page = page),
        "single_key_shortcuts" => yes_or_no(value).map(|is| to.single_keys = is),
        "sms_phone" => text_or_nothing(value).map(|phone| to.phone = phone),
        "quiet_hours" => quiet(value).map(|quiet| to.quiet = quiet),
        "high_through_quiet_hours" => yes_or_no(value).map(|is| to.high_through_quiet = is),
        _ => return Err(AppError::BadRequest(format!("unknown field `{name}`"))),
    };
    Ok(done)
}

fn one_of<T: Copy>(
    value: &Json,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    value.as_str().and_then(parse).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        format!("This must be one of: {}.", names.join("; "))
    })
}

fn yes_or_no(value: &Json) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "This must be true or false.".to_owned())
}

fn seconds(value: &Json) -> Result<Option<u32>, String> {
    match value {
        Json::Null => Ok(None),
        value => value.as_u64().and_then(|n| u32::try_from(n).ok()).map(Some).ok_or_else(|| {
            "This must be a whole number of seconds, 0 for never, or null for what suits each screen.".to_owned()
        }),
    }
}

fn text_or_nothing(value: &Json) -> Result<Option<String>, String> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        _ => Err("This must be text or null.".to_owned()),
    }
}

/// A path of this site. Browsers read `//host` and `/\host` as another site's address.
fn page(value: &Json) -> Result<String, String> {
    let is_local = |path: &str| {
        path.len() <= 500
            && path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains('\\')
            && path.bytes().all(|b| b.is_ascii_graphic())
    };
    let page = value.as_str().filter(|path| is_local(path));
    page.map(str::to_owned).ok_or_else(|| "This must be a path of this site, like /companies.".to_owned())
}

fn quiet(value: &Json) -> Result<Option<Quiet>, String> {
    let time = |name: &str| value.get(name).and_then(Json::as_str).and_then(read_minutes);
    match (value, time("from"), time("until")) {
        (Json::Null, ..) => Ok(None),
        (Json::Object(parts), Some(from), Some(until)) if parts.len() == 2 => Ok(Some(Quiet { from, until })),
        _ => Err("This must be null or two times, like {\"from\": \"22:00\", \"until\": \"07:00\"}.".to_owned()),
    }
}
