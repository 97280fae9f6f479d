//! All one was told, on a page of its own.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use platform::notifications::{
    NotificationFilter, NotificationPage,
    api::{list_notifications, mark_all_read},
};
use records::encode;
use ui::{Button, EmptyState, Pagination, Select, Size, SkeletonLines, Tab, TabLinks};
use uuid::Uuid;

use super::item::item;
use crate::{
    frame::{Frame, ScreenHead},
    list::goer,
    live::Live,
    missing,
};

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    filter: NotificationFilter,
    before: Option<Uuid>,
}

impl Asked {
    fn tab(&self) -> &'static str {
        match (self.filter.snoozed, self.filter.unread) {
            (true, _) => "snoozed",
            (_, true) => "unread",
            _ => "all",
        }
    }

    fn address(&self) -> String {
        let show = Some(self.tab()).filter(|tab| *tab != "all").map(|tab| ("show", tab.to_owned()));
        let kind = self.filter.kind.clone().map(|kind| ("kind", kind));
        let before = self.before.map(|before| ("before", before.to_string()));
        let parts = [show, kind, before].into_iter().flatten();
        let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", encode(&value))).collect();
        if parts.is_empty() { "/notifications".to_owned() } else { format!("/notifications?{}", parts.join("&")) }
    }
}

/// The page of one's notifications.
pub fn page() -> AnyView {
    let frame = Frame::get();
    let map = use_query_map();
    let asked = Memo::new(move |_| {
        map.with(|map| {
            let show = map.get("show").unwrap_or_default();
            let filter = NotificationFilter {
                unread: show == "unread",
                snoozed: show == "snoozed",
                kind: map.get("kind").filter(|kind| !kind.is_empty()),
            };
            Asked { filter, before: map.get("before").and_then(|id| id.parse().ok()) }
        })
    });
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
                    ask.run(());
                }
                Err(error) => frame.failed(&error),
            }
        });
    };
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
                    <Transition fallback=|| view! { <SkeletonLines lines=10 /> }>
                        {move || Suspend::new(async move {
                            match found.await {
                                Ok(found) => shown(frame, asked, found, ask),
                                Err(error) => missing::trouble(&error),
                            }
                        })}
                    </Transition>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn shown(frame: Frame, asked: Memo<Asked>, found: NotificationPage, ask: Callback<()>) -> AnyView {
    let now = asked.get_untracked();
    let body = if found.notifications.is_empty() {
        let text = match now.tab() {
            "snoozed" => "Nothing is put off.",
            "unread" => "You are up to date.",
            _ => "Nothing yet. What is assigned to you and changes of what you own or follow will stand here.",
        };
        view! { <EmptyState icon="bell" text=text /> }.into_any()
    } else {
        let items = found.notifications.into_iter().map(|one| item(frame, one, ask, false)).collect_view();
        view! { <ul class="notices" data-kind="page">{items}</ul> }.into_any()
    };
    let to = |before| Asked { before, ..now.clone() }.address();
    let next = found.next.map(|next| to(Some(next)));
    let previous = now.before.map(|_| to(None));
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
fn narrow(now: &Asked, kinds: Vec<(String, String)>) -> AnyView {
    let tab = |id: &str, label: &str| {
        let filter =
            NotificationFilter { unread: id == "unread", snoozed: id == "snoozed", kind: now.filter.kind.clone() };
        Tab::link(id, label, Asked { filter, before: None }.address())
    };
    let tabs = vec![tab("all", "All"), tab("unread", "Unread"), tab("snoozed", "Put off")];
    let kind = now.filter.kind.clone().unwrap_or_default();
    let (go, filter) = (goer(), now.filter.clone());
    let choose = Callback::new(move |kind: String| {
        let filter = NotificationFilter { kind: (!kind.is_empty()).then_some(kind), ..filter.clone() };
        go(&Asked { filter, before: None }.address());
    });
    view! {
        <div class="notices-bar">
            <TabLinks label="Which" tabs=Signal::stored(tabs) current=now.tab().to_owned() />
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
