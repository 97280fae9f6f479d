use std::borrow::Cow;

use chrono::Weekday;
use kernel::{
    Currency, Date, Money, Timestamp,
    server::{Clock, testing::TestDb, zone::Zone},
};
use records::{
    ChoiceOption, Field, Flags, Kind, Value,
    server::{Actor, Organisation, testing},
    text::Reading,
};

use super::{cells, wanted};
use crate::{
    export::DateRange,
    import::Column,
    server::{formula, import::read_cell},
};

#[tokio::test]
async fn days_weeks_and_quarters_are_those_of_the_company() {
    let db = TestDb::new().await;
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let day = |text: &str| Some(Date::parse(text).unwrap());
    let span = |zone: &str, first_day, now: &str, range| {
        let app = testing::app((*db).clone(), Clock::fixed(at(now)), vec![organisation::server::module()]);
        app.set_organisation(
            0,
            Organisation { zone: Zone::parse(zone).unwrap(), first_day, ..Organisation::default() },
        );
        wanted::span(&app.ctx(Actor::system().into()), range).unwrap()
    };
    let between = |from, to| DateRange::Between { from, to };
    // Half an hour before midnight, the day after summer time began there; by UTC it is the next day already.
    let new_york = |first_day, range| span("America/New_York", first_day, "2026-03-10T03:30:00Z", range);
    for (first_day, range, from) in [
        (Weekday::Mon, DateRange::Today, "2026-03-09T04:00:00Z"),
        (Weekday::Mon, DateRange::Week, "2026-03-09T04:00:00Z"),
        (Weekday::Sun, DateRange::Week, "2026-03-08T05:00:00Z"),
        (Weekday::Tue, DateRange::Week, "2026-03-03T05:00:00Z"),
        (Weekday::Mon, DateRange::Month, "2026-03-01T05:00:00Z"),
        (Weekday::Mon, DateRange::Quarter, "2026-01-01T05:00:00Z"),
        (Weekday::Mon, DateRange::Year, "2026-01-01T05:00:00Z"),
    ] {
        let expected = (Some(at(from)), Some(at("2026-03-10T04:00:00Z")));
        assert_eq!(new_york(first_day, range), expected, "{range:?} from {first_day}");
    }
    // A day of 23 hours, and open ends.
    let (began, ended) = (Some(at("2026-03-08T05:00:00Z")), Some(at("2026-03-09T04:00:00Z")));
    let short = day("2026-03-08");
    assert_eq!(new_york(Weekday::Mon, between(short, short)), (began, ended));
    assert_eq!(new_york(Weekday::Mon, between(short, None)), (began, None));
    assert_eq!(new_york(Weekday::Mon, between(None, short)), (None, ended));
    assert_eq!(new_york(Weekday::Mon, DateRange::All), (None, None));

    // Half an hour after midnight of a new year, which by UTC is still to come.
    let auckland = |range| span("Pacific/Auckland", Weekday::Mon, "2026-12-31T11:30:00Z", range);
    for (range, from) in [
        (DateRange::Today, "2026-12-31T11:00:00Z"),
        (DateRange::Week, "2026-12-27T11:00:00Z"),
        (DateRange::Month, "2026-12-31T11:00:00Z"),
        (DateRange::Quarter, "2026-12-31T11:00:00Z"),
        (DateRange::Year, "2026-12-31T11:00:00Z"),
    ] {
        assert_eq!(auckland(range), (Some(at(from)), Some(at("2027-01-01T11:00:00Z"))), "{range:?}");
    }
}

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
                was: empty(),
            };
            let read = read_cell(&field, &how, cell, Reading::plain(Currency::USD));
            assert_eq!(read, Ok(Some(value)), "{kind:?} {cell:?}");
        }
    }
}
