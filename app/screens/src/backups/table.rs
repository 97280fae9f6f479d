//! The backups in a table.

use leptos::prelude::*;
use platform::backups::{BackupInfo, Cause, Status};
use ui::{EmptyState, Progress, Status as State, TableScroll};

use super::Backups;

pub fn table(backups: Backups) -> AnyView {
    let is_empty = Memo::new(move |_| backups.all.with(|all| all.backups.is_empty()));
    view! {
        {move || {
            if is_empty.get() {
                view! { <EmptyState icon="shield" text="No backup was made yet. One is made every night." /> }.into_any()
            } else {
                rows(backups)
            }
        }}
    }
    .into_any()
}

fn rows(backups: Backups) -> AnyView {
    view! {
        <TableScroll label="Backups">
            <table class="data-table backup-table" data-phone="cards">
                <thead>
                    <tr>
                        <th scope="col">"Backup"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">"Rows"</th>
                        <th scope="col" class="num">"Files"</th>
                        <th scope="col" class="num">"Size"</th>
                        <th scope="col" class="num">"Made in"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || backups.all.with(|all| all.backups.clone()) key=key let(backup)>
                        {row(backups, backup)}
                    </For>
                </tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

/// A row is painted anew when its state changed.
fn key(backup: &BackupInfo) -> (uuid::Uuid, Status, bool, Option<String>) {
    (backup.id, backup.status, backup.removed_at.is_some(), backup.error.clone())
}

fn row(backups: Backups, backup: BackupInfo) -> AnyView {
    let session = backups.session();
    let about = format!("{} · {}", session.when(backup.started_at), backup.cause.label());
    let is_made = backup.made_at.is_some();
    let files = match backup.cause {
        Cause::Migration => "none".to_owned(),
        _ => session.count(backup.files),
    };
    let filled = |text: String| if is_made { text } else { String::new() };
    let took = backup.made_at.map(|at| duration(at.seconds_since(backup.started_at))).unwrap_or_default();
    let download = (is_made && backup.removed_at.is_none()).then(|| {
        let href = format!("/admin/backups/{}/download", backup.id);
        let label = format!("Download {}", backup.name);
        view! {
            <a class="button" data-size="compact" href=href rel="external" download aria-label=label>
                "Download"
            </a>
        }
    });
    view! {
        <tr>
            <th scope="row" data-label="Backup">
                <span class="backup-name">{backup.name.clone()}</span>
                <span class="meta">{about}</span>
            </th>
            <td data-label="State" class="backup-state">
                {state(backups, &backup)}
            </td>
            <td class="num" data-label="Rows">{filled(session.count(backup.rows))}</td>
            <td class="num" data-label="Files">{filled(files)}</td>
            <td class="num" data-label="Size">{filled(session.size(backup.bytes))}</td>
            <td class="num" data-label="Made in">{took}</td>
            <td class="backup-actions">{download}</td>
        </tr>
    }
    .into_any()
}

fn state(backups: Backups, backup: &BackupInfo) -> AnyView {
    if backup.status.is_busy() {
        let detail = Signal::derive(move || backups.all.with(|all| all.stage.clone().unwrap_or_default()));
        return view! { <Progress label=backup.status.label().to_owned() percent=Signal::stored(None) detail=detail /> }
            .into_any();
    }
    let (label, color) = match (backup.status, backup.removed_at) {
        (Status::Failed, _) => (Status::Failed.label(), 4),
        (_, Some(_)) => ("Removed", 0),
        (status, None) => (status.label(), 2),
    };
    let why = backup.error.clone().map(|why| view! { <p class="meta">{why}</p> });
    view! {
        <State label=label color=color />
        {why}
    }
    .into_any()
}

/// `8 s`, `3 min`.
fn duration(seconds: i64) -> String {
    match seconds {
        ..1 => "under 1 s".to_owned(),
        1..120 => format!("{seconds} s"),
        _ => format!("{} min", seconds / 60),
    }
}
