//! One message in full, in a dialog.

use leptos::prelude::*;
use outbox::{
    Delivery, MessageAction, MessageDetail, RecipientInfo, State,
    api::{act_on_messages, open_message},
};
use ui::{Banner, Button, ButtonKind, DescriptionList, Detail, Dialog, SkeletonLines, Status, TableScroll, Tone};
use uuid::Uuid;

use super::{
    Outbox,
    table::{color, happened},
};
use crate::later::later;

pub(super) fn detail(outbox: Outbox) -> AnyView {
    let shown = later(
        move || (outbox.open.get(), outbox.answer.get()),
        |(open, _)| async move {
            match open {
                Some(id) => Some(open_message(id).await),
                None => None,
            }
        },
    );
    let found = Memo::new(move |_| shown.get());
    // What the message says never changes, so that its frame is not loaded again when its state does.
    let said = Memo::new(move |_| match found.get() {
        Some(Some(Ok(detail))) => Some((detail.message.id, detail.plain)),
        _ => None,
    });
    let is_open = Signal::derive(move || outbox.open.get().is_some());
    let title = Signal::derive(move || match found.get() {
        Some(Some(Ok(detail))) if !detail.message.subject.is_empty() => detail.message.subject,
        _ => "Message".to_owned(),
    });
    view! {
        <Dialog id="message" title=title open=is_open size="large" light=true on_close=move |()| outbox.open.set(None)>
            <div class="stack" data-gap="large">
                {move || match found.get() {
                    Some(Some(Ok(detail))) => body(outbox, detail),
                    Some(Some(Err(error))) => view! { <Banner tone=Tone::Bad>{error.sentence()}</Banner> }.into_any(),
                    _ => view! { <SkeletonLines lines=6 /> }.into_any(),
                }}
                {move || said.get().map(|(id, plain)| content(id, plain))}
            </div>
        </Dialog>
    }
    .into_any()
}

fn body(outbox: Outbox, detail: MessageDetail) -> AnyView {
    let MessageDetail {
        message,
        message_id,
        sender,
        headers,
        recipients,
        plain: _,
        handed_over_at,
        decided_by,
        decided_at,
    } = detail;
    let happened = happened(outbox, &message);
    let line = |label: &'static str, value: Option<String>| value.map(|v| view! { <Detail label=label>{v}</Detail> });
    let decided = decided_at.map(|at| {
        let by = decided_by.unwrap_or_else(|| "Mainstay".to_owned());
        format!("{by}, {}", outbox.when(at))
    });
    let headers = headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ");
    view! {
        <div class="stack">
            <DescriptionList>
                <Detail label="State">
                    <Status label=message.state.label() color=color(message.state) />
                    " "
                    {happened}
                </Detail>
                <Detail label="Kind">{message.kind.clone()}</Detail>
                {line("From", sender)}
                {line("Written", Some(outbox.when(message.created_at)))}
                {line("Handed over", handed_over_at.map(|at| outbox.when(at)))}
                {line("Attempts", Some(message.attempt.to_string()))}
                {line("Decided by", decided)}
                {line("Message-ID", Some(message_id))}
                {line("Headers", Some(headers).filter(|h| !h.is_empty()))}
            </DescriptionList>
            <h3>"Recipients"</h3>
            {recipient_table(message.state, recipients)}
            {actions(outbox, message.id, message.state)}
        </div>
    }
    .into_any()
}

fn content(id: Uuid, plain: String) -> AnyView {
    let address = format!("/admin/mail-outbox/{id}/html");
    view! {
        <div class="stack">
            <h3>"Message"</h3>
            <iframe class="message-frame" title="The message as recipients see it" sandbox="" src=address></iframe>
            <details>
                <summary>"As plain text"</summary>
                <pre class="job-text">{plain}</pre>
            </details>
        </div>
    }
    .into_any()
}

fn recipient_table(state: State, recipients: Vec<RecipientInfo>) -> AnyView {
    let rows = recipients.into_iter().map(move |to| {
        let who = if to.name.is_empty() { to.address } else { format!("{} <{}>", to.name, to.address) };
        let (label, color) = match (to.state, state) {
            (Delivery::Uncertain, State::Sending) => ("Being handed over", 1),
            (Delivery::Accepted, _) => (to.state.label(), 2),
            (Delivery::Uncertain, _) => (to.state.label(), 3),
            (Delivery::Refused, _) => (to.state.label(), 4),
            (Delivery::Waiting, _) => (to.state.label(), 0),
        };
        view! {
            <tr>
                <th scope="row" data-label="To">{who}</th>
                <td data-label="State"><Status label=label color=color /></td>
                <td data-label="The server's words" class="message-answer">{to.answer}</td>
            </tr>
        }
    });
    view! {
        <TableScroll label="Recipients">
            <table class="data-table" data-phone="cards">
                <thead>
                    <tr>
                        <th scope="col">"To"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"The server's words"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableScroll>
    }
    .into_any()
}

fn actions(outbox: Outbox, id: Uuid, state: State) -> AnyView {
    let act = move |action: MessageAction, done: &'static str| {
        outbox.act(async move {
            act_on_messages(vec![id], action).await?;
            Ok(done.to_owned())
        });
    };
    let warning = match state {
        State::Uncertain => Some(
            "This message was handed over and no answer came. It may have arrived: sent again, it may arrive twice. \
             Both would have the same Message-ID.",
        ),
        _ => None,
    };
    let label = if state == State::Held { "Send now" } else { "Send again" };
    view! {
        {warning.map(|text| view! { <Banner tone=Tone::Warn>{text}</Banner> })}
        <div class="row" data-align="end">
            {state
                .can_be_discarded()
                .then(|| view! { <Button on_click=move |_| act(MessageAction::Discard, "Discarded.")>"Discard"</Button> })}
            {state
                .can_be_sent()
                .then(|| {
                    view! {
                        <Button kind=ButtonKind::Primary on_click=move |_| act(MessageAction::Send, "Put in line.")>
                            {label}
                        </Button>
                    }
                })}
        </div>
    }
    .into_any()
}
