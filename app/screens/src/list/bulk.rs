//! What is done to the selected rows.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use records::{Kind, Value};
use ui::{BulkBar, Button, ButtonKind, Menu, MenuItem};

use super::{List, export::Rows};
use crate::{
    api::{self, Done},
    frame::Frame,
};

pub(crate) fn bar(list: List, frame: Frame) -> AnyView {
    let shown = move || list.selected.with(|s| !s.is_empty());
    let text = Signal::derive(move || list.selected.with(|s| format!("{} selected", s.len())));
    view! {
        {move || {
            shown().then(|| {
                let is_bin = list.query.with(|q| q.deleted);
                view! {
                    <BulkBar text=text on_clear=move |()| list.selected.set(vec![])>
                        {if is_bin { restore(list, frame) } else { actions(list, frame) }}
                    </BulkBar>
                }
            })
        }}
    }
    .into_any()
}

fn restore(list: List, frame: Frame) -> AnyView {
    let restore = move |_| {
        let (name, ids) = (list.info.with_value(|i| i.name.clone()), list.selected.get_untracked());
        run(list, frame, "Restored", async move { api::restore_records(name, ids).await });
    };
    view! { <Button icon="restore" on_click=restore>"Restore"</Button> }.into_any()
}

fn actions(list: List, frame: Frame) -> AnyView {
    let info = list.info.get_value();
    let delete = move |_| {
        let (name, ids) = (list.info.with_value(|i| i.name.clone()), list.selected.get_untracked());
        run(list, frame, "Deleted", async move { api::delete_records(name, ids).await });
    };
    // Choices are what people set for many rows at once.
    let choices = info.fields.iter().filter(|f| f.is_writable() && info.may("edit"));
    let choices = choices.filter_map(|field| match field.kind() {
        Kind::Choice(options) => {
            let items = options.iter().map(move |option| {
                let (field, value) = (field.name().to_owned(), option.value.clone().into_owned());
                let set = Callback::new(move |()| {
                    let (name, ids) = (list.info.with_value(|i| i.name.clone()), list.selected.get_untracked());
                    let set = vec![(field.clone(), Value::Text(value.clone()))];
                    run(list, frame, "Changed", async move { api::edit_records(name, ids, set).await });
                });
                view! { <MenuItem label=option.label.to_string() on_select=set /> }
            });
            let items = items.collect_view();
            let id = format!("bulk-{}", field.name());
            Some(view! { <Menu id=id label=format!("Set {}", field.label().to_lowercase()) icon="tag">{items}</Menu> })
        }
        _ => None,
    });
    let choices = choices.collect_view();
    let delete = info.may("delete").then(|| {
        view! { <Button kind=ButtonKind::Danger icon="trash" on_click=delete>"Delete"</Button> }
    });
    let export = info.may("export").then(|| {
        view! {
            <Button icon="download" on_click=move |_| list.exporting.set(Some(Rows::Selected))>
                "Export"
            </Button>
        }
    });
    view! { {choices} {export} {delete} }.into_any()
}

fn run(list: List, frame: Frame, verb: &'static str, action: impl Future<Output = Result<Done, AppError>> + 'static) {
    let (one, many) = list.info.with_value(|i| (i.singular.to_lowercase(), i.plural.to_lowercase()));
    spawn_local(async move {
        match action.await {
            Ok(done) if done.refused.is_empty() => {
                list.selected.set(vec![]);
                let what = if done.changed == 1 { format!("1 {one}") } else { format!("{} {many}", done.changed) };
                frame.changed(format!("{verb} {what}."), done.change_set);
            }
            Ok(done) => frame.say(ui::Toast::bad(format!("Nothing was changed. {}", done.refused.join(" ")))),
            Err(error) => frame.failed(&error),
        }
    });
}
