use std::borrow::Cow;

use kernel::{Currency, Date, Money, Timestamp};
use records::{ChoiceOption, Field, Flags, Kind, Value, text::Reading};

use super::cells;
use crate::{
    import::Column,
    server::{formula, import::read_cell},
};

fn options() -> Cow<'static, [ChoiceOption]> {
    let option =
        |value: &'static str, label: &'static str| ChoiceOption { value: value.into(), label: label.into(), colour: 0 };
    vec![option("at_risk", "At risk"), option("new", "New, and \"fresh\"")].into()
}

#[test]
fn a_value_of_every_kind_is_read_back_from_its_cell() {
    let text = |text: &str| Value::Text(text.into());
    let list = |values: &[&str]| Value::List(values.iter().map(|v| (*v).to_owned()).collect());
    let money = |minor, code| Value::Money(Money { minor, currency: Currency::parse(code).unwrap() });
    for (kind, values) in [
        (Kind::Text, vec![text("=1+1"), text("'-1"), text("a, \"b\"")]),
        (Kind::LongText, vec![text("=a\n\n b "), text(" -"), text("\n=")]),
        (Kind::Email, vec![text("a+b@example.com")]),
        (Kind::Phone, vec![text("+442079460958")]),
        (Kind::Url, vec![text("https://example.com/?a=1,2")]),
        (Kind::Int, vec![Value::Int(i64::MIN), Value::Int(-1), Value::Int(i64::MAX)]),
        (Kind::Year, vec![Value::Int(1888)]),
        (Kind::Decimal(3), vec![Value::Int(-1), Value::Int(1_054), Value::Int(1_234_567)]),
        (Kind::Percent, vec![Value::Int(1_250), Value::Int(-5), Value::Int(0)]),
        (Kind::Money, vec![money(-350, "EUR"), money(1_054, "JPY"), money(1_054, "BHD"), money(0, "USD")]),
        (Kind::Bool, vec![Value::Bool(true), Value::Bool(false)]),
        (Kind::Date, vec![Value::Date(Date::new(2026, 2, 1).unwrap())]),
        (Kind::DateTime, vec![Value::At(Timestamp::from_micros(1_795_000_000_123_456))]),
        (Kind::Choice(options()), vec![text("at_risk"), text("new")]),
        (Kind::Choices(options()), vec![list(&["new", "at_risk"]), list(&["new"])]),
        (Kind::Emails, vec![list(&["a@example.com", "b+c@example.com"])]),
        (Kind::Phones, vec![list(&["+442079460958", "+41446681800"])]),
        (Kind::Tags, vec![list(&["=a", "b, c", "\"d", "e;f"]), list(&["-"])]),
    ] {
        for value in values {
            let mut cell = String::new();
            if cells::write_value(&kind, &value, &cells::Names::new(), &mut cell) {
                cell = formula::guard(&cell).into_owned();
            }
            let mut column = Column::default();
            let cell = formula::unguard(&cell);
            column.see(cell);
            let how = column.suggest("x", &kind);
            let empty = || Cow::Borrowed("");
            let field = Field {
                name: empty(),
                label: empty(),
                help: empty(),
                kind: kind.clone(),
                flags: Flags(0),
                default: empty(),
                also: empty(),
            };
            let read = read_cell(&field, &how, cell, Reading::plain(Currency::USD));
            assert_eq!(read, Ok(Some(value)), "{kind:?} {cell:?}");
        }
    }
}
