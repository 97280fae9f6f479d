//! The server at work: how far it is, asked every half second.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use transfer::import::{ImportInfo, Progress as Far, Status, cancel_import, import_progress};
use ui::{Button, Progress};

use super::{Wizard, figures::figures};

const PAUSE: Duration = Duration::from_millis(500);

pub fn wait(wizard: Wizard, import: &ImportInfo) -> AnyView {
    let status = import.status;
    let far = RwSignal::new(Far { status, counts: import.counts });
    ask_again(wizard, far);
    let number = move |n: i64| wizard.around.session().count(n);
    let percent = Signal::derive(move || if status == Status::Undoing { None } else { far.get().counts.percent() });
    let detail = Signal::derive(move || {
        let counts = far.get().counts;
        if status == Status::Undoing {
            String::new()
        } else {
            let word = if counts.total == 1 { "row" } else { "rows" };
            format!("{} of {} {word}", number(counts.progress), number(counts.total))
        }
    });
    let label = match status {
        Status::Checking => "Checking",
        Status::Undoing => "Undoing",
        _ => "Importing",
    };
    let so_far = (status == Status::Running).then(|| view! { {move || figures(&far.get().counts, true)} });
    view! {
        <div class="stack" data-gap="large">
            <Progress label=label percent=percent detail=detail />
            {so_far}
            <p class="meta">"You can leave this page and come back: the work goes on."</p>
            {(status != Status::Undoing).then(|| cancel(wizard))}
        </div>
    }
    .into_any()
}

/// What was imported until then stays, and can be undone on the next page.
fn cancel(wizard: Wizard) -> AnyView {
    let is_asked = RwSignal::new(false);
    let press = move |_| {
        is_asked.set(true);
        spawn_local(async move {
            if let Err(error) = cancel_import(wizard.id).await {
                is_asked.try_set(false);
                wizard.around.frame().failed(&error);
            }
        });
    };
    view! {
        <div class="form-actions">
            <Button loading=is_asked on_click=press>"Stop here"</Button>
        </div>
    }
    .into_any()
}

fn ask_again(wizard: Wizard, far: RwSignal<Far>) {
    let (is_asking, has_failed) = (StoredValue::new(false), StoredValue::new(false));
    Effect::new(move |_| {
        let ask = move || {
            if is_asking.get_value() {
                return;
            }
            is_asking.set_value(true);
            spawn_local(async move {
                let answer = import_progress(wizard.id).await;
                // The page may be gone by the time the answer is there.
                if is_asking.try_get_value().is_none() {
                    return;
                }
                match answer {
                    Ok(now) if now.status.is_busy() => {
                        has_failed.set_value(false);
                        far.set(now);
                    }
                    // Asked no more: this is shown until its outcome is there.
                    Ok(_) => {
                        wizard.has_run.set_value(far.get_untracked().status == Status::Running);
                        wizard.around.frame().changes.update(|n| *n = n.wrapping_add(1));
                        return wizard.reload();
                    }
                    // What does not answer now may answer next time.
                    Err(kernel::AppError::Offline | kernel::AppError::Unavailable) => {}
                    // What lasts is said once.
                    Err(_) if has_failed.get_value() => {}
                    Err(error) => {
                        has_failed.set_value(true);
                        wizard.around.frame().failed(&error);
                    }
                }
                is_asking.set_value(false);
            });
        };
        if let Ok(handle) = set_interval_with_handle(ask, PAUSE) {
            on_cleanup(move || handle.clear());
        }
    });
}
