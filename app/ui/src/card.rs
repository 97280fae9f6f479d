//! Cards, key figures, and fields to read.

use leptos::prelude::*;

use crate::toast::Tone;

/// A framed piece of a page.
#[component]
pub fn Card(
    /// Its heading.
    #[prop(optional, into)]
    title: Option<String>,
    /// What stands at the end of the heading, such as a link.
    #[prop(optional, into)]
    action: Option<ViewFn>,
    /// Further classes, such as `span-4` or `flush`.
    #[prop(optional)]
    class: &'static str,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let head = title.map(|title| {
        view! {
            <header class="card-title">
                <h2>{title}</h2>
                {action.map(|action| view! { <span class="spacer">{action.run()}</span> })}
            </header>
        }
    });
    view! {
        <section class=["card ", class].concat().trim_end().to_owned()>
            {head}
            {children()}
        </section>
    }
}

/// One figure that matters, how it moved, and perhaps a sparkline.
#[component]
pub fn KeyFigure(
    /// What is measured.
    #[prop(into)]
    label: String,
    /// The figure, formatted.
    #[prop(into)]
    value: Signal<String>,
    /// How it moved, in words, with ▲ or ▼ before them.
    #[prop(optional, into)]
    note: Signal<String>,
    /// Whether that is good or bad.
    #[prop(optional, into)]
    tone: Signal<Tone>,
    /// Where the figures behind it are.
    #[prop(optional, into)]
    href: Option<String>,
    /// Further classes, such as `span-3`.
    #[prop(optional)]
    class: &'static str,
    /// A sparkline.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let class = ["card ", class].concat().trim_end().to_owned();
    let inner = view! {
        <span class="card-title">{label}</span>
        <span class="key-figure-value">{move || value.get()}</span>
        <span class="key-figure-note" data-kind=move || tone.get().name()>
            {move || note.get()}
        </span>
        {children.map(|children| children())}
    };
    match href {
        Some(href) => view! {
            <a class=class href=href>
                {inner}
            </a>
        }
        .into_any(),
        None => view! { <div class=class>{inner}</div> }.into_any(),
    }
}

/// Names and values, one below the other.
#[component]
pub fn DescriptionList(
    /// One column on the phone: each value under its name.
    #[prop(optional)]
    stack: bool,
    /// `Detail`s.
    children: Children,
) -> impl IntoView {
    view! {
        <dl class="description" data-stack=stack.then_some("")>
            {children()}
        </dl>
    }
}

/// One name and its value.
#[component]
pub fn Detail(
    /// The name.
    #[prop(into)]
    label: String,
    /// The value can be edited in its place.
    #[prop(optional)]
    editable: bool,
    /// The value.
    children: Children,
) -> impl IntoView {
    view! {
        <dt>{label}</dt>
        <dd data-edit=editable.then_some("")>{children()}</dd>
    }
}

/// What happened, newest first.
#[component]
pub fn Timeline(
    /// `TimelineItem`s.
    children: Children,
) -> impl IntoView {
    view! { <ol class="timeline">{children()}</ol> }
}

/// One thing that happened.
#[component]
pub fn TimelineItem(
    /// Who or what did it: an avatar or an icon.
    #[prop(into)]
    mark: ViewFn,
    /// What was written, shown in a frame below.
    #[prop(optional, into)]
    note: Option<String>,
    /// What happened, as phrasing content: `<b>` for names, `<time>` for when.
    children: Children,
) -> impl IntoView {
    view! {
        <li class="timeline-item">
            {mark.run()}
            <div>
                <p>{children()}</p>
                {note.map(|note| view! { <div class="timeline-note">{note}</div> })}
            </div>
        </li>
    }
}
