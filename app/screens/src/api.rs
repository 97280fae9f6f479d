//! What the screens ask the server. Each function is a use case of `records` behind a permit.

use std::collections::BTreeMap;

use kernel::codec::Json;
use kernel::{AppError, FieldErrors, Formats, Timestamp};
use leptos::prelude::*;
use preferences::Preferences;
use realtime::Since;
use records::{ChangeInfo, Count, ListQuery, Page, RecordInfo, Reference, Total, TypeInfo, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(feature = "ssr")]
use crate::server as serve;

/// What a page needs before it paints anything: who is here, what there is, which time it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    pub user: Option<Me>,
    pub organisation: String,
    pub logo: Option<String>,
    /// How the viewer reads dates and numbers, and in which zone.
    pub formats: Formats,
    pub preferences: Preferences,
    /// The company's zone, by which schedules go.
    pub zone: String,
    pub now: Timestamp,
    pub currency: String,
    /// How many notifications are unread.
    pub unread: i64,
    /// After what the page was painted: what happens from then on it is told.
    pub since: Option<Since>,
    /// The types the viewer may see, in the order of the navigation.
    pub types: Vec<TypeName>,
    /// Their whole descriptions, as the text of a list of [`TypeInfo`]: read by the screens, which are loaded later
    /// than the shell.
    pub descriptions: String,
    /// Whether nobody can sign in yet.
    pub is_first_run: bool,
    /// Whether this is a development build, which has the gallery.
    pub is_development: bool,
}

/// What the shell needs to know of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeName {
    pub name: String,
    pub singular: String,
    pub plural: String,
    pub icon: String,
    pub module: String,
    /// What the viewer may do with its records at all.
    pub actions: Vec<String>,
}

impl TypeName {
    pub fn may(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a == action)
    }
}

impl From<&TypeInfo> for TypeName {
    fn from(info: &TypeInfo) -> Self {
        Self {
            name: info.name.clone(),
            singular: info.singular.clone(),
            plural: info.plural.clone(),
            icon: info.icon.clone(),
            module: info.module.clone(),
            actions: info.actions.clone(),
        }
    }
}

/// The person signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub role: String,
    pub may_administer: bool,
}

/// A record with the names of what it refers to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub record: RecordInfo,
    pub labels: BTreeMap<Uuid, String>,
}

/// The fields of a form, by name.
pub type Set = Vec<(String, Value)>;

/// How saving went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Saved {
    Done {
        id: Uuid,
        version: i64,
        change_set: Option<Uuid>,
    },
    Invalid(FieldErrors),
    /// Somebody else changed the record meanwhile; here is theirs.
    Stale(Box<Opened>),
}

/// How a deletion, restoration or bulk edit went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub changed: u32,
    pub change_set: Option<Uuid>,
    /// Why some were left alone, each reason once.
    pub refused: Vec<String>,
}

/// How taking back went: what was in its way, as (record, why).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakenBack {
    pub records: u64,
    pub change_set: Option<Uuid>,
    pub conflicts: Vec<ConflictInfo>,
    pub conflict_count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictInfo {
    pub record_type: String,
    pub id: Uuid,
    pub title: String,
    pub field: String,
    pub why: String,
}

/// A change-set in the list of latest changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet {
    pub id: Uuid,
    pub source: String,
    pub title: String,
    pub actor: String,
    /// Whether the program did it by itself.
    pub is_own: bool,
    pub at: Timestamp,
    pub is_undone: bool,
    pub records: i64,
}

/// Hits of a search over everything, by type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    pub record_type: String,
    pub found: Vec<Reference>,
}

/// The figures of the home page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HomeFigures {
    /// (type, how many, how many of them new in the last 30 days, new ones per day of these 30)
    pub counts: Vec<(String, Count, u64, Vec<u64>)>,
    /// (name of the chart, bars as (label, filter value, rows))
    pub charts: Vec<Chart>,
    pub latest: Vec<ChangeSet>,
    pub has_imported: bool,
    pub has_other_users: bool,
    pub has_named_organisation: bool,
}

/// Rows of a type by the values of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    pub title: String,
    pub record_type: String,
    pub field: String,
    /// (label, value to filter by, rows)
    pub bars: Vec<(String, String, u64)>,
}

#[server(endpoint = "start", input = Json, output = Json)]
pub async fn start() -> Result<Bootstrap, AppError> {
    serve::start().await
}

/// What the page on show was painted from, on the server and while it wakes in the browser.
pub fn painted() -> Option<Result<Bootstrap, AppError>> {
    #[cfg(feature = "ssr")]
    let start = serve::painted;
    #[cfg(not(feature = "ssr"))]
    let start = || None;
    SharedValue::new(start).into_inner()
}

#[server(endpoint = "records/list", input = Json, output = Json)]
pub async fn list_records(record_type: String, query: ListQuery) -> Result<Page, AppError> {
    serve::list(&record_type, &query).await
}

/// A page of a list to be shown, with its totals where they are known soon. In the browser the rows do not wait for them.
pub async fn open_list(record_type: String, query: ListQuery) -> Result<(Page, Option<Vec<Total>>), AppError> {
    #[cfg(feature = "ssr")]
    let found = serve::open_list(&record_type, &query).await;
    #[cfg(not(feature = "ssr"))]
    let found = list_records(record_type, query).await.map(|page| (page, None));
    found
}

#[server(endpoint = "records/count", input = Json, output = Json)]
pub async fn count_records(record_type: String, query: ListQuery) -> Result<Count, AppError> {
    serve::count(&record_type, &query).await
}

#[server(endpoint = "records/totals", input = Json, output = Json)]
pub async fn total_records(record_type: String, query: ListQuery) -> Result<Vec<Total>, AppError> {
    serve::totals(&record_type, &query).await
}

#[server(endpoint = "records/open", input = Json, output = Json)]
pub async fn open_record(record_type: String, id: Uuid) -> Result<Opened, AppError> {
    serve::open(&record_type, id).await
}

/// Creates a record, or edits the version that was read; no version overrides.
#[server(endpoint = "records/save", input = Json, output = Json)]
pub async fn save_record(
    record_type: String,
    id: Option<Uuid>,
    version: Option<i64>,
    set: Set,
) -> Result<Saved, AppError> {
    serve::save(&record_type, id, version, set).await
}

#[server(endpoint = "records/edit", input = Json, output = Json)]
pub async fn edit_records(record_type: String, ids: Vec<Uuid>, set: Set) -> Result<Done, AppError> {
    serve::edit_many(&record_type, ids, set).await
}

#[server(endpoint = "records/delete", input = Json, output = Json)]
pub async fn delete_records(record_type: String, ids: Vec<Uuid>) -> Result<Done, AppError> {
    serve::delete(&record_type, ids).await
}

#[server(endpoint = "records/restore", input = Json, output = Json)]
pub async fn restore_records(record_type: String, ids: Vec<Uuid>) -> Result<Done, AppError> {
    serve::restore(&record_type, ids).await
}

/// The record of the organisation, made where there is none yet.
#[server(endpoint = "organisation", input = Json, output = Json)]
pub async fn open_organisation() -> Result<Opened, AppError> {
    serve::organisation().await
}

/// Time zones whose name has what was typed, with their offset from UTC now.
#[server(endpoint = "zones", input = Json, output = Json)]
pub async fn find_zones(typed: String) -> Result<Vec<(String, String)>, AppError> {
    serve::find_zones(&typed).await
}

/// How many changes the history of a record shows.
pub const HISTORY: u32 = 100;

/// A record's latest changes; one more than are shown, where there are more.
#[server(endpoint = "records/history", input = Json, output = Json)]
pub async fn record_history(
    record_type: String,
    id: Uuid,
) -> Result<(Vec<ChangeInfo>, BTreeMap<Uuid, String>), AppError> {
    serve::history(&record_type, id).await
}

#[server(endpoint = "records/lookup", input = Json, output = Json)]
pub async fn look_up(record_type: String, typed: String) -> Result<Vec<Reference>, AppError> {
    serve::lookup(&record_type, &typed).await
}

#[server(endpoint = "records/search", input = Json, output = Json)]
pub async fn search_everything(typed: String) -> Result<Vec<Hits>, AppError> {
    serve::search(&typed).await
}

#[server(endpoint = "change-sets/undo", input = Json, output = Json)]
pub async fn undo_change_set(id: Uuid) -> Result<TakenBack, AppError> {
    serve::undo(id).await
}

#[server(endpoint = "home", input = Json, output = Json)]
pub async fn open_home() -> Result<HomeFigures, AppError> {
    serve::home().await
}
