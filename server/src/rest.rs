//! The REST interface under `/api/v1/`.
//!
//! Every record type has the same routes, made from its declaration; what stands in [`records::server`] decides what a
//! caller may do. Nothing here answers anybody who did not sign in.

mod backups;
mod body;
mod bulk;
mod caller;
mod change_sets;
mod docs;
mod exports;
mod fields;
pub mod idempotency;
mod imports;
mod jobs;
mod list;
mod mail;
mod notifications;
mod openapi;
mod preferences;
mod push;
mod query;
mod record;
mod refusal;
mod version;

use std::sync::Arc;

use axum::{
    Extension, Router, middleware,
    routing::{delete, get, post},
};
use records::server::{Entry, Registry};

use crate::state::State;

/// Every route of the interface, each with its whole path.
pub fn routes(state: &State) -> Router<State> {
    let entries = state.app.registry().entries();
    entries
        .fold(Router::new(), |routes, entry| routes.merge(collection(entry)))
        .route("/api/v1/imports/", post(imports::create))
        .route("/api/v1/imports/{id}/", get(imports::show))
        .route("/api/v1/imports/{id}/errors/", get(imports::errors))
        .route("/api/v1/imports/{id}/cancel/", post(imports::cancel))
        .route("/api/v1/imports/{id}/undo/", post(imports::undo))
        .route("/api/v1/settings/export/", get(exports::list).post(exports::create))
        .route("/api/v1/settings/export/{id}/status/", get(exports::status))
        .route("/api/v1/settings/export/{id}/download/", get(exports::download))
        .route("/api/v1/settings/export/{id}/cancel/", post(exports::cancel))
        .route("/api/v1/backups/", get(backups::list).post(backups::create))
        .route("/api/v1/backups/{id}/", get(backups::show))
        .route("/api/v1/backups/{id}/download/", get(backups::download))
        .route("/api/v1/jobs/{id}/", get(jobs::show))
        .route("/api/v1/mail/outbox/", get(mail::list))
        .route("/api/v1/mail/outbox/{id}/", get(mail::show))
        .route("/api/v1/mail/outbox/{id}/send/", post(mail::send))
        .route("/api/v1/mail/outbox/{id}/discard/", post(mail::discard))
        .route("/api/v1/mail/settings/", get(mail::settings).patch(mail::set))
        .route("/api/v1/mail/test/", post(mail::test))
        .route("/api/v1/notifications/", get(notifications::list))
        .route("/api/v1/notifications/unread-count/", get(notifications::unread))
        .route("/api/v1/notifications/read-all/", post(notifications::read_all))
        .route("/api/v1/notifications/{id}/read/", post(notifications::read))
        .route("/api/v1/notifications/{id}/unread/", post(notifications::unread_again))
        .route("/api/v1/notifications/{id}/snooze/", post(notifications::snooze))
        .route("/api/v1/deliveries/", get(notifications::deliveries))
        .route("/api/v1/deliveries/retry-all/", post(notifications::retry_all))
        .route("/api/v1/deliveries/{id}/retry/", post(notifications::retry))
        .route("/api/v1/push-subscriptions/", get(push::list).post(push::subscribe))
        .route("/api/v1/push-subscriptions/{id}/", delete(push::remove))
        .route("/api/v1/push-subscriptions/{id}/test/", post(push::test))
        .route("/api/v1/settings/preferences/", get(preferences::show))
        .route("/api/v1/settings/preferences/me/", get(preferences::show).patch(preferences::change))
        .route("/api/v1/change-sets/{id}/", get(change_sets::show))
        .route("/api/v1/change-sets/{id}/undo/", post(change_sets::undo))
        .merge(docs::routes(state.app.registry()))
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::answer_once))
}

/// The routes of one record type.
fn collection(entry: &Arc<Entry>) -> Router<State> {
    let at = |rest: &str| format!("/api/v1/{}/{rest}", entry.ty.name);
    Router::new()
        .route(&at(""), get(list::list).post(record::create))
        .route(&at("bulk/"), post(bulk::bulk))
        .route(&at("{id}/"), get(record::show).patch(record::edit).delete(record::delete))
        .route(&at("{id}/history/"), get(record::history))
        .route(&at("{id}/restore/"), post(record::restore))
        .route(&at("{id}/standing/"), get(notifications::standing).put(notifications::stand))
        .layer(Extension(entry.clone()))
}

/// The description of the interface as OpenAPI 3.1, in JSON.
pub fn openapi(registry: &Registry) -> String {
    format!("{:#}", openapi::document(registry))
}
