//! The backups in a table.

use backups::{BackupInfo, Cause, Status};
use leptos::prelude::*;
use ui::{EmptyState, Progress, Status as State};

use super::Backups;
use crate::monitor::{Head, Line, Table, said, table as lines_of};

const HEADS: &[Head] = &[
    Head("Backup", ""),
    Head("State", "backup-state"),
    Head("Rows", "num"),
    Head("Files", "num"),
    Head("Size", "num"),
    Head("Made in", "num"),
    Head("", "backup-actions"),
];

pub fn table(backups: Backups) -> AnyView {
    let is_empty = Memo::new(move |_| backups.answer.with(|all| all.backups.is_empty()));
    let lines = Signal::derive(move || {
        backups.answer.with(|all| all.backups.iter().map(|backup| line(backups, backup)).collect::<Vec<_>>())
    });
    view! {
        {move || {
            if is_empty.get() {
                view! { <EmptyState icon="shield" text="No backup was made yet. One is made every night." /> }.into_any()
            } else {
                lines_of(Table { label: "Backups", class: "backup-table tall", heads: HEADS, lines, selected: None })
            }
        }}
    }
    .into_any()
}

fn line(backups: Backups, backup: &BackupInfo) -> Line {
    let look = (backup.status, backup.removed_at.is_some(), backup.error.clone());
    let (id, name, backup) = (backup.id, backup.name.clone(), backup.clone());
    Line::new(id, name, look, move || cells(backups, &backup))
}

fn cells(backups: Backups, backup: &BackupInfo) -> Vec<AnyView> {
    let session = backups.session();
    let about = format!("{} · {}", session.when(backup.started_at), backup.cause.label());
    let is_made = backup.made_at.is_some();
    let files = match backup.cause {
        Cause::Migration => "none".to_owned(),
        _ => session.count(backup.files),
    };
    let filled = |text: String| said(if is_made { text } else { String::new() });
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
    let name = view! {
        <span class="backup-name">{backup.name.clone()}</span>
        <span class="meta">{about}</span>
    };
    vec![
        name.into_any(),
        state(backups, backup),
        filled(session.count(backup.rows)),
        filled(files),
        filled(session.size(backup.bytes)),
        said(took),
        download.into_any(),
    ]
}

fn state(backups: Backups, backup: &BackupInfo) -> AnyView {
    if backup.status.is_busy() {
        let detail = Signal::derive(move || backups.answer.with(|all| all.stage.clone().unwrap_or_default()));
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
