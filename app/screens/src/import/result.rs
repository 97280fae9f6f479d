//! What an import did, where that is, and the way back.

use leptos::{prelude::*, task::spawn_local};
use records::{Filter, ListQuery, Op};
use transfer::import::{ImportInfo, Status, undo_import};
use ui::{Banner, Button, ButtonKind, Tone};
use uuid::Uuid;

use super::{Listed, Wizard, figures::figures, problems::problems};

pub fn result(wizard: Wizard, import: ImportInfo, listed: Listed) -> AnyView {
    let counts = import.counts;
    let changes = wizard.count(counts.created + counts.updated);
    let (tone, title, text) = match import.status {
        Status::Undone => {
            (Tone::Info, "Undone.", import.error.unwrap_or_else(|| "Everything is as it was before.".to_owned()))
        }
        Status::Failed => {
            let kept =
                if import.change_set.is_some() { format!(" {changes} had been imported.") } else { String::new() };
            (Tone::Bad, "Not finished.", import.error.unwrap_or_default() + &kept)
        }
        _ if import.error.is_some() => (Tone::Warn, "Done.", import.error.unwrap_or_default()),
        _ if import.change_set.is_none() => (Tone::Info, "Done.", "Nothing had to be changed.".to_owned()),
        _ if counts.failed > 0 => (Tone::Warn, "Done, but not all of it.", format!("Imported {changes}.")),
        _ => (Tone::Ok, "Done.", format!("Imported {changes}.")),
    };
    let set = import.change_set.filter(|_| import.status != Status::Undone);
    follow(wizard, set);
    let name = wizard.info.with_value(|i| i.name.clone());
    let actions = set.map(|set| {
        let filter = Filter::leaf("change_set", Op::Eq, set.to_string());
        let href = records::address(&name, &ListQuery { filter: Some(filter), ..ListQuery::default() });
        view! {
            {undo_button(wizard)}
            <Button kind=ButtonKind::Primary href=href>
                {format!("Show the {}", wizard.plural())}
            </Button>
        }
    });
    view! {
        <Banner tone=tone title=title>
            " "
            {text}
        </Banner>
        {figures(&counts, true)}
        <div class="form-actions">
            <Button href=format!("/{name}/import")>"Import another file"</Button>
            {actions}
        </div>
        {problems(wizard, "What was not imported", counts.errors, listed)}
    }
    .into_any()
}

/// Lets Ctrl+Z take back what has just been imported, and asks anew when something was taken back.
fn follow(wizard: Wizard, set: Option<Uuid>) {
    Effect::new(move |before: Option<u32>| {
        if wizard.has_run.get_value() {
            wizard.has_run.set_value(false);
            if set.is_some() {
                wizard.around.frame().changed("The import is over.", set);
            }
        }
        let now = wizard.around.frame().changes.get();
        if before.is_some_and(|before| before != now) {
            wizard.reload();
        }
        now
    });
}

fn undo_button(wizard: Wizard) -> AnyView {
    let is_busy = RwSignal::new(false);
    let undo = move |_| {
        is_busy.set(true);
        spawn_local(async move {
            let done = undo_import(wizard.id).await;
            is_busy.set(false);
            wizard.then(done);
        });
    };
    view! {
        <Button icon="undo" loading=is_busy on_click=undo>
            "Undo the import"
        </Button>
    }
    .into_any()
}
