//! Time zones by a part of their name.

use kernel::{AppError, fold, server::zone::Zone};
use request::ctx;

/// The most that are offered at once.
const MOST: usize = 30;

/// (name, offset from UTC now), those first whose name or city begins so.
pub async fn find(typed: &str) -> Result<Vec<(String, String)>, AppError> {
    let now = ctx().await?.now();
    let typed = fold::key(&typed.replace(['_', '/'], " "));
    let mut found: Vec<(bool, &'static str)> = Zone::names()
        .filter_map(|name| {
            let words = fold::key(&name.replace(['_', '/'], " "));
            let at = words.find(&typed)?;
            Some((at > 0 && words.as_bytes()[at - 1] != b' ', name))
        })
        .collect();
    found.sort_unstable();
    let named = found.into_iter().take(MOST).filter_map(|(_, name)| {
        let seconds = Zone::parse(name)?.offsets().at(now);
        Some((name.to_owned(), offset(seconds)))
    });
    Ok(named.collect())
}

/// `UTC`, `UTC+2` or `UTC−3:30`.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '−' } else { '+' };
    let minutes = seconds.abs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_written_as_people_say_them() {
        assert_eq!(offset(0), "UTC");
        assert_eq!(offset(7_200), "UTC+2");
        assert_eq!(offset(-12_600), "UTC−3:30");
        assert_eq!(offset(20_700), "UTC+5:45");
    }
}
