//! One notification.

use leptos::{prelude::*, task::spawn_local};
use notifications::{
    NotificationInfo, Priority, Snooze, Standing,
    api::{mark_read, put_off, take_standing},
};
use ui::{ButtonKind, Menu, MenuItem, MenuLine, Toast, icon};

use crate::{frame::Frame, session::Session};

/// A notification in the panel or on the page; `ask` reads the list anew. In the panel there is room for its words
/// alone.
pub fn item(frame: Frame, notification: NotificationInfo, ask: Callback<()>, is_brief: bool) -> AnyView {
    let session = Session::get();
    let (id, is_unread) = (notification.id, notification.read_at.is_none());
    let (ago, at) = (session.ago(notification.created_at), session.when(notification.created_at));
    let opened = move |_| {
        if is_unread {
            spawn_local(async move {
                if let Ok(unread) = mark_read(id, true).await {
                    frame.unread.try_set(unread);
                    ask.try_run(());
                }
            });
        }
    };
    let title = notification.title.clone();
    let title = match notification.link.clone() {
        Some(link) => view! { <a class="notice-title" href=link on:click=opened>{title}</a> }.into_any(),
        None => view! { <span class="notice-title">{title}</span> }.into_any(),
    };
    let urgent =
        (notification.priority == Priority::High).then(|| view! { <span class="notice-urgent">"Important"</span> });
    let put_off = notification.snoozed_until.filter(|_| !is_brief).map(|until| {
        view! { <span>{format!("Back {}", session.when(until))}</span> }
    });
    let why = (!is_brief).then(|| {
        let way = format!("/settings/preferences#{}", notification.kind);
        view! {
            <p class="notice-why">
                {notification.reason.clone()} " "
                <a class="link" href=way>"Change how you are told"</a>
            </p>
        }
    });
    let actions = (!is_brief).then(|| actions(frame, &notification, ask));
    view! {
        <li class="notice" data-state=is_unread.then_some("unread")>
            {icon(&notification.icon, "", "notice-mark")}
            <div class="notice-words">
                <p>
                    {is_unread.then(|| view! { <span class="visually-hidden">"Unread: "</span> })}
                    {title}
                </p>
                <p class="notice-message">{notification.message.clone()}</p>
                <p class="notice-meta">
                    {urgent}
                    <time title=at>{ago}</time>
                    {put_off}
                </p>
                {why}
            </div>
            {actions}
        </li>
    }
    .into_any()
}

fn actions(frame: Frame, notification: &NotificationInfo, ask: Callback<()>) -> AnyView {
    let (id, is_unread) = (notification.id, notification.read_at.is_none());
    let read = Callback::new(move |()| {
        spawn_local(async move {
            match mark_read(id, is_unread).await {
                Ok(unread) => {
                    frame.unread.set(unread);
                    ask.try_run(());
                }
                Err(error) => frame.failed(&error),
            }
        });
    });
    let later = Snooze::ALL.iter().map(move |until| {
        let until = *until;
        let select = Callback::new(move |()| {
            spawn_local(async move {
                match put_off(id, until).await {
                    Ok(unread) => {
                        frame.unread.set(unread);
                        ask.try_run(());
                    }
                    Err(error) => frame.failed(&error),
                }
            });
        });
        view! { <MenuItem label=until.label() icon="clock" on_select=select /> }
    });
    let mute = notification.about.clone().map(|(record_type, record)| {
        let select = Callback::new(move |()| {
            let record_type = record_type.clone();
            spawn_local(async move {
                match take_standing(record_type, record, Standing::Muted).await {
                    Ok(()) => frame.say(Toast::ok("You will hear nothing of this record any more.")),
                    Err(error) => frame.failed(&error),
                }
            });
        });
        view! {
            <MenuLine />
            <MenuItem label="Mute this record" icon="bell" on_select=select />
        }
    });
    view! {
        <Menu id=format!("notice-{id}") label="What to do with it" icon="more" icon_only=true kind=ButtonKind::Ghost align_end=true>
            <MenuItem label=if is_unread { "Mark as read" } else { "Mark as unread" } icon="check" on_select=read />
            <MenuLine />
            {later.collect_view()}
            {mute}
        </Menu>
    }
    .into_any()
}
