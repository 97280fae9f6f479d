//! Creating a record, and editing one: the same form, made of what the type declares.

mod conflict;
mod kept;
mod state;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use records::TypeInfo;
use ui::{Banner, Button, ButtonKind, SkeletonRecord, Tone};
use uuid::Uuid;

pub(crate) use kept::{Shelf, keep, keep_entered, put, take};
pub(crate) use state::{Entry, Form};

use crate::{
    api::{self, Opened},
    draft::control,
    frame::{Frame, ScreenHead},
    later::arriving,
    list::goer,
    missing,
    session::Session,
};

/// What may stand in a field's place instead of the control of its kind.
pub(crate) type Own = fn(String, &Entry, Signal<Option<String>>) -> Option<AnyView>;

/// The screen that creates a record.
pub fn create() -> AnyView {
    let session = Session::get();
    let collection = use_params_map().read_untracked().get("collection").unwrap_or_default();
    match session.type_info(&collection) {
        Some(info) if info.may("create") => {
            let title = format!("New {}", info.singular.to_lowercase());
            let list = format!("/{collection}");
            screen(session, &info, title, None, (info.plural.clone(), list))
        }
        Some(_) => missing::failed(&kernel::AppError::Forbidden),
        None => missing::missing(),
    }
}

/// The screen that edits a record.
pub fn edit() -> AnyView {
    let session = Session::get();
    let params = use_params_map().get_untracked();
    let collection = params.get("collection").unwrap_or_default();
    let id = params.get("id").and_then(|id| id.parse::<Uuid>().ok());
    let (Some(info), Some(id)) = (session.type_info(&collection), id) else { return missing::missing() };
    let info = StoredValue::new(info);
    let frame = Frame::get();
    let opened = Resource::new_blocking(
        move || frame.retries.get(),
        move |_| api::open_record(info.with_value(|i| i.name.clone()), id),
    );
    arriving(
        || view! { <SkeletonRecord fields=10 /> }.into_any(),
        move || async move {
            match opened.await {
                Ok(opened) if !opened.record.may_edit => missing::failed(&kernel::AppError::Forbidden),
                Ok(opened) => {
                    let info = info.get_value();
                    let back = format!("/{}/{id}", info.name);
                    let within = (opened.record.title.clone(), back);
                    screen(session, &info, "Edit".to_owned(), Some(opened), within)
                }
                Err(error) => missing::failed(&error),
            }
        },
    )
}

fn screen(
    session: Session,
    info: &TypeInfo,
    title: String,
    opened: Option<Opened>,
    within: (String, String),
) -> AnyView {
    let frame = Frame::get();
    let form = Form::new(session, info, opened.as_ref());
    let (restored, discard) = keep(frame, form);
    let go = goer();
    let singular = info.singular.clone();
    let name = info.name.clone();
    let done = Callback::new(move |(id, change_set): (Uuid, Option<Uuid>)| {
        if change_set.is_some() {
            let verb = if form.id.is_some() { "saved" } else { "created" };
            frame.changed(format!("{singular} {verb}."), change_set);
        }
        go(&format!("/{name}/{id}"));
    });
    let back = within.1.clone();
    let page = if form.id.is_some() { format!("{title} {}", within.0) } else { title.clone() };
    view! {
        <Title text=page />
        <div class="screen">
            <ScreenHead title=title within=within />
            <div class="screen-body">
                <div class="screen-narrow stack">
                    {move || restored.get().then(|| restored_note(discard))}
                    {fields(session, frame, form, done, Some(back), |_, _, _| None)}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Says that what was typed before is back.
pub(crate) fn restored_note(discard: Callback<()>) -> AnyView {
    view! {
        <Banner title="What you had typed is here again">
            "It was not saved when you left. "
            <Button kind=ButtonKind::Ghost on_click=move |_| discard.run(())>
                "Discard"
            </Button>
        </Banner>
    }
    .into_any()
}

/// The form itself.
pub(crate) fn fields(
    session: Session,
    frame: Frame,
    form: Form,
    done: Callback<(Uuid, Option<Uuid>)>,
    back: Option<String>,
    own: Own,
) -> AnyView {
    let save = move || form.save(session, frame, done);
    let controls = form.entries.with_value(|entries| entries.iter().map(|entry| one(form, entry, own)).collect_view());
    // What belongs to no field that is shown stands above the form.
    let general = move || {
        let shown = form.entries.with_value(|e| e.iter().map(|e| e.info.name().to_owned()).collect::<Vec<_>>());
        let errors = form.errors.get();
        let other: Vec<String> =
            errors.0.into_iter().filter(|(name, _)| !shown.contains(name)).flat_map(|(_, m)| m).collect();
        (!other.is_empty()).then(|| view! { <Banner tone=Tone::Bad>{other.join(" ")}</Banner> })
    };
    view! {
        <form
            class="form"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    save();
                }
            }
        >
            {general}
            <div class="form-grid">{controls}</div>
            <div class="form-actions">
                {back.map(|back| {
                    view! { <Button href=back on_click=move |_| form.settled.set_value(true)>"Cancel"</Button> }
                })}
                <Button kind=ButtonKind::Primary submit=true loading=form.saving>
                    "Save"
                </Button>
            </div>
        </form>
        {conflict::dialog(session, frame, form, done)}
    }
    .into_any()
}

fn one(form: Form, entry: &Entry, own: Own) -> AnyView {
    let name = entry.info.name().to_owned();
    let id = format!("field-{name}");
    let error = Signal::derive(move || form.errors.with(|e| e.first(&name).map(str::to_owned)));
    own(id.clone(), entry, error).unwrap_or_else(|| control(id, &entry.info, entry.draft, error))
}
