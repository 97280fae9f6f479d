//! A message that belongs to a place and stays there.

use leptos::prelude::*;

use crate::{icon::icon, toast::Tone};

/// A message in the flow of the page: a notice, a warning, a failure, with what can be done about it.
#[component]
pub fn Banner(
    /// Its tone.
    #[prop(optional)]
    tone: Tone,
    /// A few words in bold, before the text.
    #[prop(optional, into)]
    title: Option<String>,
    /// Buttons or links at its end.
    #[prop(optional, into)]
    action: Option<ViewFn>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="banner" data-kind=tone.name() role=if tone == Tone::Bad { "alert" } else { "status" }>
            {icon(tone.icon(), "", "")}
            <div class="banner-text">{title.map(|title| view! { <strong>{title}</strong> })} {children()}</div>
            {action.map(|action| action.run())}
        </div>
    }
}
