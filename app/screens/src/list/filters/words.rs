//! Conditions in words, and what may be asked of a field.

use std::collections::BTreeMap;

use records::{FieldInfo, Filter, Kind, Op, TypeInfo};
use serde_json::{Value as Json, json};

/// A condition as field, operator and value in words.
pub fn words(info: &TypeInfo, filter: &Filter, labels: &BTreeMap<String, String>) -> (String, String, String) {
    let many = |all: &[Filter], word: &str| {
        let parts = all.iter().map(|f| {
            let (field, operator, value) = words(info, f, labels);
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
            let field = info.field(&leaf.field).map(|(_, f)| f);
            let label = field.map_or_else(|| leaf.field.replace(['.', '_'], " "), |f| f.label().to_owned());
            let word = |value: &Json| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let option = field.and_then(|f| f.kind().option(&text)).map(|o| o.label.to_string());
                match text.as_str() {
                    "@me" => "me".to_owned(),
                    "@my_team" => "my team".to_owned(),
                    _ => option.or_else(|| labels.get(&text).cloned()).unwrap_or(text),
                }
            };
            let value = match (&leaf.op, &leaf.value) {
                (Op::Empty, Json::Bool(false)) => return (label, "is".into(), "not empty".into()),
                (Op::Empty, _) => return (label, "is".into(), "empty".into()),
                (_, Json::Array(values)) => values.iter().map(word).collect::<Vec<_>>().join(" or "),
                (_, value) => word(value),
            };
            (label, operator(leaf.op, field.map(FieldInfo::kind)).to_owned(), value)
        }
    }
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
