//! A value as a list, a peek and a record page show it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use records::{Kind, Value, text};
use ui::{Tag, Who, status};
use uuid::Uuid;

use crate::session::Session;

/// The value as a view. An empty one is an empty view; the caller says how emptiness looks.
pub fn show(kind: &Kind, value: &Value, labels: &BTreeMap<Uuid, String>, session: Session) -> AnyView {
    let label = |id: Uuid| labels.get(&id).cloned();
    match (kind, value) {
        (_, Value::Null) => ().into_any(),
        (Kind::Choice(_), Value::Text(choice)) => tag(kind, choice),
        (Kind::Choices(_), Value::List(list)) => list.iter().map(|choice| tag(kind, choice)).collect_view().into_any(),
        (Kind::Tags, Value::List(list)) => {
            list.iter().map(|word| view! { <Tag label=word.clone() /> }).collect_view().into_any()
        }
        (Kind::Ref(target), Value::Id(id)) => match (label(*id), target.as_ref()) {
            (Some(name), "users") => view! { <Who name=name /> }.into_any(),
            (Some(name), target) => {
                view! { <a class="link truncate" href=format!("/{target}/{id}")>{name}</a> }.into_any()
            }
            (None, _) => view! { <span class="quiet">"Not yours to see"</span> }.into_any(),
        },
        (Kind::Url, Value::Text(url)) => {
            let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/').to_owned();
            view! { <a class="link truncate" href=url.clone() target="_blank" rel="noopener noreferrer nofollow">{host}</a> }
                .into_any()
        }
        (Kind::Email, Value::Text(address)) => mail(address),
        (Kind::Emails, Value::List(list)) => list.iter().map(|a| mail(a)).collect_view().into_any(),
        (Kind::Phone, Value::Text(number)) => phone(number),
        (Kind::Phones, Value::List(list)) => list.iter().map(|n| phone(n)).collect_view().into_any(),
        (kind, value) => {
            let shown = words(kind, value, session, label);
            if *kind == Kind::LongText {
                view! { <span class="prewrap">{shown}</span> }.into_any()
            } else {
                view! { <span class="truncate">{shown}</span> }.into_any()
            }
        }
    }
}

/// The value in words. An image kept as text is not read out.
pub fn words(kind: &Kind, value: &Value, session: Session, label: impl Fn(Uuid) -> Option<String>) -> String {
    match value {
        Value::Text(text) if *kind == Kind::LongText && text.starts_with("data:image/") => "an image".to_owned(),
        value => session.with(|b| text::show(kind, value, &b.formats, label)),
    }
}

fn tag(kind: &Kind, choice: &str) -> AnyView {
    match kind.option(choice) {
        Some(option) => status(option.label.to_string(), option.colour, None),
        None => view! { <Tag label=choice.to_owned() /> }.into_any(),
    }
}

fn mail(address: &str) -> AnyView {
    view! { <a class="link truncate" href=format!("mailto:{address}")>{address.to_owned()}</a> }.into_any()
}

fn phone(number: &str) -> AnyView {
    view! { <a class="link truncate" href=format!("tel:{number}")>{number.to_owned()}</a> }.into_any()
}
