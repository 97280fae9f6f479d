//! Every component in every state, for looking at; mounted at `/_gallery` in development.

mod content;
mod controls;
mod data;
mod overlays;

use leptos::prelude::*;

use crate::icon::{ICONS, icon};

/// Every component in every state.
#[component]
pub fn Gallery() -> impl IntoView {
    view! {
        <main class="gallery">
            <h1>"Components"</h1>
            {swatches()}
            {icons()}
            {controls::buttons()}
            {controls::fields()}
            {controls::choices()}
            {content::words()}
            {content::notices()}
            {content::figures()}
            {content::work()}
            {data::list()}
            {data::navigation()}
            {overlays::overlays()}
        </main>
    }
}

fn section(title: &'static str, inner: AnyView) -> AnyView {
    view! {
        <section>
            <h2>{title}</h2>
            {inner}
        </section>
    }
    .into_any()
}

fn swatches() -> AnyView {
    const NAMES: [&str; 16] = [
        "app", "surface", "raised", "sunken", "hover", "selected", "accent", "danger", "ok-bg", "warn-bg", "bad-bg",
        "info-bg", "c1", "c2", "c3", "c4",
    ];
    let all = NAMES
        .into_iter()
        .map(|name| {
            let ground = ["background:var(--", name, ")"].concat();
            view! {
                <div>
                    <div class="swatch" style=ground></div>
                    <span class="meta">{name}</span>
                </div>
            }
        })
        .collect_view();
    section("Colours", view! { <div class="demo">{all}</div> }.into_any())
}

fn icons() -> AnyView {
    let all = ICONS
        .iter()
        .map(|(name, _)| {
            view! {
                <li>
                    {icon(name, "", "")}
                    <span>{*name}</span>
                </li>
            }
        })
        .collect_view();
    section("Icons", view! { <ul class="icons">{all}</ul> }.into_any())
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect()
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}
