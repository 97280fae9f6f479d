//! All one was told, on a page of its own.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use notifications::{
    NotificationFilter, NotificationPage,
    api::{list_notifications, mark_all_read},
};
use ui::{Button, EmptyState, Pagination, Select, Size, SkeletonLines, Tab, TabLinks};

use super::item::item;
use crate::{
    frame::{Frame, ScreenHead},
    later::arriving,
    list::goer,
    live::Live,
    missing,
    monitor::{Asked, Question},
};

impl Question for NotificationFilter {
    const PATH: &'static str = "/notifications";

    fn read(map: &ParamsMap) -> Self {
        let show = map.get("show").unwrap_or_default();
        let kind = map.get("kind").filter(|kind| !kind.is_empty());
        Self { unread: show == "unread", snoozed: show == "snoozed", kind }
    }

    fn write(&self) -> Vec<(&'static str, Option<String>)> {
        let show = Some(tab(self)).filter(|tab| *tab != "all").map(str::to_owned);
        vec![("show", show), ("kind", self.kind.clone())]
    }
}

fn tab(filter: &NotificationFilter) -> &'static str {
    match (filter.snoozed, filter.unread) {
        (true, _) => "snoozed",
        (_, true) => "unread",
        _ => "all",
    }
}

/// The page of one's notifications.
pub fn page() -> AnyView {
    let frame = Frame::get();
    let map = use_query_map();
    let asked = Memo::new(move |_| map.with(Asked::<NotificationFilter>::read));
    let round = RwSignal::new(0_u32);
    let found = Resource::new_blocking(
        move || (asked.get(), round.get(), frame.retries.get()),
        |(asked, ..)| list_notifications(asked.filter, asked.before),
    );
    let ask = Callback::new(move |()| {
        round.try_update(|n| *n = n.wrapping_add(1));
    });
    Live::get().on("notification", Callback::new(move |_| ask.run(())));
    let read_all = move |_| {
        spawn_local(async move {
            match mark_all_read().await {
                Ok(unread) => {
                    frame.unread.set(unread);
                    ask.try_run(());
                }
                Err(error) => frame.failed(&error),
            }
        });
    };
    let notices = arriving(
        || view! { <SkeletonLines lines=10 /> }.into_any(),
        move || async move {
            match found.await {
                Ok(found) => shown(frame, asked, found, ask),
                Err(error) => missing::trouble(&error),
            }
        },
    );
    view! {
        <Title text="Notifications" />
        <div class="screen">
            <ScreenHead title="Notifications">
                <Button icon="check" on_click=read_all disabled=Signal::derive(move || frame.unread.get() == 0)>
                    "Mark all read"
                </Button>
            </ScreenHead>
            <div class="screen-body">
                <div class="screen-narrow stack">
                    {notices}
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn shown(frame: Frame, asked: Memo<Asked<NotificationFilter>>, found: NotificationPage, ask: Callback<()>) -> AnyView {
    let now = asked.get_untracked();
    let body = if found.notifications.is_empty() {
        let text = match tab(&now.filter) {
            "snoozed" => "Nothing is put off.",
            "unread" => "You are up to date.",
            _ => "Nothing yet. What is assigned to you and changes of what you own or follow will stand here.",
        };
        view! { <EmptyState icon="bell" text=text /> }.into_any()
    } else {
        let items = found.notifications.into_iter().map(|one| item(frame, one, ask, false)).collect_view();
        view! { <ul class="notices" data-kind="page">{items}</ul> }.into_any()
    };
    let next = found.next.map(|next| now.from(Some(next)));
    let previous = now.before.map(|_| now.from(None));
    let pages = (next.is_some() || previous.is_some()).then(|| {
        let text = if now.before.is_some() { "Older ones" } else { "The newest" };
        view! { <Pagination text=text previous=Signal::stored(previous) next=Signal::stored(next) /> }
    });
    view! {
        {narrow(&now, found.kinds)}
        {body}
        {pages}
    }
    .into_any()
}

/// Tabs and the kind.
fn narrow(now: &Asked<NotificationFilter>, kinds: Vec<(String, String)>) -> AnyView {
    let to = |id: &str, label: &str| {
        let address = now.with(|filter| {
            filter.unread = id == "unread";
            filter.snoozed = id == "snoozed";
        });
        Tab::link(id, label, address)
    };
    let tabs = vec![to("all", "All"), to("unread", "Unread"), to("snoozed", "Put off")];
    let kind = now.filter.kind.clone().unwrap_or_default();
    let (go, asked) = (goer(), now.clone());
    let choose = Callback::new(move |kind: String| {
        go(&asked.with(|filter| filter.kind = (!kind.is_empty()).then_some(kind)));
    });
    view! {
        <div class="notices-bar">
            <TabLinks label="Which" tabs=Signal::stored(tabs) current=tab(&now.filter).to_owned() />
            <span class="spacer"></span>
            <Select
                id="notice-kind"
                label="About"
                size=Size::Compact
                options=kinds
                empty="About everything"
                value=Signal::stored(kind)
                on_change=choose
            />
        </div>
    }
    .into_any()
}
