//! The messages, by state and words, and what is done to many of them.

use kernel::group_digits;
use leptos::prelude::*;
use platform::outbox::{
    MessageAction, MessageFilter, MessageInfo, State,
    api::{act_on_all_messages, act_on_messages},
};
use ui::{
    Button, ButtonKind, Card, EmptyState, Input, Pagination, SelectAllHead, SelectCell, Size, Status, Tab, TabLinks,
    TableScroll,
};
use uuid::Uuid;

use super::{Asked, Outbox};
use crate::list::goer;

pub(super) fn table(outbox: Outbox) -> AnyView {
    let is_empty = Memo::new(move |_| outbox.page.with(|page| page.messages.is_empty()));
    let is_narrowed = Memo::new(move |_| outbox.asked.with(|asked| asked.filter != MessageFilter::default()));
    let body = move || match (is_empty.get(), is_narrowed.get()) {
        (false, _) => rows(outbox),
        (true, true) => {
            view! { <EmptyState icon="search" text="No messages match." action="Show all" href="/admin/mail-outbox" /> }
                .into_any()
        }
        (true, false) => {
            let text = "Nothing has been sent yet. What Mainstay writes to anybody passes here.";
            view! { <EmptyState icon="mail" text=text action="Send a test message" href="/admin/mail" /> }.into_any()
        }
    };
    view! {
        <Card title="Mail" class="flush">
            <div class="job-bar">{tabs(outbox)} <span class="spacer"></span> {search(outbox)}</div>
            {many(outbox)}
            {body}
            {pages(outbox)}
        </Card>
    }
    .into_any()
}

/// The states, with how many messages stand there.
fn tabs(outbox: Outbox) -> AnyView {
    let tabs = Signal::derive(move || {
        let asked = outbox.asked.get();
        let to = |state| Asked { filter: MessageFilter { state, ..asked.filter.clone() }, before: None }.address();
        let counts = outbox.page.with(|page| State::ALL.map(|state| page.counts.get(&state).copied().unwrap_or(0)));
        let all = Tab::link("all", "All", to(None));
        let each = State::ALL.into_iter().zip(counts).map(|(state, count)| {
            let tab = Tab::link(state.name(), state.label(), to(Some(state)));
            if count > 0 { tab.count(group_digits(&count.to_string())) } else { tab }
        });
        std::iter::once(all).chain(each).collect::<Vec<_>>()
    });
    let current =
        Signal::derive(move || outbox.asked.with(|asked| asked.filter.state.map_or("all", State::name).to_owned()));
    view! { <TabLinks label="States" tabs=tabs current=current /> }.into_any()
}

fn search(outbox: Outbox) -> AnyView {
    let go = goer();
    let value = Signal::derive(move || outbox.asked.with(|a| a.filter.search.clone().unwrap_or_default()));
    let change = Callback::new(move |words: String| {
        let mut asked = Asked { before: None, ..outbox.asked.get_untracked() };
        asked.filter.search = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
        go(&asked.address());
    });
    view! {
        <Input
            label="Search subjects and recipients"
            placeholder="Subject or recipient"
            kind="search"
            icon="search"
            size=Size::Compact
            value=value
            on_change=change
        />
    }
    .into_any()
}

/// What is done to the selected messages, or to all that match.
fn many(outbox: Outbox) -> AnyView {
    let act = move |action: MessageAction, is_all: bool| {
        let (ids, filter) = (outbox.selected.get_untracked(), outbox.asked.get_untracked().filter);
        outbox.selected.set(vec![]);
        outbox.act(async move {
            let changed =
                if is_all { act_on_all_messages(filter, action).await? } else { act_on_messages(ids, action).await? };
            let messages = if changed == 1 { "message" } else { "messages" };
            let verb = if action == MessageAction::Send { "put in line" } else { "discarded" };
            Ok(format!("{} {messages} {verb}.", group_digits(&changed.to_string())))
        });
    };
    let state = move || outbox.asked.with(|asked| asked.filter.state);
    let has_uncertain = move || {
        outbox.selected.with(|ids| {
            outbox.page.with(|page| page.messages.iter().any(|m| m.state == State::Uncertain && ids.contains(&m.id)))
        })
    };
    // Uncertain messages are sent again one by one, or marked one by one: never all there are by one click.
    let all = move || {
        let send = match state() {
            Some(State::Held) => Some("Send all of these now"),
            Some(State::Failed) => Some("Send all of these again"),
            _ => None,
        };
        let can_discard = state().is_some_and(State::can_be_discarded);
        view! {
            {send.map(|label| view! { <Button on_click=move |_| act(MessageAction::Send, true)>{label}</Button> })}
            {can_discard
                .then(|| view! { <Button on_click=move |_| act(MessageAction::Discard, true)>"Discard all of these"</Button> })}
        }
    };
    let count = Memo::new(move |_| outbox.selected.with(Vec::len));
    let some = move || {
        view! {
            <span class="strong" role="status">
                {move || format!("{} selected", count.get())}
            </span>
            <Button kind=ButtonKind::Primary on_click=move |_| act(MessageAction::Send, false)>"Send"</Button>
            <Button on_click=move |_| act(MessageAction::Discard, false)>"Discard"</Button>
            {move || {
                has_uncertain()
                    .then(|| view! { <span class="warn-text">"Uncertain messages may arrive twice when sent again."</span> })
            }}
        }
    };
    let bar = move || {
        let is_actionable = state().is_some_and(State::can_be_discarded);
        if count.get() > 0 {
            view! { <div class="job-actions">{some()}</div> }.into_any()
        } else if is_actionable && outbox.page.with(|page| !page.messages.is_empty()) {
            view! { <div class="job-actions">{all()}</div> }.into_any()
        } else {
            ().into_any()
        }
    };
    view! { {bar} }.into_any()
}

fn rows(outbox: Outbox) -> AnyView {
    let shown = Memo::new(move |_| outbox.page.with(|page| page.messages.iter().map(|m| m.id).collect::<Vec<_>>()));
    let selected = outbox.selected;
    let all = Signal::derive(move || {
        shown.with(|shown| !shown.is_empty() && selected.with(|s| shown.iter().all(|id| s.contains(id))))
    });
    let some = Signal::derive(move || !selected.with(Vec::is_empty) && !all.get());
    let key = |message: &MessageInfo| {
        (message.id, message.state, message.attempt, message.accepted, message.refused, message.retry_at)
    };
    view! {
        <TableScroll label="Mail">
            <table class="data-table job-table" data-phone="cards">
                <thead>
                    <tr>
                        <SelectAllHead
                            all=all
                            some=some
                            on_change=move |on| selected.set(if on { shown.get_untracked() } else { vec![] })
                        />
                        <th scope="col">"Subject"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"To"</th>
                        <th scope="col">"Written"</th>
                        <th scope="col">"What happened"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || outbox.page.get().messages key=key let(message)>
                        {row(outbox, message)}
                    </For>
                </tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

fn row(outbox: Outbox, message: MessageInfo) -> AnyView {
    let id = message.id;
    let checked = Signal::derive(move || outbox.selected.with(|s| s.contains(&id)));
    let change = move |on: bool| {
        outbox.selected.update(|selected| {
            selected.retain(|other| *other != id);
            if on {
                selected.push(id);
            }
        });
    };
    let (happened, to) = (happened(outbox, &message), to(&message));
    let subject = if message.subject.is_empty() { "No subject".to_owned() } else { message.subject };
    view! {
        <tr>
            <SelectCell label=subject.clone() checked=checked on_change=change />
            <th scope="row" data-label="Subject" class="message-subject">
                <button class="link-button" type="button" on:click=move |_| outbox.open.set(Some(id))>
                    {subject}
                </button>
            </th>
            <td data-label="State">
                <Status label=message.state.label() color=color(message.state) />
            </td>
            <td data-label="To" class="message-to">{to}</td>
            <td data-label="Written">{outbox.when(message.created_at)}</td>
            <td data-label="What happened" class="job-happened">
                {happened}
            </td>
        </tr>
    }
    .into_any()
}

fn to(message: &MessageInfo) -> String {
    match message.recipients {
        0 | 1 => message.to.clone(),
        n => format!("{} and {} more", message.to, n - 1),
    }
}

pub(super) fn happened(outbox: Outbox, message: &MessageInfo) -> String {
    let again = message.retry_at.map(|at| format!(" Again at {}.", outbox.when(at))).unwrap_or_default();
    match (&message.trouble, message.state) {
        (Some(trouble), _) => format!("{trouble}{again}"),
        (None, State::Sent) if message.refused > 0 => {
            format!("{} accepted, {} refused", message.accepted, message.refused)
        }
        (None, State::Sent) => "Accepted".to_owned(),
        _ => String::new(),
    }
}

pub(super) const fn color(state: State) -> u8 {
    match state {
        State::Sending => 1,
        State::Sent => 2,
        State::Uncertain => 3,
        State::Failed => 4,
        State::Held => 5,
        State::Queued | State::Discarded => 0,
    }
}

fn pages(outbox: Outbox) -> AnyView {
    let to = move |before: Option<Uuid>| Asked { before, ..outbox.asked.get() }.address();
    let next = Signal::derive(move || outbox.page.with(|page| page.next).map(|next| to(Some(next))));
    let previous = Signal::derive(move || outbox.asked.with(|a| a.before).map(|_| to(None)));
    let text = Signal::derive(move || {
        let is_older = outbox.asked.with(|a| a.before.is_some());
        if is_older { "Older messages" } else { "The newest messages" }.to_owned()
    });
    view! { <div class="job-foot"><Pagination text=text previous=previous next=next /></div> }.into_any()
}
