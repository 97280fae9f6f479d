//! A whole question to a list, and how an address in the browser writes it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Filter;

/// One key of a sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    pub field: String,
    pub descending: bool,
}

impl SortKey {
    /// Reads `name` or `-name`, several separated by commas.
    pub fn parse_list(text: &str) -> Vec<Self> {
        let keys = text.split(',').map(str::trim).filter(|k| !k.is_empty());
        keys.map(|key| match key.strip_prefix('-') {
            Some(field) => Self { field: field.to_owned(), descending: true },
            None => Self { field: key.to_owned(), descending: false },
        })
        .collect()
    }

    pub fn write_list(keys: &[Self]) -> String {
        keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.field)
    }
}

/// What a list is asked for: which rows, in which order, which part of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub search: String,
    pub filter: Option<Filter>,
    /// Empty for the type's own.
    pub sort: Vec<SortKey>,
    /// Counted from 1; not used with a cursor.
    pub page: u32,
    pub page_size: u32,
    pub cursor: Option<String>,
    /// The recycle bin instead of the live records.
    pub deleted: bool,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            filter: None,
            sort: vec![],
            page: 1,
            page_size: Self::PAGE_SIZE,
            cursor: None,
            deleted: false,
        }
    }
}

impl ListQuery {
    pub const PAGE_SIZE: u32 = 50;
    pub const MAX_PAGE_SIZE: u32 = 200;

    /// Reads what the address of a list says; parts that make no sense are left out, for an address is typed and
    /// shared by people.
    pub fn from_params(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            search: get("search").unwrap_or_default(),
            filter: get("filter").and_then(|f| Filter::parse(&f).ok()),
            sort: get("sort").map(|s| SortKey::parse_list(&s)).unwrap_or_default(),
            page: get("page").and_then(|p| p.parse().ok()).unwrap_or(1).max(1),
            deleted: get("deleted").is_some_and(|d| d == "1"),
            ..Self::default()
        }
    }

    /// The parameters of the address that asks for this, without those at their default.
    pub fn to_params(&self) -> Vec<(&'static str, String)> {
        let mut params = vec![];
        if !self.search.is_empty() {
            params.push(("search", self.search.clone()));
        }
        if let Some(filter) = &self.filter {
            params.push(("filter", filter.to_string()));
        }
        if !self.sort.is_empty() {
            params.push(("sort", SortKey::write_list(&self.sort)));
        }
        if self.page > 1 {
            params.push(("page", self.page.to_string()));
        }
        if self.deleted {
            params.push(("deleted", "1".to_owned()));
        }
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Op;

    #[test]
    fn an_address_says_what_the_query_asks() {
        let query = ListQuery {
            search: "acme & co".into(),
            filter: Some(Filter::leaf("status", Op::Eq, "customer")),
            sort: SortKey::parse_list("-created_at, name"),
            page: 3,
            deleted: true,
            ..ListQuery::default()
        };
        let params = query.to_params();
        let read = ListQuery::from_params(|k| params.iter().find(|(n, _)| *n == k).map(|(_, v)| v.clone()));
        assert_eq!(read, query);
        assert!(ListQuery::default().to_params().is_empty());
    }
}
