//! A page of a collection.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension,
    extract::{RawQuery, State as Extracted},
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use kernel::server::{Problem, unexpected};
use records::{
    Count, RecordType,
    server::{
        Action, Entry, Held, Stored, TooLarge, count,
        json::{RecordJson, Shape},
        labels, list_shape,
    },
};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use uuid::Uuid;

use super::{
    caller::Caller,
    query::{self, Asked},
};
use crate::state::State;

/// The answer, written as it is read: no tree of values is built in between.
#[derive(Serialize)]
struct Page<'a> {
    count: u64,
    #[serde(skip_serializing_if = "is_true")]
    count_is_exact: bool,
    next: Option<String>,
    previous: Option<String>,
    results: Results<'a>,
}

struct Results<'a> {
    ty: &'static RecordType,
    shape: &'a Shape,
    rows: &'a [Stored],
    labels: &'a BTreeMap<Uuid, String>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { ty, shape, rows, labels } = *self;
        let mut list = to.serialize_seq(Some(rows.len()))?;
        for row in rows {
            list.serialize_element(&RecordJson { ty, shape, row, labels })?;
        }
        list.end()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_true(is: &bool) -> bool {
    *is
}

pub async fn list(
    Caller(ctx): Caller,
    Extension(entry): Extension<Arc<Entry>>,
    Extracted(state): Extracted<State>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let permit = ctx.permit_any(entry.ty.name, Action::View)?;
    let raw = raw.unwrap_or_default();
    let asked = query::read(&ctx, &permit, &raw)?;
    // Whoever turns pages by number would miss what a page that ends early leaves out.
    let too_large = if asked.is_by_page { TooLarge::Refuse } else { TooLarge::EndEarly };
    let found = list_shape(&ctx, &permit, &asked.query, &asked.shape, too_large).await?;
    let counted = match found.count {
        Some(count) => count,
        None => count(&ctx, &permit, &asked.query).await?,
    };
    let labels = labels(&ctx, &permit, &found.rows).await?;

    let Count { rows: count, is_exact: count_is_exact } = counted;
    let address = |name, value: &str| {
        let parameters = query::with(&raw, name, value);
        format!("{}/api/v1/{}/?{parameters}", state.config.web.public_url, entry.ty.name)
    };
    let Asked { query, shape, is_by_page } = &asked;
    let page = |number: u32| address("page", &number.to_string());
    let next = match &found.next {
        Some(cursor) if !is_by_page => Some(address("cursor", cursor)),
        _ => found.has_more.then(|| page(query.page + 1)),
    };
    let previous = (query.cursor.is_none() && query.page > 1).then(|| page(query.page - 1));
    let results = Results { ty: entry.ty, shape, rows: &found.rows, labels: &labels };
    // Room for a large answer as it is: grown by and by it would take up twice as much.
    let mut text = Vec::with_capacity(usize::try_from(found.large + found.large / 16).unwrap_or(0));
    let page = Page { count, count_is_exact, next, previous, results };
    serde_json::to_writer(&mut text, &page).map_err(unexpected)?;
    let body = Bytes::from_owner(Answer { text, _held: found.held });
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// What an answer says, and the room it takes up until it was read.
struct Answer {
    text: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}
