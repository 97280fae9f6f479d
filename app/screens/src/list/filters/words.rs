//! Conditions in words, and what may be asked of a field.

use std::collections::BTreeMap;

use kernel::Formats;
use records::{FieldInfo, Filter, Kind, Op, TypeInfo, text::Reading};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::value;

/// Of the values of one condition, so many are named; the others are counted.
pub const NAMED: usize = 3;

/// What the words of a condition depend on.
pub struct Reader<'a> {
    pub info: &'a TypeInfo,
    /// What the records named are called, by id, as far as that is known yet.
    pub labels: &'a BTreeMap<String, String>,
    pub formats: &'a Formats,
    pub reading: Reading,
}

/// A condition as field, operator and value in words.
pub fn words(reader: &Reader<'_>, filter: &Filter) -> (String, String, String) {
    let many = |all: &[Filter], word: &str| {
        let parts = all.iter().map(|f| {
            let (field, operator, value) = words(reader, f);
            [field, operator, value].join(" ")
        });
        parts.collect::<Vec<_>>().join(word)
    };
    match filter {
        Filter::And(all) => ("All of".into(), String::new(), many(all, " and ")),
        Filter::Or(any) => ("Any of".into(), String::new(), many(any, " or ")),
        Filter::Not(inner) => ("Not".into(), String::new(), many(std::slice::from_ref(inner), "")),
        Filter::Leaf(leaf) if leaf.field == "change_set" => ("Changed by".into(), String::new(), "one change".into()),
        Filter::Leaf(leaf) => {
            let field = reader.info.field(&leaf.field).map(|(_, f)| f);
            let label = field.map_or_else(|| leaf.field.replace(['.', '_'], " "), |f| f.label().to_owned());
            let word = |value: &Json| word(reader, field.map(FieldInfo::kind), leaf.op, value);
            let value = match (&leaf.op, &leaf.value) {
                (Op::Empty, Json::Bool(false)) => return (label, "is".into(), "not empty".into()),
                (Op::Empty, _) => return (label, "is".into(), "empty".into()),
                (op, Json::Array(values)) => {
                    let mut words: Vec<String> = values.iter().take(NAMED).map(word).collect();
                    if values.len() > NAMED {
                        words.push(format!("{} more", reader.formats.count(values.len() as i128 - NAMED as i128)));
                    }
                    words.join(if *op == Op::Between { " and " } else { " or " })
                }
                (_, value) => word(value),
            };
            (label, operator(leaf.op, field.map(FieldInfo::kind)).to_owned(), value)
        }
    }
}

/// One value of a condition.
fn word(reader: &Reader<'_>, kind: Option<&Kind>, op: Op, stored: &Json) -> String {
    let text = value::plain(stored);
    let option = kind.and_then(|kind| kind.option(&text)).map(|option| option.label.to_string());
    match (text.as_str(), kind) {
        ("@me", _) => "me".to_owned(),
        ("@my_team", _) => "my team".to_owned(),
        _ if op == Op::Within => phrase(&text),
        (text, kind) => option.or_else(|| reader.labels.get(text).cloned()).unwrap_or_else(|| match kind {
            // Its name is on its way.
            Some(Kind::Ref(_)) => "…".to_owned(),
            None if text.parse::<Uuid>().is_ok() => "a record".to_owned(),
            Some(kind) => value::show(kind, stored, reader.reading, reader.formats),
            None => text.to_owned(),
        }),
    }
}

/// Days by their distance, as they are read.
pub fn phrase(name: &str) -> String {
    name.replace('_', " ")
}

fn operator(op: Op, kind: Option<&Kind>) -> &'static str {
    let is_date = matches!(kind, Some(Kind::Date | Kind::DateTime));
    match op {
        Op::Eq if kind.is_some_and(Kind::is_many) => "has",
        Op::Eq | Op::In | Op::Within | Op::Empty => "is",
        Op::Ne => "is not",
        Op::Lt if is_date => "before",
        Op::Gt if is_date => "after",
        Op::Lt => "less than",
        Op::Lte => "at most",
        Op::Gt => "more than",
        Op::Gte => "at least",
        Op::Contains => "contains",
        Op::Starts => "starts with",
        Op::Between => "between",
    }
}

/// What may be asked of a field of the kind: the operator and, for those that take none, the value.
pub fn operators(kind: &Kind) -> Vec<(&'static str, &'static str, Op, Option<Json>)> {
    let mut all = match kind {
        Kind::Bool => {
            return vec![("yes", "is yes", Op::Eq, Some(json!(true))), ("no", "is no", Op::Eq, Some(json!(false)))];
        }
        Kind::Int | Kind::Year | Kind::Decimal(_) | Kind::Percent | Kind::Money => vec![
            ("gte", "is at least", Op::Gte, None),
            ("lte", "is at most", Op::Lte, None),
            ("eq", "is", Op::Eq, None),
            ("ne", "is not", Op::Ne, None),
        ],
        Kind::Date | Kind::DateTime => vec![
            ("within", "is within", Op::Within, None),
            ("lt", "is before", Op::Lt, None),
            ("gt", "is after", Op::Gt, None),
            ("eq", "is on", Op::Eq, None),
        ],
        Kind::Choice(_) | Kind::Ref(_) => vec![("eq", "is", Op::Eq, None), ("ne", "is not", Op::Ne, None)],
        Kind::Choices(_) | Kind::Tags | Kind::Emails | Kind::Phones => {
            vec![("eq", "has", Op::Eq, None), ("contains", "contains", Op::Contains, None)]
        }
        _ => vec![
            ("contains", "contains", Op::Contains, None),
            ("eq", "is", Op::Eq, None),
            ("ne", "is not", Op::Ne, None),
            ("starts", "starts with", Op::Starts, None),
        ],
    };
    all.push(("empty", "is empty", Op::Empty, Some(json!(true))));
    all.push(("present", "is not empty", Op::Empty, Some(json!(false))));
    all
}

pub const PHRASES: [&str; 14] = [
    "today",
    "yesterday",
    "this week",
    "last week",
    "this month",
    "last month",
    "this quarter",
    "last quarter",
    "this year",
    "last year",
    "last 7 days",
    "last 30 days",
    "last 90 days",
    "more_than 30 days ago",
];

#[cfg(test)]
mod tests {
    use kernel::{
        Currency,
        format::{DateFormat, NumberFormat},
    };
    use records::{Access, Field, Flags};

    use super::*;

    fn said(labels: &BTreeMap<String, String>, filter: &Json) -> String {
        let fields = [
            ("founded", "Founded", Kind::Date),
            ("employees", "Employees", Kind::Int),
            ("owner", "Owner", Kind::Ref("users".into())),
        ];
        let fields = fields.map(|(name, label, kind)| FieldInfo {
            field: Field {
                name: name.into(),
                label: label.into(),
                help: "".into(),
                kind,
                flags: Flags::default(),
                default: "".into(),
                also: "".into(),
                was: "".into(),
            },
            access: Access::Write,
        });
        let info = TypeInfo {
            name: "companies".into(),
            singular: "Company".into(),
            plural: "Companies".into(),
            module: "crm".into(),
            icon: String::new(),
            title: 0,
            sort: vec![],
            fields: fields.to_vec(),
            actions: vec![],
            referrers: vec![],
        };
        let formats = Formats { date: DateFormat::Dots, number: NumberFormat::Dots, ..Formats::default() };
        let reading = Reading { currency: Currency::EUR, number: NumberFormat::Dots };
        let reader = Reader { info: &info, labels, formats: &formats, reading };
        let (field, operator, value) = words(&reader, &Filter::parse(&filter.to_string()).unwrap());
        [field, operator, value].join(" ")
    }

    #[test]
    fn a_condition_speaks_the_language_of_its_reader() {
        let none = BTreeMap::new();
        let of = |field: &str, op: &str, value: Json| said(&none, &json!({ "field": field, "op": op, "value": value }));
        assert_eq!(of("founded", "within", json!("more_than 30 days ago")), "Founded is more than 30 days ago");
        assert_eq!(of("founded", "lt", json!("2026-11-04")), "Founded before 04.11.2026");
        assert_eq!(of("employees", "gte", json!("1000")), "Employees at least 1.000");
        assert_eq!(of("employees", "between", json!([1000, 2000])), "Employees between 1.000 and 2.000");
        assert_eq!(of("employees", "in", json!([1, 2, 3, 4, 5])), "Employees is 1 or 2 or 3 or 2 more");
    }

    #[test]
    fn no_id_is_read_out() {
        let id = Uuid::nil().to_string();
        let (none, known) = (BTreeMap::new(), BTreeMap::from([(id.clone(), "Noor Haddad".to_owned())]));
        let owner = json!({ "field": "owner", "value": id });
        assert_eq!(said(&none, &owner), "Owner is …");
        assert_eq!(said(&known, &owner), "Owner is Noor Haddad");
        assert_eq!(said(&none, &json!({ "field": "id", "op": "in", "value": [id] })), "id is a record");
    }
}
