//! What became of each notification on its way out of the program, asked for every few seconds. For administrators.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use notifications::{
    Channel, DeliveryFilter, DeliveryInfo, DeliveryPage, DeliveryState, Mode,
    api::{list_deliveries, retry_all_deliveries, retry_deliveries},
};
use ui::{Button, ButtonKind, Card, EmptyState, Select, Size, Status};

use crate::{
    list::goer,
    monitor::{Asked, Head, Line, Monitor, Question, Screen, Table, for_administrators, newest, state_tabs, table},
};

const PAUSE: Duration = Duration::from_secs(5);
/// Attempts that are shown of a delivery, the last ones.
const ATTEMPTS: usize = 3;

type Deliveries = Monitor<DeliveryFilter, DeliveryPage>;

impl Question for DeliveryFilter {
    const PATH: &'static str = "/admin/deliveries";

    fn read(map: &ParamsMap) -> Self {
        Self {
            state: map.get("state").and_then(|name| DeliveryState::parse(&name)),
            channel: map.get("channel").and_then(|name| Channel::parse(&name)),
        }
    }

    fn write(&self) -> Vec<(&'static str, Option<String>)> {
        let state = self.state.map(|state| state.name().to_owned());
        vec![("state", state), ("channel", self.channel.map(|channel| channel.name().to_owned()))]
    }
}

/// The log of deliveries.
pub fn deliveries() -> AnyView {
    for_administrators(Screen {
        title: "Deliveries",
        actions: None,
        ask: |asked| Box::pin(list_deliveries(asked.filter, asked.before)),
        every: PAUSE,
        is_moving: |_| true,
        body: Callback::new(body),
    })
}

fn body(deliveries: Deliveries) -> AnyView {
    let is_empty = Memo::new(move |_| deliveries.answer.with(|page| page.deliveries.is_empty()));
    let is_narrowed = Memo::new(move |_| deliveries.asked.with(Asked::is_narrowed));
    let rows = move || {
        match (is_empty.get(), is_narrowed.get()) {
        (false, _) => rows(deliveries),
        (true, true) => {
            view! { <EmptyState icon="search" text="No deliveries match." action="Show all" href="/admin/deliveries" /> }
                .into_any()
        }
        (true, false) => {
            let text = "Nothing left the program this way. E-mails, push and text messages about notifications stand here.";
            view! { <EmptyState icon="bell" text=text /> }.into_any()
        }
    }
    };
    let first = Signal::derive(move || deliveries.asked.with(|asked| asked.before.map(|_| asked.from(None))));
    let next = Signal::derive(move || {
        let next = deliveries.answer.with(|page| page.next)?;
        Some(deliveries.asked.with(|asked| asked.from(Some(next))))
    });
    view! {
        <Card title="Notifications on their way" class="flush">
            <div class="job-bar">{tabs(deliveries)} <span class="spacer"></span> {narrow(deliveries)}</div>
            {all(deliveries)}
            {rows}
            {newest("deliveries", first, next)}
        </Card>
    }
    .into_any()
}

fn tabs(deliveries: Deliveries) -> AnyView {
    let tabs = Signal::derive(move || {
        let asked = deliveries.asked.get();
        let to = |state| asked.with(|filter| filter.state = state);
        let each =
            DeliveryState::ALL.iter().map(|state| (state.name(), state.label(), to(Some(*state)), String::new()));
        std::iter::once(("all", "All", to(None), String::new())).chain(each).collect()
    });
    let state = move || deliveries.asked.with(|asked| asked.filter.state);
    state_tabs(tabs, Signal::derive(move || state().map_or("all", DeliveryState::name).to_owned()))
}

fn narrow(deliveries: Deliveries) -> AnyView {
    let outward = Channel::ALL.iter().filter(|channel| **channel != Channel::InApp);
    let channels: Vec<_> = outward.map(|c| (c.name().to_owned(), c.label().to_owned())).collect();
    let chosen = Signal::derive(move || {
        deliveries.asked.with(|asked| asked.filter.channel.map_or("", Channel::name).to_owned())
    });
    let go = goer();
    let choose = Callback::new(move |name: String| {
        let channel = Channel::parse(&name);
        go(&deliveries.asked.with_untracked(|asked| asked.with(|filter| filter.channel = channel)));
    });
    view! {
        <Select
            id="delivery-channel"
            label="Channel"
            size=Size::Compact
            options=channels
            empty="All channels"
            value=chosen
            on_change=choose
        />
    }
    .into_any()
}

/// All that failed is tried again at once, but for what may have arrived: that is for a person to decide one by one.
fn all(deliveries: Deliveries) -> AnyView {
    let retry = move |_| {
        let channel = deliveries.asked.with_untracked(|asked| asked.filter.channel);
        deliveries.act(async move {
            let retried = retry_all_deliveries(channel).await?;
            let are = if retried == 1 { "delivery is" } else { "deliveries are" };
            Ok(format!("{} {are} tried again.", deliveries.session().count(retried)))
        });
    };
    let is_failed = move || deliveries.asked.with(|asked| asked.filter.state == Some(DeliveryState::Failed));
    let is_offered = Memo::new(move |_| is_failed() && deliveries.answer.with(|page| !page.deliveries.is_empty()));
    let bar = move || {
        is_offered.get().then(|| {
            view! {
                <div class="job-actions">
                    <Button on_click=retry>"Retry all of these"</Button>
                </div>
            }
        })
    };
    view! { {bar} }.into_any()
}

const HEADS: [Head; 7] = [
    Head("For", ""),
    Head("About", ""),
    Head("By", ""),
    Head("State", ""),
    Head("When", ""),
    Head("What happened", "job-happened"),
    Head("", "job-row-actions"),
];

fn rows(deliveries: Deliveries) -> AnyView {
    let lines = Signal::derive(move || {
        deliveries.answer.with(|page| page.deliveries.iter().map(|one| line(deliveries, one.clone())).collect())
    });
    table(Table { label: "Deliveries", class: "", heads: &HEADS, lines, selected: None })
}

fn line(deliveries: Deliveries, delivery: DeliveryInfo) -> Line {
    let look = (delivery.state.name(), delivery.attempts.len(), delivery.due_at, delivery.detail.clone());
    Line::new(delivery.id, delivery.user.clone(), look, move || cells(deliveries, &delivery))
}

fn cells(deliveries: Deliveries, delivery: &DeliveryInfo) -> Vec<AnyView> {
    let id = delivery.id;
    let when = match (delivery.state, delivery.mode) {
        (DeliveryState::Waiting, Mode::Daily) => "With the daily digest".to_owned(),
        (DeliveryState::Waiting, Mode::Weekly) => "With the weekly digest".to_owned(),
        (DeliveryState::Waiting, _) => format!("Due {}", deliveries.when(delivery.due_at)),
        _ => deliveries.when(delivery.ended_at.unwrap_or(delivery.created_at)),
    };
    let color = match delivery.state {
        DeliveryState::Waiting => 5,
        DeliveryState::Sent => 2,
        DeliveryState::Failed => 4,
        DeliveryState::Skipped => 0,
    };
    let failed: Vec<_> = delivery.attempts.iter().filter(|attempt| !attempt.is_sent).collect();
    let earlier = failed.len().saturating_sub(ATTEMPTS);
    // What the last attempt came to stands with it.
    let is_said = failed.first().is_some_and(|last| delivery.detail.as_ref() == Some(&last.message));
    let detail = delivery.detail.clone().filter(|_| !is_said);
    let attempts = failed.into_iter().take(ATTEMPTS).map(|attempt| {
        view! { <li>{format!("Attempt {}, {}: {}", attempt.attempt, deliveries.when(attempt.at), attempt.message)}</li> }
    });
    let attempts = attempts.collect_view();
    let earlier = (earlier > 0).then(|| view! { <li>{format!("And {earlier} earlier.")}</li> });
    let happened = view! {
        <div class="delivery-told">
            {detail}
            <ul class="job-errors">{attempts} {earlier}</ul>
        </div>
    };
    let retry = move |_| {
        deliveries.act(async move { retry_deliveries(vec![id]).await.map(|_| "It is tried again.".to_owned()) });
    };
    let can_retry = matches!(delivery.state, DeliveryState::Failed | DeliveryState::Skipped);
    let retry = can_retry.then(|| {
        view! {
            <Button kind=ButtonKind::Ghost on_click=retry>
                "Retry"
            </Button>
        }
    });
    vec![
        delivery.user.clone().into_any(),
        delivery.kind.clone().into_any(),
        delivery.channel.label().into_any(),
        view! { <Status label=delivery.state.label() color=color /> }.into_any(),
        when.into_any(),
        happened.into_any(),
        retry.into_any(),
    ]
}
