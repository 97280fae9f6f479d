//! How the values of a column are read: what suits the field it goes into.

use leptos::prelude::*;
use records::Kind;
use transfer::import::{Column, DateOrder, Match};
use ui::{Select, Size};

use super::columns::Draft;

const FACTORS: [(&str, &str); 3] = [("1", "As it stands"), ("1000", "× 1,000"), ("1000000", "× 1,000,000")];
const DECIMALS: [(&str, &str); 2] = [("point", "1,234.50"), ("comma", "1.234,50")];
const ORDERS: [(DateOrder, &str); 3] = [
    (DateOrder::Iso, "2026-03-31"),
    (DateOrder::MonthFirst, "03/31/2026, month first"),
    (DateOrder::DayFirst, "31/03/2026, day first"),
];
const CURRENCIES: [&str; 8] = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "CNY"];

pub(super) fn read_as(draft: Draft, place: usize, column: &Column) -> AnyView {
    let name = StoredValue::new(column.name.clone());
    let kind = Memo::new(move |_| name.with_value(|n| draft.kind(n)));
    view! {
        {move || match kind.get() {
            Some(Kind::Date) => date(draft, name, place),
            Some(Kind::Money) => {
                view! { {factor(draft, name, place)} {decimals(draft, name, place)} {currency(draft, name, place)} }
                    .into_any()
            }
            Some(Kind::Int | Kind::Decimal(_) | Kind::Percent) => {
                view! { {factor(draft, name, place)} {decimals(draft, name, place)} }.into_any()
            }
            Some(Kind::Ref(_)) => view! { <span class="meta">"Name of a record"</span> }.into_any(),
            Some(_) => view! { <span class="meta">"As it stands"</span> }.into_any(),
            None => ().into_any(),
        }}
    }
    .into_any()
}

/// One choice about the column's match.
fn choice(
    (draft, name, place): (Draft, StoredValue<String>, usize),
    (what, label): (&str, &str),
    options: Vec<(String, String)>,
    empty: Option<&str>,
    read: fn(&Match) -> String,
    write: fn(&mut Match, &str),
) -> AnyView {
    let value = Signal::derive(move || {
        let of = |n: &String| draft.settings.with(|s| s.mapping.get(n).and_then(Option::as_ref).map(read));
        name.with_value(of).unwrap_or_default()
    });
    let on_change = Callback::new(move |chosen: String| {
        draft.settings.update(|s| {
            if let Some(Some(how)) = name.with_value(|n| s.mapping.get_mut(n)) {
                write(how, &chosen);
            }
        });
    });
    let id = format!("{what}-{place}");
    let label = format!("{label} of {}", name.get_value());
    let options = Signal::stored(options);
    match empty {
        Some(empty) => {
            let empty = empty.to_owned();
            view! { <Select id label size=Size::Compact options value on_change empty /> }.into_any()
        }
        None => view! { <Select id label size=Size::Compact options value on_change /> }.into_any(),
    }
}

fn owned(options: &[(&str, &str)]) -> Vec<(String, String)> {
    options.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
}

fn factor(draft: Draft, name: StoredValue<String>, place: usize) -> AnyView {
    let read = |how: &Match| how.multiply.to_string();
    let write = |how: &mut Match, text: &str| how.multiply = text.parse().unwrap_or(1);
    choice((draft, name, place), ("factor", "Factor"), owned(&FACTORS), None, read, write)
}

fn decimals(draft: Draft, name: StoredValue<String>, place: usize) -> AnyView {
    let read = |how: &Match| match how.decimal_comma {
        Some(true) => "comma".to_owned(),
        Some(false) => "point".to_owned(),
        None => String::new(),
    };
    let write = |how: &mut Match, text: &str| how.decimal_comma = (!text.is_empty()).then(|| text == "comma");
    choice((draft, name, place), ("decimals", "Decimals"), owned(&DECIMALS), Some("Where it is clear"), read, write)
}

fn currency(draft: Draft, name: StoredValue<String>, place: usize) -> AnyView {
    let read = |how: &Match| how.currency.clone().unwrap_or_default();
    let write = |how: &mut Match, text: &str| how.currency = (!text.is_empty()).then(|| text.to_owned());
    let options = CURRENCIES.map(|code| (code.to_owned(), code.to_owned())).to_vec();
    choice((draft, name, place), ("currency", "Currency"), options, Some("Our currency"), read, write)
}

fn date(draft: Draft, name: StoredValue<String>, place: usize) -> AnyView {
    let read = |how: &Match| how.date.map(|order| order.name().to_owned()).unwrap_or_default();
    let write = |how: &mut Match, text: &str| how.date = DateOrder::parse(text);
    let options = ORDERS.map(|(order, words)| (order.name().to_owned(), words.to_owned())).to_vec();
    choice((draft, name, place), ("order", "Order of the dates"), options, Some("Choose the order"), read, write)
}
