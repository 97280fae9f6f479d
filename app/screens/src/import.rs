//! Importing: from a file to records in four steps, each of which can be left and come back to by its address.

mod check;
mod columns;
mod figures;
mod problems;
mod read_as;
mod result;
mod upload;
mod wait;

use kernel::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use records::TypeInfo;
use transfer::import::{ImportInfo, Problem, Status, open_import};
use ui::{Banner, SkeletonLines, Steps, Tone};
use uuid::Uuid;

use crate::{
    frame::{Around, ScreenHead},
    later::arriving,
    missing,
    session::Session,
};

/// What the steps of one import share.
#[derive(Clone, Copy)]
struct Wizard {
    id: Uuid,
    info: StoredValue<TypeInfo>,
    /// Grows when the server should be asked anew.
    round: RwSignal<u32>,
    /// Whether the import came to its end before the eyes of who is here.
    has_run: StoredValue<bool>,
    around: Around,
}

/// Problems of one page, and how many are kept in all.
type Listed = (Vec<Problem>, i64);

impl Wizard {
    fn plural(self) -> String {
        self.info.with_value(|i| i.plural.to_lowercase())
    }

    /// `1 company`, `503 companies`.
    fn count(self, count: i64) -> String {
        let number = self.around.session().count(count);
        self.info.with_value(|i| {
            format!("{number} {}", if count == 1 { i.singular.to_lowercase() } else { i.plural.to_lowercase() })
        })
    }

    fn reload(self) {
        self.round.update(|n| *n = n.wrapping_add(1));
    }

    /// Goes on where the server did what was asked.
    fn then(self, done: Result<(), AppError>) {
        match done {
            Ok(()) => self.reload(),
            Err(error) => self.around.frame().failed(&error),
        }
    }
}

/// The first step: bringing a file of records of the collection that the address names.
pub fn import() -> AnyView {
    let params = use_params_map();
    let collection = Memo::new(move |_| params.read().get("collection").unwrap_or_default());
    view! {
        {move || match Session::get().type_info(&collection.get()) {
            None => missing::missing(),
            Some(info) if !info.may("import") => missing::failed(&AppError::Forbidden),
            Some(info) => screen(&info, None, 0, upload::upload(&info)),
        }}
    }
    .into_any()
}

/// The other steps, of the import that the address names.
pub fn import_progress() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| id.parse::<Uuid>().ok()));
    view! {
        {move || match id.get() {
            Some(id) => progress(id),
            None => missing::missing(),
        }}
    }
    .into_any()
}

fn progress(id: Uuid) -> AnyView {
    let (around, session) = (Around::get(), Session::get());
    let (round, has_run) = (RwSignal::new(0), StoredValue::new(false));
    let retries = around.frame().retries;
    let opened = Resource::new_blocking(move || (round.get(), retries.get()), move |_| open_import(id));
    arriving(
        || view! { <SkeletonLines lines=8 /> }.into_any(),
        move || async move {
            match opened.await {
                Ok((import, listed)) => match session.type_info(&import.record_type) {
                    Some(info) => {
                        let shown = info.clone();
                        let wizard = Wizard { id, info: StoredValue::new(info), round, has_run, around };
                        let file = import.file_name.clone();
                        screen(&shown, Some(file), step(import.status), body(wizard, import, listed))
                    }
                    None => missing::missing(),
                },
                Err(error) => missing::failed(&error),
            }
        },
    )
}

const fn step(status: Status) -> usize {
    match status {
        Status::Uploaded => 1,
        Status::Checking | Status::Checked => 2,
        Status::Running | Status::Failed => 3,
        Status::Done | Status::Undoing | Status::Undone => 4,
    }
}

fn body(wizard: Wizard, import: ImportInfo, listed: Listed) -> AnyView {
    let error = import.error.clone().filter(|_| import.status == Status::Uploaded);
    let error = error.map(|error| view! { <Banner tone=Tone::Bad>{error}</Banner> });
    let body = match import.status {
        Status::Uploaded => columns::columns(wizard, import),
        Status::Checking | Status::Running | Status::Undoing => wait::wait(wizard, &import),
        Status::Checked => check::check(wizard, import, listed),
        Status::Done | Status::Failed | Status::Undone => result::result(wizard, import, listed),
    };
    view! { {error} {body} }.into_any()
}

fn screen(info: &TypeInfo, file: Option<String>, current: usize, body: AnyView) -> AnyView {
    let title = format!("Import {}", info.plural.to_lowercase());
    let steps = ["File", "Columns", "Check", "Import"].map(str::to_owned).to_vec();
    let head = match file {
        Some(file) => view! { <ScreenHead title=title.clone() note=file /> }.into_any(),
        None => view! { <ScreenHead title=title.clone() /> }.into_any(),
    };
    view! {
        <Title text=title />
        <div class="screen">
            {head} <div class="screen-body">
                <div class="import stack" data-gap="large">
                    <Steps steps=steps current=current />
                    {body}
                </div>
            </div>
        </div>
    }
    .into_any()
}
