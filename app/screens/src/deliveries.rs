//! What became of each notification on its way out of the program. For administrators.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use platform::notifications::{
    Channel, DeliveryFilter, DeliveryInfo, DeliveryPage, DeliveryState, Mode,
    api::{list_deliveries, retry_deliveries},
};
use ui::{
    Button, ButtonKind, Card, EmptyState, Pagination, Select, Size, SkeletonLines, Status, Tab, TabLinks, TableScroll,
    Toast,
};
use uuid::Uuid;

use crate::{
    frame::{Frame, ScreenHead},
    list::goer,
    missing,
    session::Session,
};

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Asked {
    filter: DeliveryFilter,
    before: Option<Uuid>,
}

impl Asked {
    fn address(&self) -> String {
        let state = self.filter.state.map(|state| format!("state={}", state.name()));
        let channel = self.filter.channel.map(|channel| format!("channel={}", channel.name()));
        let before = self.before.map(|before| format!("before={before}"));
        let parts: Vec<String> = [state, channel, before].into_iter().flatten().collect();
        if parts.is_empty() { "/admin/deliveries".to_owned() } else { format!("/admin/deliveries?{}", parts.join("&")) }
    }
}

/// The log of deliveries.
pub fn deliveries() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    if !session.user().is_some_and(|user| user.may_administer) {
        return missing::failed(&AppError::Forbidden);
    }
    let map = use_query_map();
    let asked = Memo::new(move |_| {
        map.with(|map| Asked {
            filter: DeliveryFilter {
                state: map.get("state").and_then(|name| DeliveryState::parse(&name)),
                channel: map.get("channel").and_then(|name| Channel::parse(&name)),
            },
            before: map.get("before").and_then(|id| id.parse().ok()),
        })
    });
    let round = RwSignal::new(0_u32);
    let found = Resource::new_blocking(
        move || (asked.get(), round.get(), frame.retries.get()),
        |(asked, ..)| list_deliveries(asked.filter, asked.before),
    );
    let retry = Callback::new(move |id: Uuid| {
        spawn_local(async move {
            match retry_deliveries(vec![id]).await {
                Ok(_) => {
                    frame.say(Toast::ok("It is tried again."));
                    round.update(|n| *n = n.wrapping_add(1));
                }
                Err(error) => frame.failed(&error),
            }
        });
    });
    view! {
        <Title text="Deliveries" />
        <div class="screen">
            <ScreenHead title="Deliveries" />
            <div class="screen-body">
                <Card title="Notifications on their way" class="flush">
                    <Transition fallback=|| view! { <SkeletonLines lines=10 /> }>
                        {move || Suspend::new(async move {
                            match found.await {
                                Ok(page) => shown(session, &asked.get_untracked(), page, retry),
                                Err(error) => missing::trouble(&error),
                            }
                        })}
                    </Transition>
                </Card>
            </div>
        </div>
    }
    .into_any()
}

fn shown(session: Session, now: &Asked, page: DeliveryPage, retry: Callback<Uuid>) -> AnyView {
    let to = |before| Asked { before, ..now.clone() }.address();
    let next = page.next.map(|next| to(Some(next)));
    let previous = now.before.map(|_| to(None));
    let text = if now.before.is_some() { "Older deliveries" } else { "The newest deliveries" };
    let is_empty = page.deliveries.is_empty();
    let rows = page.deliveries.into_iter().map(|delivery| row(session, delivery, retry)).collect_view();
    let table = if is_empty {
        let text = "Nothing left the program this way. E-mails and text messages about notifications stand here.";
        view! { <EmptyState icon="bell" text=text /> }.into_any()
    } else {
        view! {
            <TableScroll label="Deliveries">
                <table class="data-table" data-phone="cards">
                    <thead>
                        <tr>
                            <th scope="col">"For"</th>
                            <th scope="col">"About"</th>
                            <th scope="col">"By"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"When"</th>
                            <th scope="col">"What happened"</th>
                            <th scope="col">
                                <span class="visually-hidden">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
        }
        .into_any()
    };
    view! {
        {narrow(now)}
        {table}
        <div class="job-foot">
            <Pagination text=text previous=Signal::stored(previous) next=Signal::stored(next) />
        </div>
    }
    .into_any()
}

fn narrow(now: &Asked) -> AnyView {
    let to = |state| Asked { filter: DeliveryFilter { state, ..now.filter.clone() }, before: None }.address();
    let all = Tab::link("all", "All", to(None));
    let each = DeliveryState::ALL.iter().map(|state| Tab::link(state.name(), state.label(), to(Some(*state))));
    let tabs: Vec<Tab> = std::iter::once(all).chain(each).collect();
    let current = now.filter.state.map_or("all", DeliveryState::name).to_owned();
    let outward = Channel::ALL.iter().filter(|channel| **channel != Channel::InApp);
    let channels: Vec<_> = outward.map(|c| (c.name().to_owned(), c.label().to_owned())).collect();
    let channel = now.filter.channel.map(|channel| channel.name().to_owned()).unwrap_or_default();
    let (go, filter) = (goer(), now.filter.clone());
    let choose = Callback::new(move |name: String| {
        let filter = DeliveryFilter { channel: Channel::parse(&name), ..filter.clone() };
        go(&Asked { filter, before: None }.address());
    });
    view! {
        <div class="job-bar">
            <TabLinks label="States" tabs=Signal::stored(tabs) current=current />
            <span class="spacer"></span>
            <Select
                id="delivery-channel"
                label="Channel"
                size=Size::Compact
                options=channels
                empty="All channels"
                value=Signal::stored(channel)
                on_change=choose
            />
        </div>
    }
    .into_any()
}

fn row(session: Session, delivery: DeliveryInfo, retry: Callback<Uuid>) -> AnyView {
    let id = delivery.id;
    let when = match (delivery.state, delivery.mode) {
        (DeliveryState::Waiting, Mode::Daily) => "With the daily digest".to_owned(),
        (DeliveryState::Waiting, Mode::Weekly) => "With the weekly digest".to_owned(),
        (DeliveryState::Waiting, _) => format!("Due {}", session.when(delivery.due_at)),
        _ => session.when(delivery.ended_at.unwrap_or(delivery.created_at)),
    };
    let color = match delivery.state {
        DeliveryState::Waiting => 5,
        DeliveryState::Sent => 2,
        DeliveryState::Failed => 4,
        DeliveryState::Skipped => 0,
    };
    let attempts = delivery.attempts.into_iter().filter(|attempt| !attempt.is_sent).map(|attempt| {
        view! { <li>{format!("Attempt {}, {}: {}", attempt.attempt, session.when(attempt.at), attempt.message)}</li> }
    });
    let attempts = attempts.collect_view();
    let can_retry = matches!(delivery.state, DeliveryState::Failed | DeliveryState::Skipped);
    view! {
        <tr>
            <th scope="row" data-label="For">{delivery.user}</th>
            <td data-label="About">{delivery.kind}</td>
            <td data-label="By">{delivery.channel.label()}</td>
            <td data-label="State">
                <Status label=delivery.state.label() color=color />
            </td>
            <td data-label="When">{when}</td>
            <td data-label="What happened" class="job-happened">
                {delivery.detail}
                <ul class="job-errors">{attempts}</ul>
            </td>
            <td class="job-row-actions">
                {can_retry
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::Ghost on_click=move |_| retry.run(id)>
                                "Retry"
                            </Button>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}
