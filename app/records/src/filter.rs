//! What rows a list is asked for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// A tree of conditions, as the API writes it: `{"and": […]}`, `{"or": […]}`, `{"not": …}` or
/// `{"field": "sector", "op": "eq", "value": "Energy"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Json", into = "Json")]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Leaf(Leaf),
}

/// One condition. The field may be a path through references: `company.sector`.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub field: String,
    pub op: Op,
    pub value: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Contains,
    Starts,
    Empty,
    Between,
    Within,
}

impl Op {
    pub const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Lte,
        Self::Gt,
        Self::Gte,
        Self::In,
        Self::Contains,
        Self::Starts,
        Self::Empty,
        Self::Between,
        Self::Within,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::In => "in",
            Self::Contains => "contains",
            Self::Starts => "starts",
            Self::Empty => "empty",
            Self::Between => "between",
            Self::Within => "within",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The most conditions one filter may have.
pub const MAX_LEAVES: usize = 100;
/// The most values they may name in all: each becomes an argument of a statement.
pub const MAX_VALUES: usize = 2_000;

impl Filter {
    pub fn leaf(field: impl Into<String>, op: Op, value: impl Into<Json>) -> Self {
        Self::Leaf(Leaf { field: field.into(), op, value: value.into() })
    }

    /// Both conditions; a tree that is an `and` already grows by one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            one => Self::And(vec![one, other]),
        }
    }

    /// Conditions, those without any in them too.
    pub fn leaves(&self) -> usize {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().map(Self::leaves).sum::<usize>().max(1),
            Self::Not(inner) => inner.leaves(),
            Self::Leaf(_) => 1,
        }
    }

    fn values(&self) -> usize {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().map(Self::values).sum(),
            Self::Not(inner) => inner.values(),
            Self::Leaf(leaf) => leaf.value.as_array().map_or(1, Vec::len),
        }
    }

    /// Reads a filter; the message says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|_| "the filter is not JSON".to_owned())?;
        Self::try_from(json)
    }

    fn read(json: Json) -> Result<Self, String> {
        let Json::Object(mut object) = json else {
            return Err("a filter is an object with `and`, `or`, `not` or `field`".into());
        };
        if object.contains_key("field") {
            return Self::read_leaf(object);
        }
        let (Some(key), 1) = (object.keys().next().cloned(), object.len()) else {
            return Err("a filter has exactly one of `and`, `or`, `not` or `field`".into());
        };
        let inner = object.remove(&key).unwrap_or_default();
        let list = |inner: Json| match inner {
            Json::Array(items) => items.into_iter().map(Self::read).collect::<Result<Vec<_>, _>>(),
            _ => Err(format!("`{key}` takes a list of filters")),
        };
        match key.as_str() {
            "and" => list(inner).map(Self::And),
            "or" => list(inner).map(Self::Or),
            "not" => Self::read(inner).map(|f| Self::Not(Box::new(f))),
            other => Err(format!("unknown filter key `{other}`")),
        }
    }

    fn read_leaf(mut object: Map<String, Json>) -> Result<Self, String> {
        let Some(Json::String(field)) = object.remove("field") else { return Err("`field` is a name".into()) };
        let op = match object.remove("op") {
            None => Op::Eq,
            Some(Json::String(op)) => Op::parse(&op).ok_or_else(|| {
                format!("unknown operator `{op}`, expected one of {}", Op::ALL.map(Op::name).join(", "))
            })?,
            Some(_) => return Err("`op` is a word".into()),
        };
        let value = object.remove("value").unwrap_or_default();
        match object.keys().next() {
            None => Ok(Self::Leaf(Leaf { field, op, value })),
            Some(key) => Err(format!("unknown filter key `{key}`")),
        }
    }
}

impl TryFrom<Json> for Filter {
    type Error = String;
    fn try_from(json: Json) -> Result<Self, Self::Error> {
        let filter = Self::read(json)?;
        if filter.leaves() > MAX_LEAVES {
            return Err(format!("a filter has at most {MAX_LEAVES} conditions"));
        }
        if filter.values() > MAX_VALUES {
            return Err(format!("a filter names at most {MAX_VALUES} values"));
        }
        Ok(filter)
    }
}

impl From<Filter> for Json {
    fn from(filter: Filter) -> Self {
        match filter {
            Filter::And(all) => json!({ "and": all }),
            Filter::Or(all) => json!({ "or": all }),
            Filter::Not(inner) => json!({ "not": inner }),
            Filter::Leaf(leaf) if leaf.op == Op::Empty && leaf.value.is_null() => {
                json!({ "field": leaf.field, "op": leaf.op.name() })
            }
            Filter::Leaf(leaf) => json!({ "field": leaf.field, "op": leaf.op.name(), "value": leaf.value }),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Json::from(self.clone()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reads_back_as_it_was_written() {
        let text = r#"{"and":[{"field":"sector","op":"eq","value":"Energy"},{"not":{"or":[{"field":"employees","op":"gte","value":10}]}}]}"#;
        let filter = Filter::parse(text).unwrap();
        assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        assert_eq!(filter.leaves(), 2);
    }

    #[test]
    fn a_wrong_filter_says_what_is_wrong() {
        for (text, part) in [
            ("[", "not JSON"),
            ("{}", "exactly one"),
            (r#"{"xor":[]}"#, "`xor`"),
            (r#"{"field":"a","op":"like"}"#, "`like`"),
            (r#"{"field":"a","operator":"eq"}"#, "`operator`"),
            (r#"{"and":{}}"#, "list"),
        ] {
            assert!(Filter::parse(text).unwrap_err().contains(part), "{text}");
        }
        let many = vec![r#"{"field":"a","value":1}"#; MAX_LEAVES + 1].join(",");
        assert!(Filter::parse(&format!(r#"{{"or":[{many}]}}"#)).is_err());
        let long = vec!["1"; MAX_VALUES + 1].join(",");
        assert!(Filter::parse(&format!(r#"{{"field":"a","op":"in","value":[{long}]}}"#)).is_err());
    }
}
