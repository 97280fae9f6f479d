//! A record beside its list.

use leptos::prelude::*;
use records::TypeInfo;
use ui::{RecordMark, SidePeek, SkeletonRecord};
use uuid::Uuid;

use crate::{
    api::{self, Opened},
    later::arriving,
    list::{List, goer},
    live::Live,
    missing,
};

/// The panel with the record; closing it leaves the list as it was.
pub fn peek(list: List, id: Uuid) -> AnyView {
    let frame = crate::frame::Frame::get();
    frame.close_untouched_editors();
    let name = list.info.with_value(|i| i.name.clone());
    let changes = frame.watch(vec![name.clone()], Some(id));
    Live::get().look(name.clone(), id);
    let opened = Resource::new(move || (changes.get(), frame.retries.get()), {
        let name = name.clone();
        move |_| api::open_record(name.clone(), id)
    });
    let beside = StoredValue::new(crate::record::Beside::ask(list.info, id));
    let go = goer();
    let close = Callback::new(move |()| {
        go(&list.peek_address(None));
        ui::dom::focus(&format!("row-{id}"));
    });
    // Where it covers the list, the focus would stay behind it.
    Effect::new(|_| {
        if ui::dom::is_narrow() {
            ui::dom::focus("peek");
        }
    });
    let singular = list.info.with_value(|i| i.singular.clone());
    // The head tells about the record too; until it is there, nothing stands in its place.
    let head = move |show: fn(StoredValue<TypeInfo>, &Opened, Callback<()>) -> AnyView| {
        ViewFn::from(move || {
            view! {
                <Transition fallback=|| ()>
                    {move || opened.get().and_then(Result::ok).map(|opened| show(list.info, &opened, close))}
                </Transition>
            }
        })
    };
    let mark = head(|_, opened, _| view! { <RecordMark title=opened.record.title.clone() /> }.into_any());
    let actions = head(|info, opened, close| crate::record::actions(info, opened, true, close));
    let body = arriving(
        || view! { <SkeletonRecord fields=8 /> }.into_any(),
        move || async move {
            match opened.await {
                Ok(opened) => {
                    let beside = beside.get_value().arrive(list.info).await;
                    crate::record::body(list.info, opened, beside, true)
                }
                Err(error) => missing::trouble(&error),
            }
        },
    );
    let href = list.record_address(id);
    view! {
        <SidePeek label=singular mark=mark actions=actions expand_href=Signal::stored(href) on_close=close>
            {body}
        </SidePeek>
    }
    .into_any()
}
