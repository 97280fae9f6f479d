//! Which columns a list shows, in which order, how wide. They stand in the address, so that a shared link shows the
//! same, and this browser remembers them for each type.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use records::{Flags, Kind, TypeInfo};

use super::List;
use crate::cookie;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The index of the field in the type.
    pub field: usize,
    /// In pixels; as wide as its content without.
    pub width: Option<u32>,
}

fn cookie_name(info: &TypeInfo) -> String {
    format!("columns_{}", info.name)
}

/// The columns that the address asks for, those last chosen on this browser, or those the type declares. The title is
/// always first.
pub fn chosen(info: &TypeInfo, asked: Option<&str>) -> Vec<Column> {
    let asked = asked.map(|text| read(info, text)).filter(|columns| !columns.is_empty());
    let kept = || cookie::read(&cookie_name(info)).map(|text| read(info, &text)).filter(|c| !c.is_empty());
    asked.or_else(kept).unwrap_or_else(|| default(info))
}

/// The columns as the address has them; nothing for those the type declares.
pub fn param(info: &TypeInfo, columns: &[Column]) -> Option<String> {
    (columns != default(info)).then(|| write(info, columns))
}

/// Shows what the address asks for when it changes, and lets it say what is shown.
pub fn follow(list: List, asked: Memo<Option<String>>) {
    let navigate = use_navigate();
    Effect::new(move |before: Option<Option<String>>| {
        let asked = asked.get();
        if before.is_some_and(|before| before != asked) && asked.is_some() {
            let wanted = list.info.with_value(|info| chosen(info, asked.as_deref()));
            if list.columns.with_untracked(|shown| *shown != wanted) {
                list.columns.set(wanted);
            }
        }
        asked
    });
    let latest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let shown = list.info.with_value(|info| list.columns.with(|columns| param(info, columns)));
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        if shown == asked.get_untracked() {
            return;
        }
        let navigate = navigate.clone();
        // A drag changes a width many times; browsers refuse too many changes of the address.
        let settle = move || {
            if latest.try_get_value() == Some(number) {
                let here = list.peek_address(list.peek.get_untracked());
                let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
                navigate(&here, options);
            }
        };
        set_timeout(settle, Duration::from_millis(200));
    });
}

/// The columns that a type declares.
pub fn default(info: &TypeInfo) -> Vec<Column> {
    let listed = info.fields.iter().enumerate().filter(|(i, f)| *i != info.title && f.is(Flags::LIST));
    let fields = std::iter::once(info.title).chain(listed.map(|(i, _)| i));
    fields.map(|field| Column { field, width: None }).collect()
}

/// Reads `name:240.status.sector`; what the type does not have is left out.
fn read(info: &TypeInfo, text: &str) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![];
    for part in text.split('.') {
        let (name, width) = part.split_once(':').map_or((part, None), |(n, w)| (n, w.parse().ok()));
        if let Some((field, _)) = info.field(name).filter(|(i, _)| columns.iter().all(|c| c.field != *i)) {
            columns.push(Column { field, width });
        }
    }
    if columns.first().is_some_and(|c| c.field != info.title) {
        columns.retain(|c| c.field != info.title);
        columns.insert(0, Column { field: info.title, width: None });
    }
    columns
}

fn write(info: &TypeInfo, columns: &[Column]) -> String {
    let parts = columns.iter().map(|c| {
        let name = info.fields[c.field].name();
        c.width.map_or_else(|| name.to_owned(), |w| format!("{name}:{w}"))
    });
    parts.collect::<Vec<_>>().join(".")
}

/// Changes the columns and keeps the change.
pub fn update(list: List, change: impl FnOnce(&mut Vec<Column>)) {
    list.columns.update(change);
    list.info.with_value(|info| {
        let columns = list.columns.get_untracked();
        cookie::write(&cookie_name(info), param(info, &columns).as_deref());
    });
}

/// Figures stand at the end of their cell.
pub const fn is_numeric(kind: &Kind) -> bool {
    kind.is_number() && !matches!(kind, Kind::Year)
}
