//! The messages, by state and words, and what is done to many of them.

use leptos::prelude::*;
use outbox::{
    MessageAction, MessageInfo, State,
    api::{act_on_all_messages, act_on_messages},
};
use ui::{Button, ButtonKind, Card, EmptyState, Input, Size, Status};

use super::Outbox;
use crate::{
    list::goer,
    monitor::{Asked, Head, Line, Table, newest, said, state_tabs, table as table_of},
};

pub(super) fn table(outbox: Outbox) -> AnyView {
    let is_empty = Memo::new(move |_| outbox.answer.with(|page| page.messages.is_empty()));
    let is_narrowed = Memo::new(move |_| outbox.asked.with(Asked::is_narrowed));
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
        let to = |state| asked.with(|filter| filter.state = state);
        let count = |state| outbox.answer.with(|page| page.counts.get(&state).copied().filter(|count| *count > 0));
        let each = State::ALL.into_iter().map(|state| {
            let count = count(state).map(|count| outbox.session().count(count)).unwrap_or_default();
            (state.name(), state.label(), to(Some(state)), count)
        });
        std::iter::once(("all", "All", to(None), String::new())).chain(each).collect()
    });
    let current = Signal::derive(move || outbox.asked.with(|a| a.filter.state.map_or("all", State::name).to_owned()));
    state_tabs(tabs, current)
}

fn search(outbox: Outbox) -> AnyView {
    let go = goer();
    let value = Signal::derive(move || outbox.asked.with(|a| a.filter.search.clone().unwrap_or_default()));
    let change = Callback::new(move |words: String| {
        let words = Some(words.trim().to_owned()).filter(|words| !words.is_empty());
        go(&outbox.asked.with_untracked(|asked| asked.with(|filter| filter.search = words)));
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
            Ok(format!("{} {messages} {verb}.", outbox.session().count(changed)))
        });
    };
    let state = move || outbox.asked.with(|asked| asked.filter.state);
    let has_uncertain = move || {
        outbox.selected.with(|ids| {
            outbox.answer.with(|page| page.messages.iter().any(|m| m.state == State::Uncertain && ids.contains(&m.id)))
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
        } else if is_actionable && outbox.answer.with(|page| !page.messages.is_empty()) {
            view! { <div class="job-actions">{all()}</div> }.into_any()
        } else {
            ().into_any()
        }
    };
    view! { {bar} }.into_any()
}

const HEADS: [Head; 5] = [
    Head("Subject", "message-subject"),
    Head("State", ""),
    Head("To", "message-to"),
    Head("Written", ""),
    Head("What happened", "job-happened"),
];

fn rows(outbox: Outbox) -> AnyView {
    let lines = Signal::derive(move || {
        outbox.answer.with(|page| page.messages.iter().map(|message| line(outbox, message.clone())).collect())
    });
    table_of(Table { label: "Mail", class: "", heads: &HEADS, lines, selected: Some(outbox.selected) })
}

fn line(outbox: Outbox, message: MessageInfo) -> Line {
    let id = message.id;
    let subject = if message.subject.is_empty() { "No subject".to_owned() } else { message.subject.clone() };
    let look = (message.state.name(), message.attempt, message.accepted, message.refused, message.retry_at);
    Line::new(id, subject.clone(), look, move || {
        let open = view! {
            <button class="link-button" type="button" on:click=move |_| outbox.open.set(Some(id))>
                {subject.clone()}
            </button>
        };
        vec![
            open.into_any(),
            view! { <Status label=message.state.label() color=color(message.state) /> }.into_any(),
            to(&message).into_any(),
            outbox.when(message.created_at).into_any(),
            said(happened(outbox, &message)),
        ]
    })
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
    let first = Signal::derive(move || outbox.asked.with(|asked| asked.before.map(|_| asked.from(None))));
    let next = Signal::derive(move || {
        let next = outbox.answer.with(|page| page.next)?;
        Some(outbox.asked.with(|asked| asked.from(Some(next))))
    });
    newest("messages", first, next)
}
