//! A record on a page of its own, and the same beside a list.

mod editor;
mod field;
mod history;
mod presence;
mod related;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use records::{Flags, TypeInfo};
use ui::{Banner, Button, IconButton, RecordMark, SkeletonRecord, Tone};
use uuid::Uuid;

use crate::{
    api::{self, Opened},
    frame::{Frame, ScreenHead},
    later::arriving,
    list::goer,
    live::Live,
    missing,
    notifications::stand,
    session::Session,
};

/// The page of the record that the address names.
pub fn record() -> AnyView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        let params = params.read();
        (params.get("collection").unwrap_or_default(), params.get("id").and_then(|id| id.parse::<Uuid>().ok()))
    });
    view! {
        {move || {
            let (collection, id) = place.get();
            match (Session::get().type_info(&collection), id) {
                (Some(info), Some(id)) => page(info, id),
                _ => missing::missing(),
            }
        }}
    }
    .into_any()
}

fn page(info: TypeInfo, id: Uuid) -> AnyView {
    let frame = Frame::get();
    frame.close_untouched_editors();
    let name = info.name.clone();
    let info = StoredValue::new(info);
    let changes = frame.watch(vec![name.clone()], Some(id));
    Live::get().look(name.clone(), id);
    let opened = Resource::new_blocking(
        move || (changes.get(), frame.retries.get()),
        move |_| api::open_record(name.clone(), id),
    );
    let beside = StoredValue::new(Beside::ask(info, id));
    arriving(
        || view! { <SkeletonRecord fields=10 /> }.into_any(),
        move || async move {
            match opened.await {
                Ok(opened) => screen(info, opened, beside.get_value().arrive(info).await),
                Err(error) => missing::failed(&error),
            }
        },
    )
}

/// What stands beside a record's own fields, asked for with it.
#[derive(Clone)]
pub(crate) struct Beside {
    changes: Resource<history::Changes>,
    related: Vec<related::Section>,
}

/// The same, ready to be shown.
pub(crate) struct Arrived {
    history: AnyView,
    related: AnyView,
}

impl Beside {
    pub fn ask(info: StoredValue<TypeInfo>, id: Uuid) -> Self {
        Self { changes: history::ask(info, id), related: related::ask(info, id) }
    }

    pub async fn arrive(self, info: StoredValue<TypeInfo>) -> Arrived {
        Arrived { history: history::history(info, self.changes.await), related: related::sections(self.related).await }
    }
}

fn screen(info: StoredValue<TypeInfo>, opened: Opened, beside: Arrived) -> AnyView {
    let title = opened.record.title.clone();
    let heading = Signal::stored(title.clone());
    let (plural, list) = info.with_value(|i| (i.plural.clone(), format!("/{}", i.name)));
    let (go, to) = (goer(), list.clone());
    let actions = actions(info, &opened, false, Callback::new(move |()| go(&to)));
    view! {
        <Title text=title />
        <div class="screen">
            <ScreenHead title=heading within=(plural, list)>
                {actions}
            </ScreenHead>
            <div class="record">{body(info, opened, beside, false)}</div>
        </div>
    }
    .into_any()
}

/// What can be done with the record; `leave` is called once it is deleted. In a peek there is room for icons alone.
pub(crate) fn actions(info: StoredValue<TypeInfo>, opened: &Opened, is_peek: bool, leave: Callback<()>) -> AnyView {
    let frame = Frame::get();
    let (id, name) = (opened.record.id, info.with_value(|i| i.name.clone()));
    if opened.record.deleted_at.is_some() {
        return ().into_any();
    }
    let delete = move |_: leptos::ev::MouseEvent| {
        let (name, singular) = info.with_value(|i| (i.name.clone(), i.singular.clone()));
        spawn_local(async move {
            match api::delete_records(name, vec![id]).await {
                Ok(done) if done.refused.is_empty() => {
                    leave.try_run(());
                    frame.changed(format!("{singular} deleted."), done.change_set);
                }
                Ok(done) => frame.say(ui::Toast::bad(done.refused.join(" "))),
                Err(error) => frame.failed(&error),
            }
        });
    };
    let delete = Callback::new(delete);
    let edit_address = format!("/{name}/{id}/edit");
    let (may_edit, may_delete) = (opened.record.may_edit, opened.record.may_delete);
    let stand = stand(info, id);
    if is_peek {
        let edit = may_edit.then(|| view! { <IconButton label="Edit" icon="edit" tip="end" href=edit_address /> });
        let delete = may_delete.then(|| view! { <IconButton label="Delete" icon="trash" tip="end" on_click=delete /> });
        return view! { {presence::others()} {stand} {edit} {delete} }.into_any();
    }
    let edit = may_edit
        .then(|| view! { <Button icon="edit" href=edit_address><span class="top-bar-words">"Edit"</span></Button> });
    let delete = may_delete
        .then(|| view! { <Button icon="trash" on_click=delete><span class="top-bar-words">"Delete"</span></Button> });
    view! { {presence::others()} {stand} {edit} {delete} }.into_any()
}

/// Everything about the record.
pub(crate) fn body(info: StoredValue<TypeInfo>, opened: Opened, beside: Arrived, is_peek: bool) -> AnyView {
    let session = Session::get();
    let record = StoredValue::new(opened);
    let (title, id, deleted_at) = record.with_value(|o| (o.record.title.clone(), o.record.id, o.record.deleted_at));
    let heading = title.clone();
    let fields = info.with_value(|info| {
        // The heading says the title already; a row of its own is there to edit it.
        let edits_title = record.with_value(|o| o.record.may_edit) && info.fields[info.title].is_writable();
        let shown = info.fields.iter().enumerate().filter(|(i, _)| *i != info.title || edits_title);
        let rows = shown.map(|(i, f)| field::row(session, info, record, i, f));
        rows.collect_view()
    });
    view! {
        {deleted_at.map(|_| deleted(info, id))}
        <div class="record-head">
            {(!is_peek).then(|| view! { <RecordMark title=title size="large" /> })}
            <div class="grow">
                <h2 class="record-title">{heading}</h2>
                <p class="quiet">{subtitle(session, info, record)}</p>
            </div>
        </div>
        <div class="record-columns">
            <div>
                <section class="record-section">
                    <h3>"Details"</h3>
                    <ui::DescriptionList>{fields}</ui::DescriptionList>
                </section>
                {beside.related}
            </div>
            <div class="record-side">
                <section class="record-section">
                    <h3>"History"</h3>
                    {beside.history}
                </section>
            </div>
        </div>
    }
    .into_any()
}

/// The few words that tell records of one name apart.
fn subtitle(session: Session, info: StoredValue<TypeInfo>, record: StoredValue<Opened>) -> String {
    info.with_value(|info| {
        record.with_value(|opened| {
            let parts = info.fields.iter().enumerate().filter(|(_, f)| f.is(Flags::SUBTITLE)).map(|(i, f)| {
                let value = opened.record.cells.get(i).cloned().unwrap_or_default();
                let label = |id: Uuid| opened.labels.get(&id).cloned();
                session.with(|b| records::text::show(f.kind(), &value, &b.formats, label))
            });
            parts.filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ")
        })
    })
}

/// The record lies in the recycle bin.
fn deleted(info: StoredValue<TypeInfo>, id: Uuid) -> AnyView {
    let frame = Frame::get();
    let restore = move |_| {
        let (name, singular) = info.with_value(|i| (i.name.clone(), i.singular.clone()));
        spawn_local(async move {
            match api::restore_records(name, vec![id]).await {
                Ok(done) if done.refused.is_empty() => frame.changed(format!("{singular} restored."), done.change_set),
                Ok(done) => frame.say(ui::Toast::bad(done.refused.join(" "))),
                Err(error) => frame.failed(&error),
            }
        });
    };
    let may_restore = info.with_value(|i| i.may("delete"));
    view! {
        <Banner tone=Tone::Warn title="In the recycle bin">
            "Lists and searches leave it out. "
            {may_restore.then(|| view! { <Button icon="restore" on_click=restore>"Restore"</Button> })}
        </Banner>
    }
    .into_any()
}
